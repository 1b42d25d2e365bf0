"""A contact sheet of pictures, each as it is and as it will be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import QWidget

from latentlab.base.shown_name import shown_name
from latentlab.widgets.images.image_grid import ImageGrid
from latentlab.widgets.images.image_item_model import ImageItem, Pixels

_SIDE_PX, _MOST_PX, _GAP_PX = 84, 240, 14


class ExampleSheet(ImageGrid):
    """Pairs of pictures side by side; arrow keys or a click choose one, Ctrl+C copies it."""

    currentNameChanged = Signal()
    """Another pair was chosen, or there are other pairs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "",
            least_px=_SIDE_PX,
            most_px=_MOST_PX,
            gap_px=_GAP_PX,
            pairs=True,
            framed=True,
            selects=True,
            parent=parent,
        )
        self.setAccessibleName(self.tr("Examples, as they are and as they will be"))
        self._names: tuple[str, ...] = ()
        self.reached.connect(self._tell_name)

    def set_examples(
        self, names: Sequence[str], originals: Sequence[Pixels], images: Sequence[Pixels] | Pixels
    ) -> None:
        """Show pairs.

        Parameters
        ----------
        names
            Of the files, n.
        originals
            uint8 (h, w, 1 or 3) each; may be fewer, which leaves places empty.
        images
            uint8 (n, h, w, 1 or 3).
        """
        self._names = tuple(names)
        before = [*originals, *[None] * len(self._names)]
        self.set_items(
            [
                ImageItem((original, image), shown_name(name))
                for name, original, image in zip(self._names, before, images, strict=False)
            ]
        )
        if self.current < 0:
            self.show_current(0)
        self.currentNameChanged.emit()

    @property
    def names(self) -> tuple[str, ...]:
        """Files of the pairs."""
        return self._names

    @property
    def current_name(self) -> str:
        """File of the chosen pair, as it can be shown; empty without pairs."""
        return shown_name(self._names[self.current]) if self.current >= 0 else ""

    def sizeHint(self) -> QSize:
        """Return room for two columns."""
        return QSize(2 * (2 * _SIDE_PX + _GAP_PX), 300)

    @Slot()
    def _tell_name(self) -> None:
        self.currentNameChanged.emit()
