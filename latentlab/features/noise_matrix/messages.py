"""What the matrix of models and noises and the compute thread say to each other; frozen values.

As in :mod:`latentlab.engine.messages`, arrays are contiguous and read-only and belong to the
receiver. A model is named ``""`` for that of the map, or by the name of a bundled model or the path
of a model file or run folder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.images.image_set import ImageSet

MOST_MATRIX_IMAGES = 2000
MATRIX_EXAMPLES = 5


@dataclass(frozen=True, eq=False)
class MatrixRequest:
    """Let models (rows) denoise images under corruptions (columns); long work.

    A newer request ends it; without ``data`` nothing new is begun.

    Attributes
    ----------
    models
        Names of the models.
    noises
        (name, amount) of each corruption.
    """

    session_epoch: int
    sequence: int
    data: ImageSet | None
    models: tuple[str, ...]
    noises: tuple[tuple[str, float], ...]
    seed: int


@dataclass(frozen=True)
class MatrixRowOpened:
    """A row is computed now.

    ``trained_with`` is the corruption (name, amount) that the model learnt to undo, ``None`` for
    clean images. ``problem`` says why there is no such row, and is empty otherwise.
    """

    sequence: int
    row: int
    trained_with: tuple[str, float] | None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class MatrixCell:
    """What a model makes of a corruption.

    Attributes
    ----------
    corrupted_db, denoised_db
        PSNR in dB of the mean squared error over all images, before and after; infinite without
        any error.
    clean, corrupted, denoised
        uint8 (k, h, w, c), examples.
    """

    sequence: int
    row: int
    column: int
    corrupted_db: float
    denoised_db: float
    clean: NDArray[np.uint8]
    corrupted: NDArray[np.uint8]
    denoised: NDArray[np.uint8]

    @property
    def gain_db(self) -> float:
        """By how many dB denoising helps; negative where it harms, NaN where there is no noise."""
        if self.corrupted_db == float("inf"):
            return float("nan")
        return self.denoised_db - self.corrupted_db


@dataclass(frozen=True)
class MatrixAdvanced:
    """How much of a :class:`MatrixRequest` is done, 0 to 1, and on how many images it is measured.

    ``are_held_out`` says whether no model of the matrix that knows the data was trained on them.
    """

    sequence: int
    share: float
    num_images: int
    are_held_out: bool
    complete: bool
