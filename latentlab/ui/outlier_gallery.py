"""A gallery of images in the order of how unusual they are, 100,000 of them if need be."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from latentlab.core.shown_name import shown_name
from latentlab.state.outliers import OutliersModel
from latentlab.ui.plain_text import plain_tooltip
from latentlab.ui.qimage import fitted, to_qimage
from latentlab.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
IMAGE_PX = 56
_LINE_PX = 13
_CELL = QSize(82, IMAGE_PX + 2 * _LINE_PX + 12)
_KEPT_PIXMAPS = 400
_DOT_PX = 6


class OutlierList(QAbstractListModel):
    """The shown images as rows; a picture is made when it is painted."""

    def __init__(self, outliers: OutliersModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outliers = outliers
        self._pixmaps: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()
        outliers.foundChanged.connect(self._forget_pictures)
        outliers.orderChanged.connect(self._reset)

    @Slot()
    def _forget_pictures(self) -> None:
        self._pixmaps.clear()

    @Slot()
    def _reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Return how many images are shown."""
        return 0 if parent.isValid() else len(self._outliers.order)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text of an image, for its tip and for screen readers."""
        found, row = self._outliers.found, index.row()
        if found is None or not index.isValid() or row >= len(self._outliers.order):
            return None
        if role not in (
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.DisplayRole,
        ):
            return None
        image = int(self._outliers.order[row])
        name = found.data.class_name(image)
        origin = found.data.origin
        file = "" if origin is None or image >= len(origin.files) else origin.files[image]
        text = self.tr(
            "Image {0:,}{1}\nreconstruction error {2:.4g}: place {3:,}\n"
            "latent distance {4:.4g}: place {5:,}{6}"
        ).format(
            image,
            f" · {shown_name(name)}" if name else "",
            found.scores.recon_error[image],
            int(self._outliers.recon_ranks[row]),
            found.scores.latent_distance[image],
            int(self._outliers.latent_ranks[row]),
            f"\n{shown_name(file)}" if file else "",
        )
        return plain_tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else text

    def pixmap(self, row: int, edge: int) -> QPixmap | None:
        """Return the picture of a row, at most ``edge`` device pixels wide and high."""
        found = self._outliers.found
        if found is None or row >= len(self._outliers.order):
            return None
        key = (int(self._outliers.order[row]), edge)
        kept = self._pixmaps.get(key)
        if kept is None:
            image = to_qimage(found.data.shown_image(key[0]))
            kept = QPixmap.fromImage(fitted(image, QSize(edge, edge)))
            self._pixmaps[key] = kept
            while len(self._pixmaps) > _KEPT_PIXMAPS:
                self._pixmaps.popitem(last=False)
        else:
            self._pixmaps.move_to_end(key)
        return kept

    def lines(self, row: int) -> tuple[str, str]:
        """Return place and value of both scores, reconstruction first."""
        found = self._outliers.found
        assert found is not None
        image = int(self._outliers.order[row])
        pairs = (
            (self._outliers.recon_ranks, found.scores.recon_error),
            (self._outliers.latent_ranks, found.scores.latent_distance),
        )
        recon, latent = (f"{int(r[row]):,} · {_short(float(v[image]))}" for r, v in pairs)
        return recon, latent

    def is_above(self, row: int) -> bool:
        """Whether an image is above the threshold."""
        return row < self._outliers.num_above


class _Cell(QStyledItemDelegate):
    """Paints an image with its place by both scores below, and a line if above the threshold."""

    def __init__(self, rows: OutlierList, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._rows = rows
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the same size for all."""
        del option, index
        return _CELL

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one cell."""
        row, tokens = index.row(), self._theme.tokens
        if row >= self._rows.rowCount():
            return
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        is_above = self._rows.is_above(row)
        left = cell.left() + (cell.width() - IMAGE_PX) // 2
        square = QRect(left, cell.top() + 3, IMAGE_PX, IMAGE_PX)
        painter.save()
        painter.fillRect(square, Qt.GlobalColor.black)
        ratio = painter.device().devicePixelRatio()
        pixmap = self._rows.pixmap(row, round(IMAGE_PX * ratio))
        if pixmap is not None:
            pixmap.setDevicePixelRatio(ratio)
            size = pixmap.deviceIndependentSize()
            painter.drawPixmap(
                round(square.left() + (IMAGE_PX - size.width()) / 2),
                round(square.top() + (IMAGE_PX - size.height()) / 2),
                pixmap,
            )
        if is_above:
            line = QRect(square.left(), square.bottom() + 2, IMAGE_PX, 2)
            painter.fillRect(line, QColor(tokens.bad))
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawRect(square.adjusted(-1, -1, 1, 1))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(QColor(tokens.muted), 1))
            painter.drawRect(square.adjusted(-1, -1, 0, 0))
        font = QFont(painter.font())
        font.setPixelSize(10)
        painter.setFont(font)
        top = square.bottom() + 6
        for text, colour in zip(self._rows.lines(row), (tokens.accent, tokens.warn), strict=True):
            painter.fillRect(cell.left() + 4, top + 4, _DOT_PX, _DOT_PX, QColor(colour))
            painter.setPen(QColor(tokens.ink if is_above else tokens.muted))
            area = QRect(cell.left() + 14, top, cell.width() - 15, _LINE_PX)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
            top += _LINE_PX
        painter.restore()


class OutlierGallery(QListView):
    """Shows the ranking; arrows and clicks choose an image.

    Parameters
    ----------
    outliers
        What is shown.
    theme
        Whose colours are used.
    parent
        Owner.
    """

    chosen = Signal(int)
    """Emitted with the place, from 0, of an image that somebody chose."""

    def __init__(
        self, outliers: OutliersModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("outlier_gallery")
        self.setAccessibleName(self.tr("Images, the most unusual first"))
        self._rows = OutlierList(outliers, self)
        self._is_telling = True
        self.setModel(self._rows)
        self.setItemDelegate(_Cell(self._rows, theme, self))
        # ListMode wraps 100,000 rows of one size at once; IconMode builds a tree of them.
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setMinimumSize(2 * _CELL.width(), _CELL.height() // 2)
        self.verticalScrollBar().setSingleStep(_CELL.height() // 4)
        self.clicked.connect(self._tell)
        outliers.thresholdChanged.connect(self.viewport().update)
        theme.changed.connect(self.viewport().update)

    @property
    def rows(self) -> OutlierList:
        """The rows."""
        return self._rows

    def show_place(self, place: int | None) -> None:
        """Mark the image at a place without choosing it, or none."""
        self._is_telling = False
        try:
            if place is None or place >= self._rows.rowCount():
                self.clearSelection()
                self.setCurrentIndex(QModelIndex())
            elif self.currentIndex().row() != place:
                self.setCurrentIndex(self._rows.index(place))
        finally:
            self._is_telling = True

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Choose what the arrows lead to."""
        super().currentChanged(current, previous)
        if current.isValid() and self._is_telling:
            self.chosen.emit(current.row())

    @Slot(QModelIndex)
    def _tell(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())


def _short(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:.3g}"
