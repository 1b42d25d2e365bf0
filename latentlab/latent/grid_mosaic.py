"""The decoded grid as one picture: exact cells where they are known, stand-ins elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.tiles import CellBlock

_UNKNOWN = -2  # cells without any picture
STAND_IN = -1
"""Version of cells that show a coarser or an older picture."""


class GridMosaic:
    """A picture of a block of cells that keeps what it can when the block changes.

    Parameters
    ----------
    image_shape
        (height, width, channels) of the picture of one cell.

    Attributes
    ----------
    block
        The cells covered, ``None`` at first.
    pixels
        uint8 (rows · h, columns · w, c); the first row of pixels is the top of the block.
    layout_revision
        Grows when more than single exact cells have changed.
    fresh_cells
        Exact cells (row from the top, column) that have changed since ``take_fresh_cells``.
    """

    def __init__(self, image_shape: tuple[int, int, int]) -> None:
        self.image_shape = image_shape
        self.block: CellBlock | None = None
        self.pixels = np.zeros((0, 0, image_shape[2]), np.uint8)
        self.layout_revision = 0
        self.fresh_cells: set[tuple[int, int]] = set()
        self._versions = np.zeros((0, 0), np.int64)

    def cover(self, block: CellBlock) -> None:
        """Cover another block: its cells are copied or resampled from what was there."""
        if block == self.block:
            return
        h, w, c = self.image_shape
        pixels = np.zeros((block.rows * h, block.columns * w, c), np.uint8)
        versions = np.full((block.rows, block.columns), _UNKNOWN, np.int64)
        old = self.block
        if old is not None:
            rows = _source(block.top, block.side, block.rows * h, old.top, old.side, h, flip=True)
            columns = _source(
                block.left, block.side, block.columns * w, old.left, old.side, w, flip=False
            )
            in_rows = np.flatnonzero((rows >= 0) & (rows < old.rows * h))
            in_columns = np.flatnonzero((columns >= 0) & (columns < old.columns * w))
            if len(in_rows) and len(in_columns):
                source = np.ix_(rows[in_rows], columns[in_columns])
                pixels[np.ix_(in_rows, in_columns)] = self.pixels[source]
                known = self._versions[np.ix_(rows[in_rows] // h, columns[in_columns] // w)]
                kept = np.full((block.rows * h, block.columns * w), _UNKNOWN, np.int64)
                kept[np.ix_(in_rows, in_columns)] = known
                # A cell is as good as the worst of its pixels.
                worst = kept.reshape(block.rows, h, block.columns, w).min((1, 3))
                versions = worst if old.level == block.level else np.minimum(worst, STAND_IN)
        self.block, self.pixels, self._versions = block, pixels, versions
        self.layout_revision += 1

    def put(
        self,
        level: int,
        keys: NDArray[np.int64],
        images: NDArray[np.uint8],
        weights_version: int,
    ) -> None:
        """Take decoded cells: exact ones of the block's level, or stand-ins of a coarser one.

        Parameters
        ----------
        level
            Level of the cells.
        keys
            int64 (n, 2), (column, row) of each.
        images
            uint8 (n, h, w, c).
        weights_version
            Of the weights that decoded them, or :data:`STAND_IN`.
        """
        block = self.block
        if block is None or level > block.level or images.shape[1:] != self.image_shape:
            return
        h, w, _ = self.image_shape
        factor = 1 << (block.level - level)
        for (column, row), image in zip(keys.tolist(), images, strict=True):
            left, bottom = column * factor - block.left, row * factor - block.bottom
            if factor == 1:
                if 0 <= left < block.columns and 0 <= bottom < block.rows:
                    top = block.rows - 1 - bottom
                    self.pixels[top * h : (top + 1) * h, left * w : (left + 1) * w] = image
                    self._versions[top, left] = weights_version
                    self.fresh_cells.add((top, left))
            else:
                self._put_stand_in(left, block.rows - bottom - factor, factor, image)
        if factor > 1:
            self.layout_revision += 1

    def take_fresh_cells(self) -> set[tuple[int, int]]:
        """Return :attr:`fresh_cells` and empty it."""
        fresh, self.fresh_cells = self.fresh_cells, set()
        return fresh

    def stale_keys(self, weights_version: int) -> NDArray[np.int64]:
        """Return cells (column, row) that do not show these weights, middle first."""
        return self._keys_where(self._versions < weights_version)

    def unknown_keys(self) -> NDArray[np.int64]:
        """Return cells (column, row) without any picture, middle first."""
        return self._keys_where(self._versions == _UNKNOWN)

    def forget(self) -> None:
        """Mark all cells as stand-ins: another plane or model is shown, in about the same place."""
        np.minimum(self._versions, STAND_IN, out=self._versions)

    def clear(self) -> None:
        """Drop all pictures."""
        self.pixels[:] = 0
        self._versions[:] = _UNKNOWN
        self.layout_revision += 1

    def _put_stand_in(self, left: int, top: int, factor: int, image: NDArray[np.uint8]) -> None:
        """Show a picture of ``factor`` cells a side in those cells that have none yet."""
        h, w, _ = self.image_shape
        num_rows, num_columns = self._versions.shape
        for row in range(max(top, 0), min(top + factor, num_rows)):
            y = np.arange((row - top) * h, (row - top + 1) * h) // factor
            for column in range(max(left, 0), min(left + factor, num_columns)):
                if self._versions[row, column] != _UNKNOWN:
                    continue
                x = np.arange((column - left) * w, (column - left + 1) * w) // factor
                self.pixels[row * h : (row + 1) * h, column * w : (column + 1) * w] = image[
                    np.ix_(y, x)
                ]
                self._versions[row, column] = STAND_IN

    def _keys_where(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        block = self.block
        if block is None:
            return np.empty((0, 2), np.int64)
        keys = block.keys()
        wanted = mask[block.rows - 1 - (keys[:, 1] - block.bottom), keys[:, 0] - block.left]
        found: NDArray[np.int64] = keys[wanted]
        return found


def _source(
    start: int,
    side: float,
    pixels: int,
    old_start: int,
    old_side: float,
    per_cell: int,
    *,
    flip: bool,
) -> NDArray[np.int64]:
    """Return for each pixel along one axis the old pixel at the same latent place.

    ``start`` is the edge in cells from which pixels are counted; with ``flip`` they count
    downwards from it.
    """
    offset = (np.arange(pixels) + 0.5) * (side / per_cell)
    sign = -1.0 if flip else 1.0
    latent = start * side + sign * offset
    place = sign * (latent - old_start * old_side) * (per_cell / old_side)
    pixel: NDArray[np.int64] = np.floor(place).astype(np.int64)
    return pixel
