"""Variations of an image: noise in latent space, decoded; and as much noise in its pixels.

Noise in the code makes other images of the same kind, as the data could have had them. Noise of the
same size in the pixels only covers the image up.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.features.variations.messages import VariationNoise
from latentlab.images.corruptions import derived_seed
from latentlab.latent.density import GaussianMixture
from latentlab.models.model_document import ModelDocument

_CODES, _PIXELS = 0, 1  # noise of the two kinds is unrelated under the same seed
_TOTAL_VALUES = 2**20  # of the codes that are added up at once
_ENOUGH = 1e12  # times any noise, for all values to be at their limit


def vary_codes(
    z: NDArray[Any], scale: NDArray[Any], sigma: float, count: int, seed: int
) -> NDArray[np.float32]:
    """Return ``count`` codes z + sigma · scale · ε with independent standard normal ε.

    Equal arguments give equal codes, and the first k of many are those of a count of k. What
    float32 cannot hold is infinite.

    Parameters
    ----------
    z
        float (d,), the code of an image.
    scale
        float (d,), not negative: the standard deviation in each direction at a sigma of 1, in
        latent units. That of the encoder's posterior, of the prior, or all ones.
    sigma
        How much noise, 0 or more; with 0 all codes are z.
    count
        0 or more.
    seed
        0 to 2⁶³ − 1.

    Returns
    -------
    NDArray[np.float32]
        (count, d).

    Raises
    ------
    UsageError
        If sigma is negative or not finite, or the seed is out of range.
    """
    if not (math.isfinite(sigma) and sigma >= 0):
        raise UsageError(f"Sigma must be a number of at least 0, not {sigma}.")
    if z.ndim != 1 or scale.shape != z.shape:
        raise ValueError(f"a scale of shape {scale.shape} for a code of shape {z.shape}")
    noise = _generator(seed, _CODES).standard_normal((count, len(z)))
    with np.errstate(over="ignore"):
        codes: NDArray[np.float32] = (z + sigma * scale * noise).astype(np.float32)
    return codes


def noise_scale(
    noise: VariationNoise,
    logvar: NDArray[np.float32] | None,
    prior: GaussianMixture | None,
    document: ModelDocument,
) -> NDArray[np.float64]:
    """Return the standard deviation in each direction that sigma multiplies, float64 (d,).

    Parameters
    ----------
    noise
        ``posterior``, of the encoder; ``prior``, of the codes as a whole; ``isotropic``, all ones.
    logvar
        float32 (1, d), of the encoder's posterior; needed for ``posterior`` only.
    prior
        The density that was fitted to the codes; ``None`` where there is none.
    document
        Of the model.
    """
    if noise == "posterior":
        assert logvar is not None
        deviation: NDArray[np.float64] = np.exp(0.5 * logvar[0].astype(np.float64))
        return deviation
    if noise == "isotropic":
        return np.ones(document.latent_dim)
    is_measured = len(document.latent_std) == document.latent_dim
    if prior is None and document.prior != "standard-normal" and is_measured:
        # Codes too wide for a fitted density, or a run that has not fitted one yet.
        return np.asarray(document.latent_std, np.float64)
    return prior_scale(prior, document.latent_dim)


def prior_scale(prior: GaussianMixture | None, latent_dim: int) -> NDArray[np.float64]:
    """Return the standard deviation of a prior in each direction, float64 (latent_dim,).

    Parameters
    ----------
    prior
        The density that was fitted to the codes; ``None`` for the standard normal one.
    """
    if prior is None:
        return np.ones(latent_dim)
    inner = np.square(prior.factors).sum(2)
    # Around the mean of the whole and not the origin, where far-away codes would lose their digits.
    apart = np.square(prior.means - prior.weights @ prior.means)
    deviation: NDArray[np.float64] = np.sqrt(prior.weights @ (inner + apart))
    return deviation


def equal_pixel_noise(
    image: NDArray[Any], variations: NDArray[Any], seed: int, first: int = 0
) -> NDArray[np.float32]:
    """Return an image under pixel noise, each time with the mean squared change of one variation.

    The noise is normal and independent in each value, and then limited to [0, 1] as any picture
    is. Its size is solved for so that, after the limits, the mean squared change from ``image`` is
    that of the variation: limits eat up half of the noise on a black ground, so equal sigmas would
    not be a fair comparison. Only a change that no amount of this noise could make, near that of
    turning black into white, is not reached.

    Costs a sort of each image.

    Parameters
    ----------
    image
        (h, w, c), uint8 or floats in [0, 1]: what the variations are of, usually the decoded code
        without noise.
    variations
        (n, h, w, c), uint8 or floats in [0, 1].
    seed
        0 to 2⁶³ − 1. Each place has noise of its own.
    first
        Place of the first of these variations among all of them, so that any part gets the noise
        that the whole would get.

    Returns
    -------
    NDArray[np.float32]
        (n, h, w, c) in [0, 1].

    Raises
    ------
    UsageError
        If the seed is out of range.
    """
    if variations.ndim != 4 or variations.shape[1:] != image.shape:
        raise ValueError(f"variations of shape {variations.shape} of an image of {image.shape}")
    base = _as_float64(image).reshape(-1)
    noisy = np.empty(variations.shape, np.float32)
    for i, variation in enumerate(variations):
        change = float(np.square(_as_float64(variation).reshape(-1) - base).sum())
        generator = _generator(derived_seed(seed, first + i + 1), _PIXELS)
        noise = generator.standard_normal(base.size)
        room = np.where(noise > 0, 1.0 - base, base)  # how far each value can go in its direction
        size = min(_size(noise, room, change), _ENOUGH)
        values = base + size * noise
        noisy[i] = np.clip(values, 0.0, 1.0).reshape(image.shape)
    return noisy


def class_centroids(
    codes: NDArray[Any], labels: NDArray[Any], num_classes: int
) -> NDArray[np.float32]:
    """Return the mean code of each class, float32 (num_classes, d), NaN for one without codes.

    Parameters
    ----------
    codes
        float (n, d); rows that are not finite are left out.
    labels
        int (n,); images with a label below 0 or beyond the classes belong to none.
    num_classes
        How many classes there are.
    """
    known = np.isfinite(codes).all(1) & (labels >= 0) & (labels < num_classes)
    counts = np.bincount(labels[known], minlength=num_classes)
    totals = np.zeros((num_classes, codes.shape[1]))
    # As products of matrices: adding up row by row takes a second for wide codes.
    rows_at_once = max(1, _TOTAL_VALUES // max(1, codes.shape[1]))
    for start in range(0, len(codes), rows_at_once):
        rows = np.flatnonzero(known[start : start + rows_at_once]) + start
        belongs = labels[rows] == np.arange(num_classes)[:, None]
        totals += belongs.astype(np.float64) @ codes[rows].astype(np.float64)
    missing = np.full_like(totals, np.nan)
    means: NDArray[np.float64] = np.divide(
        totals, counts[:, None], out=missing, where=counts[:, None] > 0
    )
    return means.astype(np.float32)


def _size(noise: NDArray[np.float64], room: NDArray[np.float64], change: float) -> float:
    """Return the a at which Σ min(a·|noise|, room)² is ``change``; infinite where it is never.

    The sum grows with a: where a passes room / |noise| of a value, that value stays at its limit.
    Between two such places it is a² times a constant plus another, which can be solved.
    """
    if change <= 0.0:
        return 0.0
    squared = np.square(noise)
    limits = np.divide(room, abs(noise), out=np.full_like(room, np.inf), where=noise != 0)
    order = np.argsort(limits)
    limits = limits[order]
    # At limits[i], the values up to i are at their limit and those behind it still grow.
    stopped = np.concatenate([[0.0], np.cumsum(np.square(room[order]))])
    growing = np.concatenate([np.cumsum(squared[order][::-1])[::-1], [0.0]])
    finite = np.isfinite(limits)
    reached = np.full_like(limits, np.inf)
    reached[finite] = stopped[:-1][finite] + np.square(limits[finite]) * growing[:-1][finite]
    place = int(np.searchsorted(reached, change))
    if place == len(limits) or growing[place] <= 0.0:
        return math.inf
    return math.sqrt(max(0.0, change - stopped[place]) / growing[place])


def _generator(seed: int, kind: int) -> np.random.Generator:
    return np.random.default_rng(derived_seed(seed, kind))


def _as_float64(image: NDArray[Any]) -> NDArray[np.float64]:
    values = image.astype(np.float64)
    return values / 255.0 if image.dtype == np.uint8 else values
