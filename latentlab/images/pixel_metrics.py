"""How far two pictures are apart, on the one intensity scale of 0 to 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
# Similarity", IEEE Trans. Image Processing 13 (2004), section III.B and III.C, with L = 1.
_SSIM_WINDOW_PX = 11
_SSIM_SIGMA_PX = 1.5
_SSIM_C1 = 0.01**2
_SSIM_C2 = 0.03**2
_CHUNK_VALUES = 2**18  # a few float64 arrays of this size stay in the cache of a processor core


def mse_as_db(mse: float) -> float:
    """Return the PSNR in dB, 10·log₁₀(1 / MSE), of a mean squared error; infinite for 0."""
    return math.inf if mse == 0.0 else -10.0 * math.log10(mse)


def psnr_db(clean: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio in dB, 10·log₁₀(1 / MSE); infinite for equal images.

    Parameters
    ----------
    clean, other
        uint8 of the same shape.
    """
    difference = (clean.astype(np.float64) - other.astype(np.float64)) / 255.0
    return mse_as_db(float(np.mean(difference**2)))


def mean_psnr_db(clean: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the PSNR in dB of the mean squared error over all images; infinite for equal ones.

    This is not the mean of the images' PSNRs, which is larger and which a single image without
    error would make infinite.

    Parameters
    ----------
    clean, other
        (n, h, w, c) of the same shape with at least one image, each either uint8 or floats on the
        scale of 0 to 1.

    Raises
    ------
    ValueError
        If the shapes differ or there is nothing to compare.
    """
    _check_pair(clean, other)
    total = 0.0
    for part in _chunks(clean):
        total += float(np.sum((_as_float64(clean[part]) - _as_float64(other[part])) ** 2))
    return mse_as_db(total / clean.size)


def ssim(clean: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """Return the structural similarity of each pair of images: 1 for equal ones, at least −1.

    Wang et al. (2004), equations 13 to 17: Gaussian window of 11×11 pixels and standard deviation
    1.5, K₁ = 0.01, K₂ = 0.03, L = 1, weighted (not sample) covariances. It is averaged over all
    positions at which the window lies wholly inside the image, and over the channels. In images
    that are smaller than the window, the largest odd window that fits takes its place.

    10,000 images of 28×28 pixels take 0.1 to 0.2 seconds. The cost of an image grows with the
    third power of its side.

    Parameters
    ----------
    clean, other
        (n, h, w, c) of the same shape with at least one value, each either uint8 or floats on the
        scale of 0 to 1.

    Returns
    -------
    NDArray[np.float64]
        (n,).

    Raises
    ------
    ValueError
        If the shapes differ, have not four dimensions, or there is nothing to compare.
    """
    _check_pair(clean, other)
    if clean.ndim != 4:
        raise ValueError(f"images have {clean.ndim} dimensions instead of 4")
    n, h, w, _ = clean.shape
    side = min(_SSIM_WINDOW_PX, (min(h, w) - 1) // 2 * 2 + 1)
    rows, columns = _window_matrix(h, side), _window_matrix(w, side).T
    result = np.empty(n)
    for part in _chunks(clean):
        x, y = (_planes(images[part]) for images in (clean, other))
        mean_x, mean_y = rows @ x @ columns, rows @ y @ columns
        product = mean_x * mean_y
        squares = mean_x**2 + mean_y**2
        covariance = rows @ (x * y) @ columns - product
        variances = rows @ (x**2 + y**2) @ columns - squares
        score = (2 * product + _SSIM_C1) * (2 * covariance + _SSIM_C2)
        score /= (squares + _SSIM_C1) * (variances + _SSIM_C2)
        result[part] = score.mean((1, 2, 3))
    return result


def _check_pair(clean: NDArray[Any], other: NDArray[Any]) -> None:
    if clean.shape != other.shape:
        raise ValueError(f"images of shape {clean.shape} and {other.shape} cannot be compared")
    if clean.size == 0:
        raise ValueError("there are no images to compare")


def _chunks(images: NDArray[Any]) -> list[slice]:
    step = max(1, _CHUNK_VALUES // (images.size // len(images)))
    return [slice(start, start + step) for start in range(0, len(images), step)]


def _as_float64(images: NDArray[Any]) -> NDArray[np.float64]:
    # uint8 goes through float32 so that it equals the float32 image that is made of it.
    values = images / np.float32(255.0) if images.dtype == np.uint8 else images
    return values.astype(np.float64)


def _planes(images: NDArray[Any]) -> NDArray[np.float64]:
    return np.ascontiguousarray(np.moveaxis(_as_float64(images), 3, 1))


def _window_matrix(length: int, side: int) -> NDArray[np.float64]:
    """Return (length − side + 1, length): each row is the 1-D window at one position."""
    offsets = np.arange(side) - side // 2
    kernel = np.exp(-0.5 * (offsets / _SSIM_SIGMA_PX) ** 2)
    kernel /= kernel.sum()
    matrix = np.zeros((length - side + 1, length))
    for row in range(len(matrix)):
        matrix[row, row : row + side] = kernel
    return matrix
