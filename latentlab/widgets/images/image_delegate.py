"""Paints one cell of a grid of images."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from latentlab.widgets.images.cell_layout import CellShape
from latentlab.widgets.images.image_item_model import ImageItem, ImageItemModel, Index
from latentlab.widgets.style.tokens import DARK, Tokens

LINE_PX = 13
CAPTION_GAP_PX = 5
_FLAG_PX = 2
_DOT_PX = 6
_RADIUS_PX = 2.0
_RINGED = (
    QStyle.StateFlag.State_Selected
    | QStyle.StateFlag.State_HasFocus
    | QStyle.StateFlag.State_MouseOver
).value


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
    tokens
        Colours; set by the grid.
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
        self.tokens: Tokens = DARK

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
        # Sixty cells may be painted 25 times a second: no more is asked of Qt than what is needed.
        row = index.row()
        kept = self._items.kept(row)
        cell: QRect = option.rect
        state: int = option.state.value
        is_flagged = row < self._items.num_flagged
        whole = QRect(cell.left(), cell.top(), self.side, self.side)
        self._paint_image(painter, whole, kept.pixmap(0, self._edge(painter)))
        if len(kept.item.images) > 1:
            second = self.square(cell, 1)
            self._paint_image(painter, second, kept.pixmap(1, self._edge(painter)))
            whole = whole.united(second)
        if is_flagged:
            line = QRect(whole.left(), whole.bottom() + 2, whole.width(), _FLAG_PX)
            painter.fillRect(line, QColor(self.tokens.bad))
        if kept.item.captions:
            self._paint_captions(painter, cell, kept.item, strong=is_flagged)
        if state & _RINGED:
            self._paint_ring(painter, whole, state)

    def _edge(self, painter: QPainter) -> int:
        """Return the side of an image in pixels of the screen."""
        side = self.side - 2 if self._framed else self.side
        return max(1, round(side * painter.device().devicePixelRatio()))

    def _paint_image(self, painter: QPainter, square: QRect, pixmap: QPixmap | None) -> None:
        inside = square.adjusted(1, 1, -1, -1) if self._framed else square
        painter.fillRect(inside, Qt.GlobalColor.black)
        if pixmap is not None:
            # Centred in whole pixels of the screen, so that crisp images stay crisp.
            edge, ratio = self._edge(painter), painter.device().devicePixelRatio()
            width, height = pixmap.width(), pixmap.height()
            left = inside.left() + (edge - width) // 2 / ratio
            top = inside.top() + (edge - height) // 2 / ratio
            pixmap.setDevicePixelRatio(ratio)
            painter.drawPixmap(QPointF(left, top), pixmap)
        if self._framed:
            self._paint_line(painter, square, QPen(QColor(self.tokens.line), 1))

    def _paint_captions(
        self, painter: QPainter, cell: QRect, item: ImageItem, *, strong: bool
    ) -> None:
        tokens = self.tokens
        painter.save()
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
        painter.restore()

    def _paint_ring(self, painter: QPainter, whole: QRect, state: int) -> None:
        is_current = self.shows_current and state & QStyle.StateFlag.State_HasFocus.value
        if is_current or state & QStyle.StateFlag.State_Selected.value:
            self._paint_line(painter, whole, QPen(QColor(self.tokens.accent), 2))
        elif state & QStyle.StateFlag.State_MouseOver.value:
            self._paint_line(painter, whole, QPen(QColor(self.tokens.accent), 1))

    def _paint_line(self, painter: QPainter, around: QRect, pen: QPen) -> None:
        half = pen.widthF() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        frame = QRectF(around).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(frame, _RADIUS_PX, _RADIUS_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
