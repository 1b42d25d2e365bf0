"""A row of equally large images, such as those nearest to the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.widgets.images.image_grid import ImageGrid
from latentlab.widgets.images.image_item_model import ImageItem, Pixels

_GAP_PX = 8
_IDEAL_PX, _LEAST_PX, _MOST_PX = 48, 24, 400


class ImageStrip(ImageGrid):
    """A row with room for ``places`` images, whose height follows from its width.

    Parameters
    ----------
    name
        Translated accessible name, such as "Nearest images".
    places
        For how many images there is room; those beyond are left out.
    parent
        Owner.
    """

    def __init__(self, name: str, places: int = 5, parent: QWidget | None = None) -> None:
        super().__init__(
            name,
            least_px=_LEAST_PX,
            most_px=_MOST_PX,
            gap_px=_GAP_PX,
            columns=places,
            framed=True,
            parent=parent,
        )
        self._places = places
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_strip(
        self,
        images: Sequence[Pixels | None],
        tips: Sequence[str],
        captions: Sequence[str] = (),
    ) -> None:
        """Show these images.

        Parameters
        ----------
        images
            uint8 (h, w, 1 or 3) each, ``None`` for one that is not known.
        tips, captions
            Translated, one for each image; no captions for none.
        """
        self.set_items(
            [
                ImageItem((image,), tip, captions=((captions[i], ""),) if captions else ())
                for i, (image, tip) in enumerate(zip(images, tips, strict=False))
            ][: self._places]
        )

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of one cell."""
        shape = self.shape_of_cells
        side = (width + shape.gap) // self._places - shape.gap
        return min(max(1, side), shape.most) + shape.caption

    def sizeHint(self) -> QSize:
        """Return room for all places at 48 px."""
        return self._size_of(_IDEAL_PX)

    def minimumSizeHint(self) -> QSize:
        """Return room for places that are just recognisable."""
        return self._size_of(_LEAST_PX)

    def _size_of(self, side: int) -> QSize:
        width = self._places * (side + _GAP_PX) - _GAP_PX
        return QSize(width, self.heightForWidth(width))
