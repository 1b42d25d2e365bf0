"""Images as rows of a Qt model: each with its words for eyes, pointers and screen readers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QPixmap, QStandardItemModel

from latentlab.widgets.images.qimage import fitted, to_qimage
from latentlab.widgets.style.tone import Tone
from latentlab.widgets.text.plain_text import plain_tooltip

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


class KeptItem:
    """An item that was asked for, and its pictures as they were painted last.

    Parameters
    ----------
    item
        The item.
    crisp
        Whether enlarged pixels always stay crisp.
    """

    __slots__ = ("_crisp", "_pixmaps", "item")

    def __init__(self, item: ImageItem, *, crisp: bool) -> None:
        self.item = item
        self._crisp = crisp
        self._pixmaps: dict[int, tuple[int, QPixmap]] = {}

    def pixmap(self, place: int, edge: int) -> QPixmap | None:
        """Return an image as large as fits, ``None`` for an empty place.

        Parameters
        ----------
        place
            Of the image in its item.
        edge
            Of the square that it is to fit into, in pixels of the screen.
        """
        pixels = self.item.images[place]
        if pixels is None:
            return None
        kept = self._pixmaps.get(place)
        if kept is not None and kept[0] == edge:
            return kept[1]
        smooth = not self._crisp and edge < _CRISP_FROM * max(pixels.shape[:2])
        image = fitted(to_qimage(pixels), QSize(edge, edge), smooth=smooth)
        pixmap = QPixmap.fromImage(image)
        self._pixmaps[place] = (edge, pixmap)
        return pixmap


class ImageItemModel(QStandardItemModel):
    """Asks a sequence for the items that are seen and keeps some hundred of them.

    The sequence may be lazy: its length is asked once, its items when they are painted or read.
    The rows are Qt's own, without items of Qt's in them: laying out 100,000 of them asks for each
    several times, which takes a third of a second where Python has to answer.

    Parameters
    ----------
    crisp
        Whether enlarged pixels always stay crisp. Else they are interpolated up to four times
        their size, where crisp ones would differ in size.
    parent
        Owner.
    """

    def __init__(self, *, crisp: bool = True, parent: QObject | None = None) -> None:
        super().__init__(0, 1, parent)
        self._crisp = crisp
        self._items: Sequence[ImageItem] = ()
        self._count = 0
        self._kept: OrderedDict[int, KeptItem] = OrderedDict()
        self._num_flagged = 0
        self._flag_text = ""

    def set_items(self, items: Sequence[ImageItem]) -> None:
        """Show other items; rows come or go at the end."""
        self._items, self._count = items, len(items)
        self._kept.clear()
        self.setRowCount(self._count)
        self._tell_changed()

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
            self._tell_changed()

    def _tell_changed(self) -> None:
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, 0))

    @property
    def num_kept(self) -> int:
        """How many items are kept because somebody has seen them."""
        return len(self._kept)

    def image_item(self, row: int) -> ImageItem:
        """Return the item of a row."""
        return self.kept(row).item

    def kept(self, row: int) -> KeptItem:
        """Return the item of a row with its pictures."""
        kept = self._kept.get(row)
        if kept is None:
            kept = self._kept[row] = KeptItem(self._items[row], crisp=self._crisp)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(row)
        return kept

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
        item = self.image_item(index.row())
        if role == roles.AccessibleTextRole:
            return item.text
        if role == roles.ToolTipRole:
            return plain_tooltip("\n".join(t for t in (item.text, item.details) if t))
        lines = item.details.split("\n") if item.details else [t for t, _ in item.captions]
        if index.row() < self._num_flagged:
            lines.insert(0, self._flag_text)
        return ", ".join(lines)
