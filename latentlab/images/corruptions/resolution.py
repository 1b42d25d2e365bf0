"""Loss of detail: blur and pixelation.

Both mix values within rows and within columns only, so each is two small matrix products per
image; for a batch of small images this is several times faster than a filter that walks along the
lines. The cost of an image grows with the third power of its side. The product is formed for each
image on its own, and therefore does not depend on the rest of the batch.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_BLUR_PER_SIDE = 1 / 8  # standard deviation at amount 1, in units of the longer side
_CELL_PER_SIDE = 1 / 4  # side of a cell at amount 1, in units of the longer side
_BLUR_REACH = 4.0  # the Gaussian is cut off here, in standard deviations


def blur(images: NDArray[np.float32], amount: float, _: np.random.Generator) -> NDArray[np.float32]:
    """Blur with a Gaussian whose standard deviation is :func:`blur_sigma_px`.

    Beyond the edge the image goes on as its mirror image, so its mean brightness stays.
    """
    h, w = images.shape[1:3]
    sigma = blur_sigma_px(h, w, amount)
    return _mixed(images, _gaussian_matrix(h, sigma), _gaussian_matrix(w, sigma))


def pixelate(
    images: NDArray[np.float32], amount: float, _: np.random.Generator
) -> NDArray[np.float32]:
    """Give each square cell its mean, with cells of side :func:`cell_side_px`.

    Cells begin at the top left corner; where the side does not divide the image, those at the right
    and at the bottom are smaller.
    """
    h, w = images.shape[1:3]
    side = cell_side_px(h, w, amount)
    return images if side == 1 else _mixed(images, _cell_matrix(h, side), _cell_matrix(w, side))


def blur_sigma_px(height: int, width: int, amount: float) -> float:
    """Return the blur's standard deviation in pixels: ``amount`` times 1/8 of the longer side."""
    return amount * max(height, width) * _BLUR_PER_SIDE


def cell_side_px(height: int, width: int, amount: float) -> int:
    """Return the side of a cell: ``amount`` times 1/4 of the longer side, rounded, at least 1."""
    return max(1, math.floor(amount * max(height, width) * _CELL_PER_SIDE + 0.5))


def _mixed(
    images: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return rows · image · columnsᵀ for each channel; rows is (h, h), columns (w, w)."""
    planes = np.ascontiguousarray(np.moveaxis(images, 3, 1))
    mixed = rows @ planes @ columns.T
    return np.ascontiguousarray(np.moveaxis(mixed, 1, 3), np.float32)


def _gaussian_matrix(length: int, sigma: float) -> NDArray[np.float32]:
    radius = math.floor(_BLUR_REACH * sigma + 0.5)
    offsets = np.arange(-radius, radius + 1)
    # A radius of 0 comes with the smallest sigmas, whose square would be 0.
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2) if radius else np.ones(1)
    kernel /= kernel.sum()
    source = (np.arange(length)[:, None] + offsets) % (2 * length)
    source = np.minimum(source, 2 * length - 1 - source)  # ... c b a | a b c | c b a ...
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.arange(length)[:, None], source), kernel)
    return matrix.astype(np.float32)


def _cell_matrix(length: int, side: int) -> NDArray[np.float32]:
    cell = np.arange(length) // side
    same = cell[:, None] == cell
    mean: NDArray[np.float32] = np.divide(same, same.sum(1, keepdims=True), dtype=np.float32)
    return mean
