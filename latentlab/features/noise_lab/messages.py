"""What the noise lab and the compute thread say to each other; frozen values only.

As in :mod:`latentlab.engine.messages`, arrays are contiguous and read-only and belong to the
receiver. A denoiser is named ``""`` for the model of the map, or by the name of a bundled model or
the path of a model file or run folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NoiseSteps = tuple[tuple[str, float], ...]
"""Corruptions with their amounts, in the order in which they are applied."""

STRIP_CURVES = ("model", "linear", "untouched", "median", "nlm")
"""Names of the curves of the strip: the denoiser, the best linear one, the corrupted images as
they are, a median of 3×3 pixels, and non-local means."""


@dataclass(frozen=True, eq=False)
class DenoiseRequest:
    """Corrupt one image, uint8 (h, w, c), and denoise it ``passes`` times; newest wins.

    An image of another shape than the denoiser's is adapted first. Without ``has_clean`` the image
    is itself noisy: there is nothing to compare with. ``event_s`` is when it was asked for;
    ``by_hand`` tells a changed corruption from changed weights.
    """

    session_epoch: int
    sequence: int
    image: NDArray[np.uint8]
    steps: NoiseSteps
    seed: int
    passes: int
    denoiser: str
    event_s: float
    has_clean: bool = True
    by_hand: bool = True


@dataclass(frozen=True, eq=False)
class Denoised:
    """The answer to a :class:`DenoiseRequest`.

    Attributes
    ----------
    clean, corrupted
        uint8 (h, w, c): the image as the denoiser takes it, before and after the corruption.
    images
        uint8 (passes, h, w, c): what came out of each pass.
    codes
        float32 (passes, d): what each pass was encoded to, so the first is the code of the
        corrupted image; ``None`` unless the denoiser is the map's model.
    psnr_db, ssim
        Against the clean image: of the corrupted one, then of each pass. Empty without a clean
        image. Values of the corrupted image beyond black and white count as they are.
    is_adapted
        Whether the image had another shape than the denoiser takes.
    """

    session_epoch: int
    sequence: int
    denoiser: str
    clean: NDArray[np.uint8]
    corrupted: NDArray[np.uint8]
    images: NDArray[np.uint8]
    codes: NDArray[np.float32] | None
    psnr_db: tuple[float, ...]
    ssim: tuple[float, ...]
    is_adapted: bool
    weights_version: int
    denoise_ms: float
    event_s: float
    by_hand: bool = True


@dataclass(frozen=True)
class DenoiseRefused:
    """A denoiser cannot be used; ``sentence`` says why."""

    session_epoch: int
    sequence: int
    denoiser: str
    sentence: str


@dataclass(frozen=True, eq=False)
class StripRequest:
    """Vary the amount of step number ``varied`` from 0 to the end of its range; newest wins.

    It is long work: pictures of this image first, then curves over held-out images of the open
    data. With ``session_epoch`` of another model than the open one nothing is done.
    """

    session_epoch: int
    sequence: int
    image: NDArray[np.uint8] | None
    steps: NoiseSteps
    varied: int
    seed: int
    denoiser: str


@dataclass(frozen=True, eq=False)
class StripAdvanced:
    """What is known of a strip by now.

    Attributes
    ----------
    shares
        float64 (a,), 0 to 1: amounts as shares of the corruption's range.
    corrupted, denoised
        uint8 (a, h, w, c): the image at each amount; ``None`` without an image.
    psnr_db
        float64 (a,) for each curve of :data:`STRIP_CURVES` that is computed: the PSNR of the mean
        squared error over ``num_images`` images; NaN where it is not known yet.
    num_images
        Images that the curves are measured on so far.
    complete
        Whether nothing more will come.
    """

    session_epoch: int
    sequence: int
    denoiser: str
    shares: NDArray[np.float64]
    corrupted: NDArray[np.uint8] | None
    denoised: NDArray[np.uint8] | None
    psnr_db: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    num_images: int = 0
    complete: bool = False
