"""The mosaic: each cell holds a picture that tells where on the plane it was decoded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.latent.grid_mosaic import GridMosaic
from latentlab.latent.tiles import CellBlock

SHAPE = (4, 4, 1)
BLOCK = CellBlock(1, -4, -3, 6, 5)


def pictures(level: int, keys: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Pictures of a smooth landscape: each pixel shows the height at its place on the plane."""
    h, w, c = SHAPE
    side = math.ldexp(1.0, -level)
    x = (keys[:, :1] + (np.arange(w) + 0.5) / w) * side
    y = (keys[:, 1:] + 1 - (np.arange(h) + 0.5) / h) * side  # the first row is the top
    return np.broadcast_to(landscape(x[:, None, :], y[:, :, None])[..., None], (len(keys), h, w, c))


def landscape(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.round(128 + 12 * x + 7 * y).astype(np.uint8)


def shown_places(mosaic: GridMosaic) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The place on the plane of each pixel of a mosaic."""
    block = mosaic.block
    assert block is not None
    h, w, _ = mosaic.image_shape
    x = (block.left + (np.arange(block.columns * w) + 0.5) / w) * block.side
    y = (block.top - (np.arange(block.rows * h) + 0.5) / h) * block.side
    return x[None, :], y[:, None]


def errors(mosaic: GridMosaic) -> NDArray[np.int64]:
    x, y = shown_places(mosaic)
    return np.abs(mosaic.pixels[..., 0].astype(int) - landscape(x, y).astype(int))


def filled(block: CellBlock = BLOCK, version: int = 3) -> GridMosaic:
    mosaic = GridMosaic(SHAPE)
    mosaic.cover(block)
    keys = block.keys()
    mosaic.put(block.level, keys, pictures(block.level, keys), version)
    return mosaic


def cells(keys: NDArray[np.int64]) -> set[tuple[int, int]]:
    return {(int(c), int(r)) for c, r in keys}


def all_cells(block: CellBlock) -> set[tuple[int, int]]:
    return cells(block.keys())


def test_nothing_is_covered_at_first() -> None:
    mosaic = GridMosaic(SHAPE)
    assert mosaic.block is None
    assert mosaic.pixels.shape == (0, 0, 1)
    assert len(mosaic.stale_keys(0)) == len(mosaic.unknown_keys()) == 0
    mosaic.put(0, np.zeros((1, 2), np.int64), np.zeros((1, *SHAPE), np.uint8), 0)
    assert mosaic.pixels.size == 0


def test_a_covered_block_is_unknown_and_black() -> None:
    mosaic = GridMosaic(SHAPE)
    mosaic.cover(BLOCK)
    assert mosaic.pixels.shape == (32, 40, 1)
    assert not mosaic.pixels.any()
    assert cells(mosaic.unknown_keys()) == all_cells(BLOCK)
    assert cells(mosaic.stale_keys(0)) == all_cells(BLOCK)


def test_decoded_cells_lie_where_they_belong() -> None:
    mosaic = filled()
    assert errors(mosaic).max() == 0
    assert len(mosaic.unknown_keys()) == 0


def test_cells_are_stale_for_newer_weights_only() -> None:
    mosaic = filled(version=3)
    assert len(mosaic.stale_keys(3)) == 0
    assert cells(mosaic.stale_keys(4)) == all_cells(BLOCK)
    some = np.array([[0, 0], [5, 4]], np.int64)
    mosaic.put(1, some, pictures(1, some), 4)
    assert cells(mosaic.stale_keys(4)) == all_cells(BLOCK) - {(0, 0), (5, 4)}


def test_keys_come_from_the_middle_outwards() -> None:
    keys = filled().stale_keys(9)
    distance = ((keys - [0.5, 0.5]) ** 2).sum(1)
    assert (np.diff(distance) >= 0).all()


def test_cells_outside_and_of_finer_levels_are_ignored() -> None:
    mosaic = GridMosaic(SHAPE)
    mosaic.cover(BLOCK)
    outside = np.array([[-5, 0], [6, 0], [0, -4], [0, 5], [10**6, -(10**6)]], np.int64)
    mosaic.put(1, outside, pictures(0, outside * 0), 1)
    inside = np.array([[0, 0]], np.int64)
    mosaic.put(2, inside, pictures(2, inside), 1)
    mosaic.put(1, inside, np.ones((1, 5, 5, 1), np.uint8), 1)  # pictures of another model
    assert not mosaic.pixels.any()
    assert cells(mosaic.unknown_keys()) == all_cells(BLOCK)


@pytest.mark.parametrize(("dx", "dy"), [(2, 0), (0, -3), (-1, 1), (9, 7)])
def test_a_pan_keeps_what_is_still_in_view(dx: int, dy: int) -> None:
    mosaic = filled()
    moved = CellBlock(1, -4 + dx, -3 + dy, 6 + dx, 5 + dy)
    mosaic.cover(moved)
    kept = all_cells(BLOCK) & all_cells(moved)
    assert kept
    assert cells(mosaic.unknown_keys()) == all_cells(moved) - kept
    assert cells(mosaic.stale_keys(3)) == all_cells(moved) - kept, "kept cells are exact"
    wrong = errors(mosaic).reshape(moved.rows, 4, moved.columns, 4).max((1, 3))
    for column, row in kept:
        assert wrong[moved.top - 1 - row, column - moved.left] == 0


def test_a_pan_out_of_sight_keeps_nothing() -> None:
    mosaic = filled()
    far = CellBlock(1, 100, 100, 104, 103)
    mosaic.cover(far)
    assert not mosaic.pixels.any()
    assert cells(mosaic.unknown_keys()) == all_cells(far)


def test_zooming_in_shows_the_old_cells_enlarged_until_new_ones_come() -> None:
    mosaic = filled()
    near = CellBlock(3, -4, -4, 6, 6)
    mosaic.cover(near)
    # A pixel of the old picture covers 4 by 4 of the new: half an old pixel is 1/16 of a unit.
    assert errors(mosaic).max() <= 2
    assert len(mosaic.unknown_keys()) == 0
    assert cells(mosaic.stale_keys(-1)) == set(), "all show something"
    assert cells(mosaic.stale_keys(0)) == all_cells(near), "none shows the exact picture"
    keys = near.keys()
    mosaic.put(3, keys, pictures(3, keys), 3)
    assert errors(mosaic).max() == 0
    assert len(mosaic.stale_keys(3)) == 0


def test_zooming_out_shows_the_old_cells_reduced_in_the_middle() -> None:
    mosaic = filled(CellBlock(1, -8, -8, 8, 8))
    far = CellBlock(0, -8, -8, 8, 8)
    mosaic.cover(far)
    inner = all_cells(CellBlock(0, -4, -4, 4, 4))
    assert cells(mosaic.unknown_keys()) == all_cells(far) - inner
    wrong = errors(mosaic).reshape(16, 4, 16, 4).max((1, 3))
    for column, row in inner:
        assert wrong[far.top - 1 - row, column - far.left] <= 3
    assert cells(mosaic.stale_keys(0)) == all_cells(far)


def test_a_cell_is_as_good_as_the_worst_of_its_pixels() -> None:
    mosaic = filled(CellBlock(1, 0, 0, 3, 4))
    mosaic.cover(CellBlock(0, 0, 0, 2, 2))  # the old three columns end in the middle of a new one
    assert cells(mosaic.unknown_keys()) == {(1, 0), (1, 1)}


def test_zooming_in_and_back_keeps_pictures_but_not_their_exactness() -> None:
    mosaic = filled()
    mosaic.cover(CellBlock(2, -8, -6, 12, 10))
    mosaic.cover(BLOCK)
    assert errors(mosaic).max() <= 3
    assert len(mosaic.unknown_keys()) == 0
    assert cells(mosaic.stale_keys(3)) == all_cells(BLOCK)


def test_the_same_block_again_changes_nothing() -> None:
    mosaic = filled()
    revision, pixels = mosaic.layout_revision, mosaic.pixels
    mosaic.cover(CellBlock(1, -4, -3, 6, 5))
    assert mosaic.layout_revision == revision
    assert mosaic.pixels is pixels


@pytest.mark.parametrize("coarser", [1, 2, 3])
def test_coarse_cells_stand_in_where_nothing_is_known(coarser: int) -> None:
    mosaic = GridMosaic(SHAPE)
    mosaic.cover(BLOCK)
    exact = np.array([[0, 0], [-2, 3]], np.int64)
    mosaic.put(1, exact, pictures(1, exact), 5)
    keys = np.unique(BLOCK.keys() >> coarser, axis=0)
    mosaic.put(1 - coarser, keys, pictures(1 - coarser, keys), 6)
    assert len(mosaic.unknown_keys()) == 0
    assert cells(mosaic.stale_keys(5)) == all_cells(BLOCK) - {(0, 0), (-2, 3)}
    wrong = errors(mosaic).reshape(BLOCK.rows, 4, BLOCK.columns, 4).max((1, 3))
    assert wrong[BLOCK.top - 1 - 0, 0 - BLOCK.left] == 0, "an exact cell is not replaced"
    assert wrong[BLOCK.top - 1 - 3, -2 - BLOCK.left] == 0
    # Half a coarse pixel is 2**(coarser - 1) / 16 of a unit away.
    assert wrong.max() <= 1 + 19 * 2 ** (coarser - 1) / 8


def test_a_coarse_cell_over_the_edge_fills_what_is_inside() -> None:
    mosaic = GridMosaic(SHAPE)
    mosaic.cover(CellBlock(2, 1, 1, 3, 3))
    key = np.array([[0, 0]], np.int64)  # covers 0..3 of the block's level
    mosaic.put(0, key, pictures(0, key), 1)
    assert len(mosaic.unknown_keys()) == 0
    assert errors(mosaic).max() <= 3


def test_a_far_coarser_cell_takes_neither_time_nor_memory() -> None:
    mosaic = GridMosaic((28, 28, 1))
    mosaic.cover(CellBlock(12, 100, 100, 104, 104))
    image = np.arange(784, dtype=np.uint16).reshape(1, 28, 28, 1).astype(np.uint8)
    mosaic.put(0, np.array([[0, 0]], np.int64), image, 1)  # 4,096 cells a side
    assert len(mosaic.unknown_keys()) == 0
    # Cells 100 to 103 of 4,096 lie in the first pixel column and the last pixel row.
    assert (mosaic.pixels == image[0, 27, 0, 0]).all()


def test_stand_ins_do_not_replace_stand_ins() -> None:
    mosaic = GridMosaic(SHAPE)
    mosaic.cover(CellBlock(2, 0, 0, 4, 4))
    key = np.array([[0, 0]], np.int64)
    mosaic.put(0, key, np.full((1, *SHAPE), 50, np.uint8), 1)
    mosaic.put(0, key, np.full((1, *SHAPE), 90, np.uint8), 2)
    assert (mosaic.pixels == 50).all()


def test_forgotten_cells_keep_their_pictures_and_are_wanted_again() -> None:
    mosaic = filled()
    mosaic.forget()
    assert errors(mosaic).max() == 0
    assert len(mosaic.unknown_keys()) == 0
    assert cells(mosaic.stale_keys(0)) == all_cells(BLOCK)


def test_forgetting_does_not_make_unknown_cells_known() -> None:
    mosaic = GridMosaic(SHAPE)
    mosaic.cover(BLOCK)
    mosaic.forget()
    assert cells(mosaic.unknown_keys()) == all_cells(BLOCK)


def test_clearing_drops_everything() -> None:
    mosaic = filled()
    revision = mosaic.layout_revision
    mosaic.clear()
    assert not mosaic.pixels.any()
    assert cells(mosaic.unknown_keys()) == all_cells(BLOCK)
    assert mosaic.layout_revision > revision


def test_single_cells_are_fresh_once_and_everything_else_is_a_new_layout() -> None:
    mosaic = GridMosaic(SHAPE)
    layouts = [mosaic.layout_revision]
    mosaic.cover(BLOCK)
    layouts.append(mosaic.layout_revision)
    key = np.zeros((1, 2), np.int64)
    mosaic.put(1, key, pictures(1, key), 1)
    assert mosaic.layout_revision == layouts[-1]
    assert mosaic.take_fresh_cells() == {(BLOCK.top - 1, -BLOCK.left)}
    assert mosaic.take_fresh_cells() == set()
    mosaic.put(0, key, pictures(0, key), 1)
    layouts.append(mosaic.layout_revision)
    mosaic.cover(CellBlock(1, 0, 0, 3, 3))
    layouts.append(mosaic.layout_revision)
    assert layouts == sorted(set(layouts))
