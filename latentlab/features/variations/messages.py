"""What the tab of variations asks for, and what it gets; frozen values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.jobs import JobKind

VariationNoise = Literal["posterior", "prior", "isotropic"]
VARIATION_NOISES: tuple[VariationNoise, ...] = ("posterior", "prior", "isotropic")
MOST_VARIATIONS = 64

VARYING = JobKind(
    "variations",
    "latentlab.features.variations.job:varied",
    doing="Computing the variations",
    retry="Change a setting to try again.",
    needs_model=True,
    beside_training=True,
    finishes_first=True,
)
AVERAGING = JobKind(
    "centroids",
    "latentlab.features.variations.job:averaged",
    doing="Decoding the mean of each class",
    retry="Open the tab again to retry.",
    needs_model=True,
    beside_training=True,
    finishes_first=True,
)


@dataclass(frozen=True, eq=False)
class VaryOptions:
    """Vary an image, uint8 (h, w, c), in latent space and as much in its pixels.

    ``sigma`` is the size of the noise in units of what ``noise`` names. An image of another shape
    than the model's is adapted first. Where the model has no posterior, the prior takes its place.
    """

    image: NDArray[np.uint8]
    noise: VariationNoise
    sigma: float
    count: int
    seed: int


@dataclass(frozen=True, eq=False)
class Varied:
    """The answer to a :class:`VaryOptions`.

    Attributes
    ----------
    noise
        What was used: never ``posterior`` for a model without one.
    z
        float32 (d,), the code of the image.
    centre
        uint8 (h, w, c), the image decoded from it: what the changes are measured from.
    codes
        float32 (n, d), the codes with noise.
    images
        uint8 (n, h, w, c), decoded from them.
    noisy
        uint8 (n, h, w, c), ``centre`` with noise in its pixels, each as far from it as the image
        at its place.
    change, noisy_change
        Mean squared change from ``centre`` of all images, and of all noisy ones.
    redrawn, noisy_redrawn
        Mean squared change of both once they are encoded and decoded again: small for what the
        model takes for data.
    spread
        Mean standard deviation of the noise over the numbers of the code, in latent units.
    """

    noise: VariationNoise
    sigma: float
    z: NDArray[np.float32]
    centre: NDArray[np.uint8]
    codes: NDArray[np.float32]
    images: NDArray[np.uint8]
    noisy: NDArray[np.uint8]
    change: float
    noisy_change: float
    redrawn: float
    noisy_redrawn: float
    spread: float
    weights_version: int


@dataclass(frozen=True, eq=False)
class CentroidsOptions:
    """Decode the mean code of each class: codes float32 (n, d), labels int32 (n,)."""

    codes: NDArray[np.float32]
    labels: NDArray[np.int32]
    num_classes: int


@dataclass(frozen=True, eq=False)
class CentroidsDecoded:
    """The answer to a :class:`CentroidsOptions`: only classes that have codes.

    ``classes`` is int64 (m,), ``codes`` float32 (m, d) and ``images`` uint8 (m, h, w, c).
    """

    classes: NDArray[np.int64]
    codes: NDArray[np.float32]
    images: NDArray[np.uint8]
    weights_version: int
