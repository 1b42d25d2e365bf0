"""Images as rows of a Qt model: each with its words for eyes, pointers and screen readers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QPixmap

from latentlab.ui.plain_text import plain_tooltip
from latentlab.ui.qimage import fitted, to_qimage
from latentlab.ui.tone import Tone

Index = QModelIndex | QPersistentModelIndex
Pixels = NDArray[np.uint8]

_MOST_KEPT = 400
_CRISP_FROM = 4  # times; below, whole pixels of different sizes would be seen


@dataclass(frozen=True)
class ImageItem:
    """One cell of a grid.

    Attributes
    ----------
    images
        One image, or two that stand side by side: uint8 (h, w, 1 or 3), ``None`` for an empty
        place.
    text
        Translated: what it is, such as "Image 1,204 · 3".
    details
        Translated: what else is known of it, in lines.
    captions
        Lines below the image, each with the tone of the dot before it, if any.
    """

    images: tuple[Pixels | None, ...]
    text: str = ""
    details: str = ""
    captions: tuple[tuple[str, Tone], ...] = ()


@dataclass
class _Kept:
    """An item that was asked for, and its pictures as they were painted last."""

    item: ImageItem
    pixmaps: dict[int, tuple[QSize, QPixmap]] = field(default_factory=dict)


class ImageItemModel(QAbstractListModel):
    """Asks a sequence for the items that are seen and keeps some hundred of them.

    The sequence may be lazy: its length is asked once, its items when they are painted or read.

    Parameters
    ----------
    crisp
        Whether enlarged pixels always stay crisp. Else they are interpolated up to four times
        their size, where crisp ones would differ in size.
    parent
        Owner.
    """

    def __init__(self, *, crisp: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._crisp = crisp
        self._items: Sequence[ImageItem] = ()
        self._count = 0
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._num_flagged = 0
        self._flag_text = ""

    def set_items(self, items: Sequence[ImageItem]) -> None:
        """Show other items; as many as before are only painted anew."""
        count = len(items)
        if count == self._count:
            self._items = items
            self._kept.clear()
            if count:
                self.dataChanged.emit(self.index(0), self.index(count - 1))
            return
        self.beginResetModel()
        self._items, self._count = items, count
        self._kept.clear()
        self.endResetModel()

    @property
    def num_flagged(self) -> int:
        """How many items from the first on are flagged."""
        return self._num_flagged

    def set_flagged(self, count: int, text: str) -> None:
        """Flag the first items.

        Parameters
        ----------
        count
            How many.
        text
            Translated: what it means, for screen readers.
        """
        if count != self._num_flagged:
            self._num_flagged, self._flag_text = count, text
            if self._count:
                self.dataChanged.emit(self.index(0), self.index(self._count - 1))

    @property
    def num_kept(self) -> int:
        """How many items are kept because somebody has seen them."""
        return len(self._kept)

    def item(self, row: int) -> ImageItem:
        """Return the item of a row."""
        return self._keep(row).item

    def pixmap(self, row: int, place: int, room: QSize) -> QPixmap | None:
        """Return an image as large as fits, ``None`` for an empty place.

        Parameters
        ----------
        row
            Of the item.
        place
            Of the image in its item.
        room
            In pixels of the screen.
        """
        kept = self._keep(row)
        pixels = kept.item.images[place]
        if pixels is None:
            return None
        size, pixmap = kept.pixmaps.get(place, (QSize(), QPixmap()))
        if size != room:
            image = to_qimage(pixels)
            times = min(room.width() / image.width(), room.height() / image.height())
            smooth = not self._crisp and times < _CRISP_FROM
            pixmap = QPixmap.fromImage(fitted(image, room, smooth=smooth))
            kept.pixmaps[place] = (room, pixmap)
        return pixmap

    def _keep(self, row: int) -> _Kept:
        kept = self._kept.get(row)
        if kept is None:
            kept = self._kept[row] = _Kept(self._items[row])
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(row)
        return kept

    # --- what Qt asks --------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Return how many items there are."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the words of an item."""
        if not index.isValid() or index.row() >= self._count:
            return None
        roles = Qt.ItemDataRole
        if role not in (
            roles.ToolTipRole,
            roles.AccessibleTextRole,
            roles.AccessibleDescriptionRole,
        ):
            return None
        item = self.item(index.row())
        if role == roles.AccessibleTextRole:
            return item.text
        if role == roles.ToolTipRole:
            return plain_tooltip("\n".join(t for t in (item.text, item.details) if t))
        lines = item.details.split("\n") if item.details else [t for t, _ in item.captions]
        if index.row() < self._num_flagged:
            lines.insert(0, self._flag_text)
        return ", ".join(lines)
