"""The decoded grid as a pyramid of cells over the latent plane.

Level L divides the plane into square cells of side ``2**-L``; a cell is the picture decoded at its
centre. Cells belong to the plane and not to the view, so panning reuses what is decoded, and a
coarser level can stand in until a finer one has arrived.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.camera import Camera

COARSE_LEVELS = 2  # levels between the first, coarse pass and the wanted one
MAX_TILE_PX = 56  # larger than any cell on the screen


@dataclass(frozen=True)
class CellBlock:
    """A rectangle of cells of one level: columns ``left .. right - 1``, rows ``bottom .. top - 1``.

    Column i covers ``[i * side, (i + 1) * side)`` of the first latent axis, rows the second.
    """

    level: int
    left: int
    bottom: int
    right: int
    top: int

    @property
    def side(self) -> float:
        """Side of a cell in latent units."""
        return math.ldexp(1.0, -self.level)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self.right - self.left

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.top - self.bottom

    def keys(self) -> NDArray[np.int64]:
        """Return all cells as (column, row), int64 (n, 2), from the middle outwards.

        People look at the middle first, so it is decoded first.
        """
        columns, rows = np.meshgrid(
            np.arange(self.left, self.right), np.arange(self.bottom, self.top)
        )
        keys = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.int64)
        middle = np.array([(self.left + self.right - 1) / 2, (self.bottom + self.top - 1) / 2])
        order = np.argsort(((keys - middle) ** 2).sum(1), kind="stable")
        return keys[order]

    def centres(self, keys: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the latent centres, float32 (n, 2), of cells given as (column, row)."""
        return ((keys + 0.5) * self.side).astype(np.float32)


def level_for(camera: Camera, cell_px: float) -> int:
    """Return the level whose cells are between ``cell_px`` and twice that on the screen."""
    return math.floor(math.log2(camera.scale / cell_px))


def visible_block(camera: Camera, level: int) -> CellBlock:
    """Return the cells of a level that the view touches."""
    side = math.ldexp(1.0, -level)
    left, bottom, right, top = camera.bounds()
    return CellBlock(
        level,
        math.floor(left / side),
        math.floor(bottom / side),
        math.floor(right / side) + 1,
        math.floor(top / side) + 1,
    )


def tile_shape(image_shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return (side, side, channels) of the picture of a cell in pixels.

    Cells are square; a picture is shrunk to at most :data:`MAX_TILE_PX` and centred in its cell.
    """
    h, w, c = image_shape
    side = min(max(h, w), MAX_TILE_PX)
    return side, side, c


def fitted_size(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """Return (height, width) of a picture inside its cell, aspect kept, at least 1 px."""
    h, w, _ = image_shape
    side = tile_shape(image_shape)[0]
    scale = side / max(h, w)
    return max(1, round(h * scale)), max(1, round(w * scale))
