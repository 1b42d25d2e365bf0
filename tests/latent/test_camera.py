from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.latent.camera import Camera

places = st.floats(-1e3, 1e3)
pixels = st.floats(-2e3, 2e3)
cameras = st.builds(
    Camera,
    centre=st.tuples(places, places),
    scale=st.floats(1e-2, 1e4),
    width=st.integers(1, 4000),
    height=st.integers(1, 3000),
)


def test_the_middle_and_the_directions() -> None:
    camera = Camera(centre=(1.0, 2.0), scale=50.0, width=400, height=300)
    assert camera.to_screen((1.0, 2.0)) == (200.0, 150.0)
    assert camera.to_screen((2.0, 2.0)) == (250.0, 150.0)
    assert camera.to_screen((1.0, 3.0)) == (200.0, 100.0), "up on the map is up on the screen"
    assert camera.bounds() == (-3.0, -1.0, 5.0, 5.0)


@given(cameras, pixels, pixels)
def test_screen_to_latent_and_back(camera: Camera, x: float, y: float) -> None:
    assert camera.to_screen(camera.to_latent((x, y))) == pytest.approx((x, y), abs=1e-3)


@given(cameras)
def test_the_bounds_are_the_corners(camera: Camera) -> None:
    left, bottom, right, top = camera.bounds()
    assert camera.to_latent((0, camera.height)) == pytest.approx((left, bottom))
    assert camera.to_latent((camera.width, 0)) == pytest.approx((right, top))


@given(cameras, pixels, pixels, st.floats(0.1, 10.0))
def test_zooming_keeps_the_point_under_the_hand(
    camera: Camera, x: float, y: float, factor: float
) -> None:
    before = camera.to_latent((x, y))
    zoomed = camera.zoomed(factor, (x, y))
    assert zoomed.scale == pytest.approx(camera.scale * factor)
    assert zoomed.to_screen(before) == pytest.approx((x, y), abs=1e-2)


@given(cameras, pixels, pixels)
def test_panning_moves_everything_with_the_hand(camera: Camera, dx: float, dy: float) -> None:
    point = camera.to_latent((10.0, 20.0))
    assert camera.panned(dx, dy).to_screen(point) == pytest.approx((10 + dx, 20 + dy), abs=1e-2)


def test_zoom_has_an_end_on_both_sides() -> None:
    camera = Camera()
    for factor in (1e-3, 1e3):
        far = camera
        for _ in range(20):
            far = far.zoomed(factor, (3.0, 4.0))
        assert np.isfinite(far.to_latent((0.0, 0.0))).all()
        assert far.zoomed(factor, (3.0, 4.0)).scale == far.scale
        left, bottom, right, top = far.bounds()
        assert left < right
        assert bottom < top


@given(cameras)
def test_many_points_are_the_same_as_one(camera: Camera) -> None:
    points = np.array([[0.0, 0.0], [1.5, -2.0], [-30.0, 7.0]], np.float32)
    screen = camera.points_to_screen(points)
    assert screen.dtype == np.float32
    for point, found in zip(points.tolist(), screen, strict=True):
        expected = camera.to_screen(tuple(point))
        # float32 has seven digits, and the offset may be a large number.
        size = max(1.0, abs(camera.centre[0]), abs(camera.centre[1])) * camera.scale
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * size + 1e-2)


def test_a_resized_view_keeps_centre_and_scale() -> None:
    camera = Camera(centre=(3.0, 4.0), scale=20.0)
    resized = camera.resized(100, 50)
    assert (resized.centre, resized.scale) == ((3.0, 4.0), 20.0)
    assert (resized.width, resized.height) == (100, 50)
    none = camera.resized(0, -5)
    assert (none.width, none.height) == (1, 1)


def test_a_fitted_view_shows_all_points_and_little_else() -> None:
    codes = np.random.default_rng(0).uniform([-3, 10], [5, 12], (500, 2)).astype(np.float32)
    camera = Camera(width=800, height=600).fitted(codes)
    x, y = camera.points_to_screen(codes).T
    assert 0 < x.min() < 70
    assert 730 < x.max() < 800
    assert y.min() > 0
    assert y.max() < 600
    assert (x.min() + x.max()) / 2 == pytest.approx(400, abs=5)
    assert (y.min() + y.max()) / 2 == pytest.approx(300, abs=5)


def test_one_far_outlier_does_not_shrink_the_rest() -> None:
    codes = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    steady = Camera().fitted(codes)
    codes[0] = (1e6, -1e6)
    assert Camera().fitted(codes).scale == pytest.approx(steady.scale, rel=0.1)


def test_nor_do_many_of_what_a_model_has_never_seen() -> None:
    codes = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    codes[:60] *= np.float32(1000)
    left, bottom, right, top = Camera(width=600, height=600).fitted(codes).bounds()
    assert right - left < 40 and top - bottom < 40


@pytest.mark.parametrize(
    "codes",
    [
        np.empty((0, 2)),
        np.full((5, 2), np.nan),
        np.array([[np.inf, 0.0], [0.0, -np.inf]]),
    ],
)
def test_without_points_the_prior_is_in_view(codes: np.ndarray) -> None:
    camera = Camera(centre=(9.0, 9.0)).fitted(codes.astype(np.float32))
    left, bottom, right, top = camera.bounds()
    assert left <= -2.9
    assert bottom <= -2.9
    assert right >= 2.9
    assert top >= 2.9
    assert top <= 6


@pytest.mark.parametrize("count", [1, 2, 50])
def test_identical_points_are_in_the_middle(count: int) -> None:
    camera = Camera().fitted(np.full((count, 2), [2.0, -7.0], np.float32))
    assert camera.centre == pytest.approx((2.0, -7.0))
    assert np.isfinite(camera.scale)


def test_points_that_are_not_numbers_do_not_count() -> None:
    codes = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    with_nan = np.concatenate([codes, np.full((40, 2), np.nan, np.float32)])
    assert Camera().fitted(with_nan) == Camera().fitted(codes)
