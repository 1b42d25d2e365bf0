from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.latent.camera import Camera
from latentlab.latent.tiles import (
    MAX_TILE_PX,
    CellBlock,
    fitted_size,
    level_for,
    tile_shape,
    visible_block,
)

cameras = st.builds(
    Camera,
    centre=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    scale=st.floats(1e-1, 1e5),
    width=st.integers(50, 2000),
    height=st.integers(50, 1500),
)


def test_a_block_counts_its_cells() -> None:
    block = CellBlock(2, -3, 1, 2, 4)
    assert (block.side, block.columns, block.rows) == (0.25, 5, 3)
    assert CellBlock(-1, 0, 0, 1, 1).side == 2.0


def test_keys_are_all_cells_from_the_middle_outwards() -> None:
    block = CellBlock(0, -2, 3, 5, 8)
    keys = block.keys()
    assert keys.dtype == np.int64
    assert {tuple(k) for k in keys.tolist()} == {(c, r) for c in range(-2, 5) for r in range(3, 8)}
    assert keys[0].tolist() == [1, 5]
    distance = ((keys - [1.0, 5.0]) ** 2).sum(1)
    assert (np.diff(distance) >= 0).all()


def test_a_cell_is_decoded_at_its_centre() -> None:
    block = CellBlock(1, 0, 0, 4, 4)
    centres = block.centres(np.array([[0, 0], [3, -1]], np.int64))
    assert centres.dtype == np.float32
    assert centres.tolist() == [[0.25, 0.25], [1.75, -0.25]]


@given(cameras, st.floats(4.0, 60.0))
def test_cells_are_between_the_wanted_size_and_twice_that(camera: Camera, cell_px: float) -> None:
    side_px = camera.scale * 2.0 ** -level_for(camera, cell_px)
    assert cell_px * 0.999 <= side_px <= 2 * cell_px * 1.001


@given(cameras)
def test_the_visible_block_covers_the_view_and_not_much_more(camera: Camera) -> None:
    block = visible_block(camera, level_for(camera, 28.0))
    left, bottom, right, top = camera.bounds()
    side = block.side
    assert block.left * side <= left < (block.left + 1) * side
    assert block.bottom * side <= bottom < (block.bottom + 1) * side
    assert (block.right - 1) * side <= right <= block.right * side
    assert (block.top - 1) * side <= top <= block.top * side


def test_cells_belong_to_the_plane_and_not_to_the_view() -> None:
    camera = Camera(scale=100.0, width=400, height=300)
    level = level_for(camera, 28.0)
    before = {tuple(k) for k in visible_block(camera, level).keys().tolist()}
    after = {tuple(k) for k in visible_block(camera.panned(30, 0), level).keys().tolist()}
    assert len(before & after) > 0.8 * len(before)


@pytest.mark.parametrize(
    ("image", "tile", "picture"),
    [
        ((28, 28, 1), (28, 28, 1), (28, 28)),
        ((1, 1, 1), (1, 1, 1), (1, 1)),
        ((10, 20, 3), (20, 20, 3), (10, 20)),
        ((20, 10, 3), (20, 20, 3), (20, 10)),
        ((56, 56, 3), (56, 56, 3), (56, 56)),
        ((112, 112, 3), (56, 56, 3), (56, 56)),
        ((64, 128, 3), (56, 56, 3), (28, 56)),
        ((1, 1000, 1), (56, 56, 1), (1, 56)),
    ],
)
def test_pictures_fit_their_square_cells(
    image: tuple[int, int, int], tile: tuple[int, int, int], picture: tuple[int, int]
) -> None:
    assert tile_shape(image) == tile
    assert fitted_size(image) == picture


@given(st.integers(1, 1024), st.integers(1, 1024))
def test_no_picture_is_larger_than_its_cell_or_vanishes(h: int, w: int) -> None:
    side = tile_shape((h, w, 1))[0]
    height, width = fitted_size((h, w, 1))
    assert min(height, width) >= 1
    assert max(height, width) == side <= MAX_TILE_PX
