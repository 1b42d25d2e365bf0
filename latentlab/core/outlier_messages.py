"""What the tab of outliers and the compute thread say to each other; frozen values only.

As in :mod:`latentlab.core.messages`, arrays are contiguous and read-only and belong to the
receiver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.core.image_set import ImageSet
from latentlab.core.outlier_scores import OutlierScores


@dataclass(frozen=True, eq=False)
class OutliersRequest:
    """Measure how unusual each image is to the open model; long work, a newer request ends it.

    ``training`` is int64 (t,), the images that latent distances are measured to: those that the
    model was trained on, or all. Without ``data`` what goes on is ended and nothing begun.
    """

    session_epoch: int
    sequence: int
    data: ImageSet | None
    training: NDArray[np.int64]


@dataclass(frozen=True)
class OutliersAdvanced:
    """How much of an :class:`OutliersRequest` is done, 0 to 1."""

    session_epoch: int
    sequence: int
    share: float


@dataclass(frozen=True, eq=False)
class OutliersFound:
    """The answer to an :class:`OutliersRequest`; the reconstruction error is a mean squared one."""

    session_epoch: int
    sequence: int
    data: ImageSet
    scores: OutlierScores
    weights_version: int


@dataclass(frozen=True)
class OutliersDropped:
    """An :class:`OutliersRequest` came to nothing, because the model has changed meanwhile."""

    session_epoch: int
    sequence: int
