"""A rectangle that hides a part of each image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def block(
    images: NDArray[np.float32], amount: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Set one rectangle of each image to 0, at a place of its own.

    All positions at which it lies wholly inside are equally likely. For its size see
    :func:`block_size`.
    """
    n, h, w, _ = images.shape
    rows, columns = block_size(h, w, amount)
    # In float64: the largest float32 below 1 times a large count could round up to the count.
    draw = generator.random((n, 2))
    top = np.floor(draw[:, :1] * (h - rows + 1))
    left = np.floor(draw[:, 1:] * (w - columns + 1))
    y, x = np.arange(h), np.arange(w)
    row_hidden = (y >= top) & (y < top + rows)
    column_hidden = (x >= left) & (x < left + columns)
    images *= ~(row_hidden[:, :, None] & column_hidden[:, None, :])[..., None]
    return images


def block_size(height: int, width: int, share: float) -> tuple[int, int]:
    """Return (rows, columns) of the rectangle that covers ``share`` of an image, in pixels.

    It has the image's proportions as far as whole pixels allow. Of the sizes next to that the one
    is taken whose area comes closest to the share; in an image of a few pixels this may be (0, 0).
    """
    area = share * height * width
    side = math.sqrt(share)
    rows = min(max(1, round(height * side)), height)
    columns = min(max(1, round(width * side)), width)
    candidates = (
        (rows, columns),
        (rows, min(round(area / rows), width)),
        (min(round(area / columns), height), columns),
        (0, 0),
    )
    best = min(candidates, key=lambda size: abs(size[0] * size[1] - area))
    return best if all(best) else (0, 0)
