"""What the tab of outliers asks for, and what it gets; frozen values only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.jobs import JobKind
from latentlab.features.outliers.measure import OutlierScores
from latentlab.images.image_set import ImageSet

FINDING = JobKind(
    "outliers",
    "latentlab.features.outliers.work:found",
    doing="Finding outliers",
    retry="Press “Find outliers” to try again.",
    needs_model=True,
    of_weights=True,
)


@dataclass(frozen=True, eq=False)
class OutlierOptions:
    """Whose outliers: all images of ``data``, as the open model sees them.

    ``training`` is int64 (t,), the images that latent distances are measured to: those that the
    model was trained on, or all.
    """

    data: ImageSet
    training: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class OutliersFound:
    """How unusual each image of ``data`` is; the reconstruction error is a mean squared one."""

    data: ImageSet
    scores: OutlierScores
