"""Paints one cell of a grid of images."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from latentlab.ui.images.cell_layout import CellShape
from latentlab.ui.images.image_item_model import ImageItem, ImageItemModel, Index
from latentlab.ui.qt_palette import tokens_of
from latentlab.ui.tokens import Tokens

LINE_PX = 13
CAPTION_GAP_PX = 5
_FLAG_PX = 2
_DOT_PX = 6
_RADIUS_PX = 2.0


class ImageDelegate(QStyledItemDelegate):
    """Images on black squares, captions below, and a ring around what is chosen or pointed at.

    Parameters
    ----------
    items
        What is painted.
    framed
        Whether each image has a thin border.
    font_px
        Height of the letters of captions.
    parent
        Owner.

    Attributes
    ----------
    shape, side
        Of the cells; set by the grid.
    shows_current
        Whether the item that the keyboard is on has a ring.
    """

    def __init__(
        self, items: ImageItemModel, *, framed: bool, font_px: int, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._items = items
        self._framed = framed
        self._font_px = font_px
        self.shape = CellShape()
        self.side = 1
        self.shows_current = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return a cell with the gap to the next one."""
        del option, index
        return self.cell_size()

    def cell_size(self) -> QSize:
        """Return a cell with the gap to the next one."""
        shape = self.shape
        return QSize(shape.cell_width(self.side) + shape.gap, self.side + shape.caption + shape.gap)

    def square(self, cell: QRect, place: int = 0) -> QRect:
        """Return the square of an image in its cell."""
        step = self.side + self.shape.between
        return QRect(cell.topLeft() + QPoint(place * step, 0), QSize(self.side, self.side))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell."""
        row = index.row()
        if row >= self._items.rowCount():
            return
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        tokens = tokens_of(option.palette)
        item = self._items.item(row)
        painter.save()
        for place in range(len(item.images)):
            self._paint_image(painter, self.square(cell, place), row, place, tokens)
        whole = self.square(cell).united(self.square(cell, len(item.images) - 1))
        is_flagged = row < self._items.num_flagged
        if is_flagged:
            line = QRect(whole.left(), whole.bottom() + 2, whole.width(), _FLAG_PX)
            painter.fillRect(line, QColor(tokens.bad))
        if item.captions:
            self._paint_captions(painter, cell, item, tokens, strong=is_flagged)
        self._paint_ring(painter, whole, state, tokens)
        painter.restore()

    def _paint_image(
        self, painter: QPainter, square: QRect, row: int, place: int, tokens: Tokens
    ) -> None:
        painter.fillRect(square, Qt.GlobalColor.black)
        ratio = painter.device().devicePixelRatio()
        edge = max(1, round(self.side * ratio))
        pixmap = self._items.pixmap(row, place, QSize(edge, edge))
        if pixmap is not None:
            # Centred in whole pixels of the screen, so that crisp images stay crisp.
            left = (edge - pixmap.width()) // 2 / ratio
            top = (edge - pixmap.height()) // 2 / ratio
            size = QRectF(pixmap.rect()).size() / ratio
            area = QRectF(square.left() + left, square.top() + top, size.width(), size.height())
            painter.drawPixmap(area, pixmap, QRectF(pixmap.rect()))
        if self._framed:
            painter.setPen(QColor(tokens.line))
            painter.drawRect(square.adjusted(0, 0, -1, -1))

    def _paint_captions(
        self, painter: QPainter, cell: QRect, item: ImageItem, tokens: Tokens, *, strong: bool
    ) -> None:
        font = QFont(painter.font())
        font.setPixelSize(self._font_px)
        painter.setFont(font)
        top = cell.top() + self.side + CAPTION_GAP_PX
        width = self.shape.cell_width(self.side)
        for text, tone in item.captions:
            indent = 0
            if tone:
                dot = getattr(tokens, tone)
                painter.fillRect(cell.left(), top + 4, _DOT_PX, _DOT_PX, QColor(dot))
                indent = _DOT_PX + 4
            area = QRect(cell.left() + indent, top, width - indent, LINE_PX)
            painter.setPen(QColor(tokens.ink if strong else tokens.muted))
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, area.width()
            )
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), shown)
            top += LINE_PX

    def _paint_ring(
        self, painter: QPainter, whole: QRect, state: QStyle.StateFlag, tokens: Tokens
    ) -> None:
        is_current = self.shows_current and bool(state & QStyle.StateFlag.State_HasFocus)
        if is_current or state & QStyle.StateFlag.State_Selected:
            pen = QPen(QColor(tokens.accent), 2)
        elif state & QStyle.StateFlag.State_MouseOver:
            pen = QPen(QColor(tokens.accent), 1)
        else:
            return
        half = pen.widthF() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        frame = QRectF(whole).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(frame, _RADIUS_PX, _RADIUS_PX)
