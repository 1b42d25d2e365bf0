"""The denoising field: where corrupted data land on the map, and where denoising leads from there.

Each sampled image gives one arrow. Thousands of arrows are averaged on a grid of cells that belongs
to the plane and not to the view, so that the field stands still while the map is moved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.images.corruptions import corrupt_stack

_SEED = 0  # of the order in which images are taken
_COLUMNS = 24  # of the grid on which samples are spread over the view
_MARGIN = 0.1  # of the view: what lies just beside it points into it


@dataclass(frozen=True, eq=False)
class FieldCells:
    """Averaged arrows.

    Attributes
    ----------
    side
        Side of a cell in latent units.
    centres
        float32 (m, 2), map positions of the middles of the cells.
    steps
        float32 (m, 2), mean of the arrows at each, in latent units.
    weights
        float32 (m,), how many arrows each mean is made of: their distances count, so it need not
        be whole.
    """

    side: float
    centres: NDArray[np.float32]
    steps: NDArray[np.float32]
    weights: NDArray[np.float32]


def field_order(
    positions: NDArray[np.float32], bounds: tuple[float, float, float, float], most: int
) -> NDArray[np.int64]:
    """Return which images to sample, those first that matter most: int64, at most ``most``.

    Images in view come first, taken in turn from each part of it, so that already the first
    arrows cover the view, and sparse parts get as many as dense ones. Images outside follow, and
    those whose position is not known. The same arguments give the same order.

    Parameters
    ----------
    positions
        float32 (n, 2), map positions of the data; rows not known are NaN.
    bounds
        (left, bottom, right, top) of the view.
    most
        No more than these.
    """
    left, bottom, right, top = bounds
    width, height = max(right - left, 1e-9), max(top - bottom, 1e-9)
    count = len(positions)
    with np.errstate(invalid="ignore"):
        share = (positions - np.array([left, bottom], np.float32)) / np.array(
            [width, height], np.float32
        )
        in_view = ((share >= -_MARGIN) & (share <= 1 + _MARGIN)).all(1)  # false for NaN
    rows = max(1, round(_COLUMNS * height / width))
    cell = np.zeros((count, 2), np.int64)
    cell[in_view] = np.floor(share[in_view] * [_COLUMNS, rows]).astype(np.int64)
    draw = np.random.default_rng(_SEED).permutation(count)
    # How many of its cell come before each image, counted in random order.
    by_cell = np.lexsort((draw, cell[:, 0], cell[:, 1]))
    is_first = np.ones(count, bool)
    is_first[1:] = (np.diff(cell[by_cell], axis=0) != 0).any(1)
    place = np.arange(count)
    rank = np.empty(count, np.int64)
    rank[by_cell] = place - np.maximum.accumulate(np.where(is_first, place, 0))
    rank[~in_view] = count
    return np.lexsort((draw, rank))[:most].astype(np.int64)


def field_images(
    images: NDArray[np.uint8], indices: NDArray[np.int64], steps: Sequence[tuple[str, float]]
) -> NDArray[np.float32]:
    """Return corrupted images, float32 (n, h, w, c), unclipped as for denoisers in training.

    The noise of an image belongs to its number in the data, so its arrow is the same in whatever
    company it is computed, and moves smoothly with the amounts.

    Parameters
    ----------
    images
        uint8 (n, h, w, c).
    indices
        int64 (n,), their numbers in the data.
    steps
        (name, amount) in the order in which they are applied.
    """
    corrupted = np.empty(images.shape, np.float32)
    for row, (image, index) in enumerate(zip(images, indices.tolist(), strict=True)):
        corrupted[row] = corrupt_stack(image, steps, index, clip=False)
    return corrupted


def field_level(scale: float, cell_px: float) -> int:
    """Return the level whose cells of side 2^-level are ``cell_px`` to twice that on the screen.

    ``scale`` is in pixels per latent unit.
    """
    return math.floor(math.log2(scale / cell_px))


def field_cells(
    starts: NDArray[np.float32],
    ends: NDArray[np.float32],
    level: int,
    bounds: tuple[float, float, float, float],
) -> FieldCells:
    """Average arrows on a grid.

    An arrow counts for the four cells around its start, bilinearly: fully where it starts in the
    middle of a cell, and not at all one side away. The mean in a cell is therefore the
    Nadaraya–Watson estimate of the field with a tent as kernel, and nothing jumps when an arrow
    crosses from one cell into the next.

    Parameters
    ----------
    starts, ends
        float32 (n, 2), map positions. What is not finite is left out.
    level
        Cells have the side 2^-level.
    bounds
        (left, bottom, right, top) of the view: only cells that it touches are returned.

    Returns
    -------
    FieldCells
        The cells with a weight above 0, row by row.
    """
    side = math.ldexp(1.0, -level)
    left, bottom, right, top = (math.floor(edge / side) for edge in bounds)
    columns, rows = right - left + 1, top - bottom + 1
    # In cells; the middle of the first visible one is (0, 0).
    at = starts.astype(np.float64) / side - (left + 0.5, bottom + 0.5)
    step = (ends - starts).astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = (at > -1).all(1) & (at < (columns, rows)).all(1) & np.isfinite(step).all(1)
    at, step = at[near], step[near]
    low = np.floor(at).astype(np.int64)
    part = at - low
    sums = np.zeros((3, (rows + 2) * (columns + 2)))
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            # One row and column more on each side take what belongs to cells outside.
            cell = (low[:, 1] + dy + 1) * (columns + 2) + low[:, 0] + dx + 1
            for row, values in enumerate((share, share * step[:, 0], share * step[:, 1])):
                sums[row] += np.bincount(cell, values, sums.shape[1])
    weight, *total = (part.reshape(rows + 2, columns + 2)[1:-1, 1:-1] for part in sums)
    found = np.nonzero(weight > 0)
    centres = np.stack([found[1] + left + 0.5, found[0] + bottom + 0.5], axis=1) * side
    means = np.stack([part[found] / weight[found] for part in total], axis=1)
    return FieldCells(
        side,
        centres.astype(np.float32),
        means.astype(np.float32),
        weight[found].astype(np.float32),
    )
