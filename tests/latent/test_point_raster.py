from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.latent.point_raster import draw_points, premultiplied

COLOURS = np.array([0xFFE69F00, 0xFF56B4E9, 0xFF000000, 0xFFFFFFFF], np.uint32)


def coverage(dx: int, dy: int, radius: float) -> float:
    return min(1.0, max(0.0, radius + 0.5 - math.hypot(dx, dy)))


def naive(
    canvas: NDArray[np.uint32], positions: NDArray[np.float32], classes: NDArray[np.int64], r: float
) -> None:
    """One pixel after the other: all rims before all cores, later points over earlier ones."""
    height, width = canvas.shape
    reach = math.ceil(r + 0.5)
    offsets = [
        (coverage(dx, dy, r), dx, dy)
        for dy in range(-reach, reach + 1)
        for dx in range(-reach, reach + 1)
    ]
    for weight, dx, dy in sorted((o for o in offsets if o[0] > 0.04), key=lambda o: o[0]):
        for (x, y), kind in zip(positions.tolist(), classes.tolist(), strict=True):
            if math.isnan(x) or math.isnan(y) or math.isinf(x) or math.isinf(y):
                continue
            column, row = math.floor(x) + dx, math.floor(y) + dy
            if 0 <= column < width and 0 <= row < height:
                colour = int(COLOURS[kind])
                share = round(weight * 256)
                parts = [(colour >> shift & 0xFF) * share >> 8 for shift in (24, 16, 8, 0)]
                canvas[row, column] = sum(
                    p << s for p, s in zip(parts, (24, 16, 8, 0), strict=True)
                )


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.7, 2.5, 4.0])
@pytest.mark.parametrize("count", [5, 30, 200])
def test_it_draws_what_a_loop_would(radius: float, count: int) -> None:
    rng = np.random.default_rng(count)
    positions = rng.uniform(-8, 48, (count, 2)).astype(np.float32)
    classes = rng.integers(0, 4, count)
    canvas, expected = np.zeros((2, 30, 40), np.uint32)
    draw_points(canvas, positions, classes, COLOURS, radius)
    naive(expected, positions, classes, radius)
    assert expected.any()
    np.testing.assert_array_equal(canvas, expected)


def test_two_points_far_apart_are_exact() -> None:
    positions = np.array([[8.2, 9.9], [25.0, 20.5]], np.float32)
    classes = np.array([0, 1])
    canvas, expected = np.zeros((2, 30, 40), np.uint32)
    draw_points(canvas, positions, classes, COLOURS, 3.0)
    naive(expected, positions, classes, 3.0)
    np.testing.assert_array_equal(canvas, expected)
    assert canvas[9, 8] == COLOURS[0]
    assert canvas[20, 25] == COLOURS[1]


def test_a_disc_looks_the_same_wherever_it_is() -> None:
    discs = []
    for x, y in ((10.0, 10.0), (10.9, 10.1), (20.5, 15.5)):
        canvas = np.zeros((40, 40), np.uint32)
        draw_points(canvas, np.array([[x, y]], np.float32), np.array([0]), COLOURS, 2.5)
        discs.append(canvas[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5])
    np.testing.assert_array_equal(discs[0], discs[1])
    np.testing.assert_array_equal(discs[0], discs[2])
    np.testing.assert_array_equal(discs[0], discs[0].T)
    np.testing.assert_array_equal(discs[0], discs[0][::-1])


def test_a_rim_does_not_bite_into_the_core_of_a_neighbour() -> None:
    canvas = np.zeros((20, 20), np.uint32)
    positions = np.array([[10, 10], [13, 10]], np.float32)
    draw_points(canvas, positions, np.array([0, 1]), COLOURS, 2.0)
    assert canvas[10, 10] == COLOURS[0]
    assert canvas[10, 13] == COLOURS[1]
    assert (canvas[10, 9:14] >> 24 == 255).all()


BAD = [
    (np.nan, 5.0),
    (5.0, np.nan),
    (np.inf, 5.0),
    (5.0, -np.inf),
    (-1e9, 5.0),
    (5.0, 1e30),
    (3e38, -3e38),
    (-20.0, -20.0),
    (60.0, 10.0),
]


@pytest.mark.parametrize("bad", BAD)
def test_points_that_are_nowhere_are_left_out(bad: tuple[float, float]) -> None:
    canvas = np.zeros((20, 30), np.uint32)
    draw_points(canvas, np.array([bad], np.float32), np.array([0]), COLOURS, 3.0)
    assert not canvas.any()
    alone = canvas.copy()
    good = np.array([[7.0, 8.0]], np.float32)
    draw_points(alone, good, np.array([1]), COLOURS, 3.0)
    both = np.concatenate([np.array([bad], np.float32), good])
    draw_points(canvas, both, np.array([0, 1]), COLOURS, 3.0)
    np.testing.assert_array_equal(canvas, alone)


def test_nothing_is_written_outside_the_canvas() -> None:
    sheet = np.full((40, 50), 0x12345678, np.uint32)
    canvas = sheet[10:30, 10:40]
    canvas[:] = 0
    rng = np.random.default_rng(0)
    positions = rng.uniform(-15, 45, (3000, 2)).astype(np.float32)
    draw_points(canvas, positions, np.zeros(3000, np.int64), COLOURS, 4.0)
    assert (canvas != 0).all(), "the canvas itself is full"
    outside = sheet.copy()
    outside[10:30, 10:40] = 0x12345678
    assert (outside == 0x12345678).all()


@pytest.mark.parametrize(("x", "y"), [(-1.0, 10.0), (30.5, 10.0), (10.0, -1.0), (10.0, 20.5)])
def test_a_point_just_outside_shows_its_half(x: float, y: float) -> None:
    canvas, expected = np.zeros((2, 20, 30), np.uint32)
    position = np.array([[x, y]], np.float32)
    draw_points(canvas, position, np.array([0]), COLOURS, 3.0)
    naive(expected, position, np.array([0]), 3.0)
    assert canvas.any()
    np.testing.assert_array_equal(canvas, expected)


def test_what_was_drawn_before_stays_beside_the_points() -> None:
    canvas = np.full((20, 20), 0xFF112233, np.uint32)
    draw_points(canvas, np.array([[10, 10]], np.float32), np.array([0]), COLOURS, 2.0)
    assert (canvas[0] == 0xFF112233).all()
    assert canvas[10, 10] == COLOURS[0]


def test_no_points_draw_nothing() -> None:
    canvas = np.zeros((5, 5), np.uint32)
    draw_points(canvas, np.empty((0, 2), np.float32), np.empty(0, np.int64), COLOURS, 2.0)
    assert not canvas.any()


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0])
def test_colours_are_premultiplied_by_their_opacity(alpha: float) -> None:
    colours = np.array([0xFF804020, 0xFFFFFFFF, 0xFF000000], np.uint32)
    for before, after in zip(colours.tolist(), premultiplied(colours, alpha).tolist(), strict=True):
        for shift in (0, 8, 16, 24):
            assert after >> shift & 0xFF == pytest.approx((before >> shift & 0xFF) * alpha, abs=1)


def test_faint_points_lie_below_strong_ones_and_keep_their_colour() -> None:
    positions = np.array([[10.0, 10.0], [10.0, 10.0], [30.0, 20.0]], np.float32)
    classes = np.array([3, 0, 3])
    canvas = np.zeros((30, 40), np.uint32)
    # The second point comes later and is fainter: it must not hide the first.
    opacity = np.array([1.0, 0.25, 0.5], np.float32)
    draw_points(canvas, positions, classes, COLOURS, 2.0, opacity)
    assert canvas[10, 10] == 0xFFFFFFFF
    assert canvas[20, 30] == premultiplied(COLOURS, 0.5)[3]


def test_full_opacity_draws_what_no_opacity_does() -> None:
    rng = np.random.default_rng(5)
    positions = rng.uniform(-8, 48, (300, 2)).astype(np.float32)
    positions[7] = np.nan
    classes = rng.integers(0, 4, 300)
    plain, full = np.zeros((2, 30, 40), np.uint32)
    draw_points(plain, positions, classes, COLOURS, 1.7)
    draw_points(full, positions, classes, COLOURS, 1.7, np.ones(300, np.float32))
    np.testing.assert_array_equal(plain, full)


def test_a_point_of_no_opacity_is_not_there() -> None:
    canvas = np.full((9, 9), 0xFF123456, np.uint32)
    nothing = np.zeros(1, np.float32)
    draw_points(canvas, np.full((1, 2), 4.0, np.float32), np.array([0]), COLOURS, 2.0, nothing)
    assert (canvas == 0xFF123456).all()
