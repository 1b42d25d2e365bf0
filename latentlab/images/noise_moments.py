"""Moments of images whose pixels were corrupted one by one, from those of the clean images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PixelNoise:
    """Corruption that treats each pixel on its own: E[y | x] is gain·x + offset in each value.

    Then E[y] = gain·E[x] + offset and C_xy = gain·Σ, where Σ is the covariance of x. Different
    pixels have the covariance gain²·Σ. ``blocks``, float64 (pixels, c, c), is what the covariance
    of the values of one pixel has beyond that.
    """

    gain: float
    offset: float
    blocks: NDArray[np.float64]


def pixel_noise(
    name: str,
    amount: float,
    clip: bool,
    mean: NDArray[np.float64],
    products: NDArray[np.float64],
) -> PixelNoise | None:
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
            noise = PixelNoise(1.0, 0.0, none + amount**2 * channels)
        case "speckle" if not clip:
            noise = PixelNoise(1.0, 0.0, amount**2 * products * channels)
        case "brightness" if not clip:
            noise = PixelNoise(1.0, amount, none)
        case "contrast":
            noise = PixelNoise(1 - amount, amount / 2, none)
    return noise


def _replaced(
    gain: float,
    offset: float,
    mean: NDArray[np.float64],
    products: NDArray[np.float64],
    corrupted_products: NDArray[np.float64],
) -> PixelNoise:
    """Return the noise from E[y yᵀ] within each pixel, (pixels, c, c)."""
    corrupted_mean = gain * mean + offset
    covariance = corrupted_products - corrupted_mean[:, :, None] * corrupted_mean[:, None, :]
    clean_covariance = products - mean[:, :, None] * mean[:, None, :]
    return PixelNoise(gain, offset, covariance - gain**2 * clean_covariance)


def add_pixel_blocks(
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
