"""The best affine denoiser of corruptions: the yardstick that a trained one should beat.

For clean images x and corrupted ones y it is x̂ = E[x] + C_xy C_yy⁻¹ (y − E[y]), which has the least
mean squared error of all affine maps (Kay, "Fundamentals of Statistical Signal Processing:
Estimation Theory" (1993), section 12.3). Only means and covariances are needed, and for noise that
is drawn pixel by pixel they follow from those of the clean images.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.core.corruptions import checked_corruption, corrupt_stack, derived_seed

_MIN_SAMPLES = 20_000  # pairs that covariances are estimated from where there is no formula
_CHUNK_VALUES = 2**22  # values of the images that are in work at the same time
_PCA_IMAGES = 3072
_PCA_VALUES = 2**27  # of the images or directions in a principal component analysis: 512 MiB

# Added to each variance of the corrupted images: what rounding to 256 levels would add. It keeps
# the system solvable where pixels never vary. Without it a blur would be undone by amplifying
# details of the size of float32's rounding, and an image saved with 8 bits would come out as noise.
_RIDGE = 1 / (12 * 255**2)


@dataclass(frozen=True, eq=False)
class LinearDenoiser:
    """The affine map from corrupted to clean images with the least mean squared error.

    D = h·w·c is the number of values of an image, in the order of its array. Of images with many
    values only the K leading principal components of the clean ones are used, in the corrupted
    image as in the estimate; otherwise K = D.

    Attributes
    ----------
    steps, clip
        The corruptions it undoes, as for :func:`~latentlab.core.corruptions.corrupt_stack`.
    image_shape
        (h, w, c).
    clean_mean, corrupted_mean
        float32 (D,), E[x] and E[y].
    weights
        float32 (K, K), C_xy C_yy⁻¹.
    directions
        float32 (D, K) with orthonormal columns, the principal components; ``None`` if K = D.
    """

    steps: tuple[tuple[str, float], ...]
    clip: bool
    image_shape: tuple[int, int, int]
    clean_mean: NDArray[np.float32]
    corrupted_mean: NDArray[np.float32]
    weights: NDArray[np.float32]
    directions: NDArray[np.float32] | None = None

    @classmethod
    def fit(
        cls,
        images: NDArray[Any],
        name: str,
        amount: float,
        seed: int,
        *,
        clip: bool = True,
        max_values: int = 3072,
        max_components: int = 2048,
    ) -> LinearDenoiser:
        """Return the denoiser for one corruption of images like these.

        See :meth:`fit_stack`.
        """
        return cls.fit_stack(
            images,
            [(name, amount)],
            seed,
            clip=clip,
            max_values=max_values,
            max_components=max_components,
        )

    @classmethod
    def fit_stack(
        cls,
        images: NDArray[Any],
        steps: Sequence[tuple[str, float]],
        seed: int,
        *,
        clip: bool = True,
        max_values: int = 3072,
        max_components: int = 2048,
    ) -> LinearDenoiser:
        """Return the denoiser for one or several corruptions, one upon the other.

        Exact given mean and covariance of the images where the only one is mask, salt-pepper or
        contrast, or gaussian, speckle or brightness without clipping; ``seed`` is not used then.
        Elsewhere the covariances are estimated from at least 20,000 corrupted images, for which all
        images are taken equally often; corruptions without chance need each only once.

        On two cores, 10,000 images of 28×28 take less than a second, 20,000 of 32×32×3 up to ten
        seconds, and principal components about half a minute, mostly for their own computation.
        Beside the images, which may be memory-mapped, it needs a few arrays of K×K float64.

        Parameters
        ----------
        images
            Clean images, uint8 (n, h, w, c), or float32 of that shape in [0, 1]; n is at least 1.
            With fewer images than values it fits them more closely than it does new ones.
        steps, seed, clip
            The corruptions, at least one, as for
            :func:`~latentlab.core.corruptions.corrupt_stack`. Noise that is clipped is a
            corruption of its own with another best denoiser.
        max_values
            Images with more values are treated in the space of their principal components.
        max_components
            How many components are kept at most. They come from at most 3072 images spread evenly
            over the given ones, and from fewer where these would need more than 512 MiB.

        Raises
        ------
        UsageError
            If a corruption is unknown, or an amount or the seed is out of range.
        """
        for name, amount in steps:
            checked_corruption(name, amount)
        derived_seed(seed, 0)
        if not steps:
            raise ValueError("no corruption to undo")
        if images.ndim != 4 or images.size == 0:
            raise ValueError(f"images of shape {images.shape} instead of (n, h, w, c), none empty")
        _, h, w, c = images.shape
        mean, products = _pixel_moments(images)
        directions = None
        if h * w * c > max_values:
            directions = _principal_directions(images, mean, max_components)
        noise = None
        if len(steps) == 1:
            noise = _pixel_noise(*steps[0], clip, mean.reshape(-1, c), products)
        if noise is None:
            corrupted_mean, cross, covariance = _sampled(
                images, steps, seed, clip, mean, directions
            )
        else:
            corrupted_mean = noise.gain * mean + noise.offset
            clean_covariance = _covariance(images, mean, directions)
            cross = noise.gain * clean_covariance
            covariance = noise.gain**2 * clean_covariance
            _add_pixel_blocks(covariance, noise.blocks, directions)
        covariance[np.diag_indices(len(covariance))] += _RIDGE
        return cls(
            steps=tuple((name, float(amount)) for name, amount in steps),
            clip=clip,
            image_shape=(h, w, c),
            clean_mean=mean.astype(np.float32),
            corrupted_mean=corrupted_mean.astype(np.float32),
            weights=np.linalg.solve(covariance, cross.T).T.astype(np.float32),
            directions=directions,
        )

    def apply(self, corrupted: NDArray[Any], *, limit: bool = True) -> NDArray[np.float32]:
        """Return the estimate of the clean images.

        Parameters
        ----------
        corrupted
            uint8 or float32 (n, h, w, c) or (h, w, c), with the fitted h, w and c.
        limit
            Whether the estimate is limited to [0, 1]. That makes the whole no longer affine, but
            can only reduce the error: clean values lie within the limits, and an estimate outside
            moves closer to each of them. On digits it gains 0.3 to 0.8 dB.

        Returns
        -------
        NDArray[np.float32]
            Of the same shape.
        """
        if corrupted.ndim not in (3, 4) or corrupted.shape[-3:] != self.image_shape:
            raise ValueError(f"shape {corrupted.shape} given to a denoiser of {self.image_shape}")
        values = _flat(corrupted.reshape(-1, *self.image_shape)) - self.corrupted_mean
        estimate = _seen(values, self.directions) @ self.weights.T
        if self.directions is not None:
            estimate = estimate @ self.directions.T
        estimate += self.clean_mean
        if limit:
            np.clip(estimate, 0.0, 1.0, out=estimate)
        return estimate.reshape(corrupted.shape)


@dataclass(frozen=True, eq=False)
class _PixelNoise:
    """Corruption that treats each pixel on its own: E[y | x] is gain·x + offset in each value.

    Then E[y] = gain·E[x] + offset and C_xy = gain·Σ, where Σ is the covariance of x. Different
    pixels have the covariance gain²·Σ. ``blocks``, float64 (pixels, c, c), is what the covariance
    of the values of one pixel has beyond that.
    """

    gain: float
    offset: float
    blocks: NDArray[np.float64]


def _pixel_noise(
    name: str,
    amount: float,
    clip: bool,
    mean: NDArray[np.float64],
    products: NDArray[np.float64],
) -> _PixelNoise | None:
    """Return the formula for a corruption, or ``None`` if there is none.

    With the means m, (pixels, c), and the products M = E[x xᵀ] within each pixel, (pixels, c, c):

    - mask with probability p: y = 0 or x as a whole pixel, so E[y yᵀ] = (1 − p)·M.
    - salt-pepper: 0 or 1 as a whole pixel with p/2 each, so E[y yᵀ] = (1 − p)·M + p/2.
    - gaussian: y = x + n, so Cov(y) = Σ + σ²·I.
    - speckle: y = x + x·n, so Cov(y) = Σ + σ²·diag(M).
    - brightness and contrast: affine, nothing is added.
    """
    p = amount
    channels = np.eye(mean.shape[1])
    none = np.zeros_like(products)
    noise = None
    match name:
        case "mask":
            noise = _replaced(1 - p, 0.0, mean, products, (1 - p) * products)
        case "salt-pepper":
            noise = _replaced(1 - p, p / 2, mean, products, (1 - p) * products + p / 2)
        case "gaussian" if not clip:
            noise = _PixelNoise(1.0, 0.0, none + amount**2 * channels)
        case "speckle" if not clip:
            noise = _PixelNoise(1.0, 0.0, amount**2 * products * channels)
        case "brightness" if not clip:
            noise = _PixelNoise(1.0, amount, none)
        case "contrast":
            noise = _PixelNoise(1 - amount, amount / 2, none)
    return noise


def _replaced(
    gain: float,
    offset: float,
    mean: NDArray[np.float64],
    products: NDArray[np.float64],
    corrupted_products: NDArray[np.float64],
) -> _PixelNoise:
    """Return the noise from E[y yᵀ] within each pixel, (pixels, c, c)."""
    corrupted_mean = gain * mean + offset
    covariance = corrupted_products - corrupted_mean[:, :, None] * corrupted_mean[:, None, :]
    clean_covariance = products - mean[:, :, None] * mean[:, None, :]
    return _PixelNoise(gain, offset, covariance - gain**2 * clean_covariance)


def _add_pixel_blocks(
    covariance: NDArray[np.float64],
    blocks: NDArray[np.float64],
    directions: NDArray[np.float32] | None,
) -> None:
    """Add a block-diagonal matrix, in place and seen through ``directions``."""
    num_pixels, c, _ = blocks.shape
    if directions is None:
        pixels = np.arange(num_pixels)
        covariance.reshape(num_pixels, c, num_pixels, c)[pixels, :, pixels, :] += blocks
    else:
        by_pixel = directions.reshape(num_pixels, c, -1)
        product = (blocks.astype(np.float32) @ by_pixel).reshape(directions.shape)
        covariance += directions.T @ product


def _sampled(
    images: NDArray[Any],
    steps: Sequence[tuple[str, float]],
    seed: int,
    clip: bool,
    mean: NDArray[np.float64],
    directions: NDArray[np.float32] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return E[y], C_xy and C_yy of images corrupted with noise that is drawn afresh each time."""
    count = len(images)
    is_random = any(checked_corruption(name, amount).is_random for name, amount in steps)
    copies = -(-_MIN_SAMPLES // count) if is_random else 1
    size = mean.size if directions is None else directions.shape[1]
    cross, covariance = np.zeros((size, size)), np.zeros((size, size))
    shift = np.zeros(mean.size)
    centre = mean.astype(np.float32)
    for number, rows in enumerate(_row_chunks(count * copies, mean.size)):
        clean = images[rows % count]
        corrupted = corrupt_stack(clean, steps, derived_seed(seed, number), clip=clip)
        y = _flat(corrupted) - centre
        shift += y.sum(0, np.float64)
        seen_x: NDArray[Any] = _seen(_flat(clean) - centre, directions)
        seen_y: NDArray[Any] = _seen(y, directions)
        if not is_random:
            # Without noise the smallest variances are tiny, and sums in float32 could lose them.
            seen_x, seen_y = seen_x.astype(np.float64), seen_y.astype(np.float64)
        cross += seen_x.T @ seen_y
        covariance += seen_y.T @ seen_y
    shift /= count * copies
    # x is centred already, so only the second mean has to be taken out.
    offset = shift if directions is None else shift @ directions
    covariance = covariance / (count * copies) - np.outer(offset, offset)
    return mean + shift, cross / (count * copies), covariance


def _pixel_moments(images: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return E[x], (D,), and E[x xᵀ] within each pixel, (pixels, c, c)."""
    count, h, w, c = images.shape
    total = np.zeros(h * w * c)
    products = np.zeros((h * w, c, c))
    for rows in _row_chunks(count, total.size):
        x = _flat(images[rows])
        total += x.sum(0, np.float64)
        pixels = x.reshape(-1, h * w, c)
        for i in range(c):
            for j in range(c):
                products[:, i, j] += (pixels[:, :, i] * pixels[:, :, j]).sum(0, np.float64)
    return total / count, products / count


def _covariance(
    images: NDArray[Any], mean: NDArray[np.float64], directions: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    size = mean.size if directions is None else directions.shape[1]
    total = np.zeros((size, size))
    centre = mean.astype(np.float32)
    for rows in _row_chunks(len(images), mean.size):
        x = _seen(_flat(images[rows]) - centre, directions)
        total += x.T @ x
    return total / len(images)


def _principal_directions(
    images: NDArray[Any], mean: NDArray[np.float64], count: int
) -> NDArray[np.float32]:
    """Return at most ``count`` leading principal components as columns, (D, K).

    They come from the inner products of the images, not from the D×D covariance, which may be too
    large to hold.
    """
    num_images = min(len(images), _PCA_IMAGES, max(1, _PCA_VALUES // mean.size))
    rows = np.linspace(0, len(images) - 1, num_images).astype(np.intp)
    x = _flat(images[rows]) - mean.astype(np.float32)
    variances, vectors = np.linalg.eigh(_inner_products(x))
    # Below this share of the largest, rounding to float32 would spoil orthogonality.
    kept = np.flatnonzero(variances > 1e-6 * max(variances[-1], 1e-12))[::-1][:count]
    scaled: NDArray[np.float32] = (vectors[:, kept] / np.sqrt(variances[kept])).astype(np.float32)
    return x.T @ scaled


def _inner_products(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return x·xᵀ, (n, n), with float64 sums but without a float64 copy of x."""
    total = np.zeros((len(x), len(x)))
    for start in range(0, x.shape[1], 1024):
        part = x[:, start : start + 1024].astype(np.float64)
        total += part @ part.T
    return total


def _row_chunks(count: int, num_values: int) -> Iterator[NDArray[np.intp]]:
    step = max(1, _CHUNK_VALUES // num_values)
    for start in range(0, count, step):
        yield np.arange(start, min(start + step, count))


def _flat(images: NDArray[Any]) -> NDArray[np.float32]:
    """Return images (n, h, w, c) as float32 (n, D) on the scale of 0 to 1."""
    flat = images.reshape(len(images), math.prod(images.shape[1:])).astype(np.float32)
    if images.dtype == np.uint8:
        flat /= np.float32(255.0)
    return flat


def _seen(
    values: NDArray[np.float32], directions: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    return values if directions is None else values @ directions
