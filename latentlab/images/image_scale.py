"""How far images of a data set usually are from each other: the unit of distances of pictures."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from latentlab.images.adapt import adapted
from latentlab.images.image_array import ImageArray

MAX_HELD_OUT = 200
MAX_OTHERS = 10_000
_MAX_HELD_OUT_VALUES, _MAX_OTHER_VALUES = 2**23, 2**26  # in images of many pixels
_PIECE_VALUES = 2**19


def picture_scale(
    images: ImageArray,
    held_out: NDArray[np.int64],
    others: NDArray[np.int64],
    shape: tuple[int, int, int] | None = None,
) -> Generator[None, None, float]:
    """Return the median over held-out images of the RMSE to the nearest training image, τ.

    No chance is in it: of more than 200 held-out and 10,000 other images, or fewer of many pixels,
    as many are taken, spread evenly. Fewer others lie a little farther away.

    Parameters
    ----------
    images
        uint8 (n, h, w, c), may be memory-mapped.
    held_out, others
        int64, which images are measured, and among which the nearest is sought.
    shape
        What the images are adapted to first, if it is not theirs.

    Returns
    -------
    float
        On the scale of 0 to 1; NaN where there is nothing to measure. It yields ``None`` between
        pieces of some milliseconds.
    """
    h, w, c = images.shape[1:] if shape is None else shape
    shape = h, w, c
    num_values = int(np.prod(shape))
    held_out = _spread(held_out, MAX_HELD_OUT, _MAX_HELD_OUT_VALUES // num_values)
    others = _spread(others, MAX_OTHERS, _MAX_OTHER_VALUES // num_values)
    if len(held_out) == 0 or len(others) == 0:
        return float("nan")
    step = max(1, _PIECE_VALUES // num_values)
    parts = []
    for start in range(0, len(held_out), step):
        parts.append(_flat(images, held_out[start : start + step], shape))
        yield
    measured = np.concatenate(parts)
    squares = np.einsum("nd,nd->n", measured, measured)
    least = np.full(len(measured), np.inf, np.float32)
    for start in range(0, len(others), step):
        x = _flat(images, others[start : start + step], shape)
        apart = np.einsum("nd,nd->n", x, x) - 2.0 * (measured @ x.T) + squares[:, None]
        np.minimum(least, apart.min(1), out=least)
        yield
    return float(np.median(np.sqrt(np.maximum(least, 0.0) / num_values)))


def _flat(
    images: ImageArray, rows: NDArray[np.int64], shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    picked = adapted(images[rows], shape)
    values: NDArray[np.float32] = picked.reshape(len(rows), -1).astype(np.float32)
    values /= 255.0
    return values


def _spread(indices: NDArray[np.int64], most: int, room: int) -> NDArray[np.int64]:
    count = min(most, max(16, room))
    if len(indices) <= count:
        return indices
    return indices[np.linspace(0, len(indices) - 1, count).round().astype(np.int64)]
