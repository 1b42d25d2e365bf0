"""A drawing is placed as the objects of the data are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.features.noise_lab.drawn_image import (
    DrawingFrame,
    drawing_frame,
    ground_colour,
    placed_drawing,
)
from latentlab.images.image_set import ImageSet

SHAPE = (28, 28, 1)


def drawing(rows: slice, columns: slice, channels: int = 3) -> NDArray[np.uint8]:
    canvas = np.zeros((280, 280, channels), np.uint8)
    canvas[rows, columns] = 255
    return canvas


def box_of(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero((image > 25).any(1)), np.flatnonzero((image > 25).any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def test_digits_fill_twenty_pixels_with_their_mass_in_the_middle(few_digits: ImageSet) -> None:
    assert drawing_frame(few_digits.images) == DrawingFrame(20, by_mass=True)


@pytest.mark.parametrize("corner", [(0, 0), (200, 200), (10, 150)])
def test_where_and_how_large_it_is_drawn_does_not_matter(corner: tuple[int, int]) -> None:
    y, x = corner
    small = placed_drawing(drawing(slice(y, y + 80), slice(x, x + 40)), SHAPE, DrawingFrame(20))
    large = placed_drawing(drawing(slice(0, 240), slice(80, 200)), SHAPE, DrawingFrame(20))
    assert small.shape == SHAPE
    top, bottom, left, right = box_of(small[..., 0])
    assert (bottom - top, right - left) == (20, 10)
    assert (top, left) == (4, 9)
    np.testing.assert_allclose(small.astype(int), large.astype(int), atol=40)


def test_the_mass_lies_in_the_middle() -> None:
    canvas = drawing(slice(40, 240), slice(60, 80))  # a stem
    canvas[220:240, 60:160] = 255  # and a foot, as of an L
    image = placed_drawing(canvas, SHAPE, DrawingFrame(20))[..., 0].astype(float)
    y = float((image.sum(1) @ np.arange(28)) / image.sum())
    x = float((image.sum(0) @ np.arange(28)) / image.sum())
    assert abs(y - 13.5) <= 0.75
    assert abs(x - 13.5) <= 0.75
    middle = placed_drawing(canvas, SHAPE, DrawingFrame(20, by_mass=False))[..., 0]
    assert box_of(middle)[:2] == (4, 24)


def test_it_never_leaves_the_image() -> None:
    for frame in (DrawingFrame(28), DrawingFrame(27)):
        image = placed_drawing(drawing(slice(0, 9), slice(0, 280)), SHAPE, frame)
        assert image.shape == SHAPE
        assert image.max() > 100


def test_an_empty_canvas_is_black_and_other_data_take_it_as_it_is() -> None:
    assert not placed_drawing(drawing(slice(0, 0), slice(0, 0)), SHAPE, DrawingFrame(20)).any()
    whole = placed_drawing(drawing(slice(0, 140), slice(0, 280)), (16, 16, 3), DrawingFrame(0))
    assert whole.shape == (16, 16, 3)
    assert (whole[:7] == 255).all()
    assert not whole[9:].any()


def test_only_dark_ground_sets_objects_apart() -> None:
    light = np.full((50, 28, 28, 1), 255, np.uint8)
    light[:, 10:18, 10:18] = 0
    assert drawing_frame(light).box_px == 0
    colour = np.zeros((50, 28, 28, 3), np.uint8)
    assert drawing_frame(colour).box_px == 0
    assert drawing_frame(np.zeros((0, 28, 28, 1), np.uint8)).box_px == 0
    assert drawing_frame(np.zeros((5, 28, 28, 1), np.uint8)).box_px == 0, "nothing is drawn in them"
    off_middle = np.zeros((50, 28, 28, 1), np.uint8)
    off_middle[:, 2:14, 2:14] = 255
    assert drawing_frame(off_middle) == DrawingFrame(12, by_mass=False)


def test_the_ground_is_what_edges_usually_are() -> None:
    images = np.zeros((9, 8, 8, 3), np.uint8)
    images[:, [0, -1]] = images[:, :, [0, -1]] = (10, 200, 30)
    assert ground_colour(images) == (10, 200, 30)
    assert ground_colour(np.full((3, 4, 4, 1), 77, np.uint8)) == (77, 77, 77)
    assert ground_colour(np.zeros((0, 4, 4, 1), np.uint8)) == (0, 0, 0)
