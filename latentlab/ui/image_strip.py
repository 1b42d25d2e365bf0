"""A row of equally large images, such as those nearest to the cursor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.ui.image_view import ImageView
from latentlab.ui.plain_text import plain_tooltip

_GAP_PX = 8


class _Place(ImageView):
    """An image that knows its place in the row."""

    chosen = Signal(int)

    def __init__(self, place: int, name: str, parent: QWidget) -> None:
        super().__init__(name, "", size_px=48, parent=parent)
        self._place = place
        self.clicked.connect(self._choose)

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self._place)


class ImageStrip(QWidget):
    """A row with room for ``count`` images; places without an image stay empty.

    Left and right arrow move along the row, Enter or a click activates an image.

    Parameters
    ----------
    name
        Translated accessible name, such as "Nearest images"; each image is called by it and its
        place.
    count
        Number of places.
    parent
        Owner.
    """

    activated = Signal(int)
    """Emitted with the place, from 0, of the image that was clicked."""

    def __init__(self, name: str, count: int = 5, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._views: list[ImageView] = []
        for place in range(count):
            view = _Place(place, f"{name} {place + 1}", self)
            view.setObjectName(f"image_{place}")
            view.setCursor(Qt.CursorShape.PointingHandCursor)
            view.hide()
            view.chosen.connect(self.activated)
            self._views.append(view)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def views(self) -> tuple[ImageView, ...]:
        """The places from left to right, hidden ones included."""
        return tuple(self._views)

    def set_images(
        self,
        images: Sequence[NDArray[np.uint8]],
        tooltips: Sequence[str] = (),
        captions: Sequence[str] = (),
    ) -> None:
        """Show these images; those beyond the number of places are left out.

        Parameters
        ----------
        images
            Each uint8, shape (height, width, 1 or 3).
        tooltips, captions
            Translated, one per image, or empty for none.
        """
        for place, view in enumerate(self._views):
            if place >= len(images):
                view.hide()
                view.set_image(None)
                continue
            view.set_image(images[place])
            view.setToolTip(plain_tooltip(tooltips[place]) if place < len(tooltips) else "")
            view.set_caption(captions[place] if place < len(captions) else "")
            view.show()
        self.updateGeometry()
        self._place()

    def set_selected(self, place: int | None) -> None:
        """Mark one place with a ring, or none."""
        for i, view in enumerate(self._views):
            view.selected = i == place

    # A box layout would give some places a pixel more than others, and the captions would dance.

    def _cell(self, width: int) -> int:
        return max(1, (width - _GAP_PX * (len(self._views) - 1)) // len(self._views))

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the highest place."""
        cell = self._cell(width)
        return max(view.heightForWidth(cell) for view in self._views)

    def sizeHint(self) -> QSize:
        """Return room for all places at 48 px."""
        count = len(self._views)
        width = 48 * count + _GAP_PX * (count - 1)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Return room for places that are just recognisable."""
        count = len(self._views)
        width = 24 * count + _GAP_PX * (count - 1)
        return QSize(width, self.heightForWidth(width))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the images."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        cell = self._cell(self.width())
        for place, view in enumerate(self._views):
            view.setGeometry(place * (cell + _GAP_PX), 0, cell, view.heightForWidth(cell))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move along the row with the arrow keys."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        here = next((i for i, view in enumerate(self._views) if view.hasFocus()), None)
        if step is None or here is None:
            super().keyPressEvent(event)
            return
        there = here + step
        if 0 <= there < len(self._views) and not self._views[there].isHidden():
            self._views[there].setFocus(Qt.FocusReason.TabFocusReason)
