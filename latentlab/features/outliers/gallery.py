"""A gallery of images in the order of how unusual they are, 100,000 of them if need be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QWidget

from latentlab.base.shown_name import shown_name
from latentlab.features.outliers.messages import OutliersFound
from latentlab.features.outliers.store import Outliers
from latentlab.widgets.images.image_grid import ImageGrid
from latentlab.widgets.images.image_item_model import ImageItem

_IMAGE_PX = 56
_CELL_PX = 78


class _Ranking(Sequence[ImageItem]):
    """The shown images from the most unusual on; each is made when it is asked for."""

    def __init__(self, outliers: Outliers, found: OutliersFound) -> None:
        self._outliers = outliers
        self._found = found

    def __len__(self) -> int:
        return len(self._outliers.order)

    @overload
    def __getitem__(self, row: int) -> ImageItem: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[ImageItem]: ...

    def __getitem__(self, row: int | slice) -> ImageItem | Sequence[ImageItem]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        image = int(self._outliers.order[row])
        data, scores = self._found.data, self._found.scores
        recon, latent = scores.recon_error[image], scores.latent_distance[image]
        recon_rank = int(self._outliers.recon_ranks[row])
        latent_rank = int(self._outliers.latent_ranks[row])
        name, origin = data.class_name(image), data.origin
        file = "" if origin is None or image >= len(origin.files) else origin.files[image]
        details = QCoreApplication.translate(
            "OutlierGallery",
            "reconstruction error {0:.4g}: place {1:,}\nlatent distance {2:.4g}: place {3:,}",
        ).format(recon, recon_rank, latent, latent_rank)
        return ImageItem(
            (data.shown_image(image),),
            QCoreApplication.translate("OutlierGallery", "Image {0:,}{1}").format(
                image, f" · {shown_name(name)}" if name else ""
            ),
            details + (f"\n{shown_name(file)}" if file else ""),
            (
                (f"{recon_rank:,} · {_short(recon)}", "accent"),
                (f"{latent_rank:,} · {_short(latent)}", "warn"),
            ),
        )


class OutlierGallery(ImageGrid):
    """Shows the ranking; arrows and clicks choose an image, and those above the threshold are
    flagged.

    Parameters
    ----------
    outliers
        What is shown.
    parent
        Owner.
    """

    def __init__(self, outliers: Outliers, parent: QWidget | None = None) -> None:
        super().__init__(
            "",
            least_px=_IMAGE_PX,
            most_px=_IMAGE_PX,
            gap_px=6,
            cell_px=_CELL_PX,
            font_px=10,
            selects=True,
            parent=parent,
        )
        self.setObjectName("outlier_gallery")
        self.setAccessibleName(self.tr("Images, the most unusual first"))
        self._outliers = outliers
        outliers.orderChanged.connect(self._show_ranking)
        outliers.thresholdChanged.connect(self._flag)
        self._show_ranking()

    @Slot()
    def _show_ranking(self) -> None:
        found = self._outliers.found
        self.set_items(() if found is None else _Ranking(self._outliers, found))
        self._flag()

    @Slot()
    def _flag(self) -> None:
        self.set_flagged(self._outliers.num_above, self.tr("above the threshold"))


def _short(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "–"
