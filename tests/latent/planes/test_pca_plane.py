from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.latent.planes.pca_plane import NUM_NEAR, PcaPlane, pca_plane

rng = np.random.default_rng(0)
ROTATION = np.linalg.qr(rng.normal(size=(6, 6)))[0]
SCALES = np.array([3.0, 2.0, 0.5, 0.3, 0.2, 0.1])
MEAN = np.arange(6.0)


def cloud(count: int = 400) -> NDArray[np.float32]:
    inner = np.random.default_rng(1).normal(size=(count, 6))
    inner -= inner.mean(0)
    inner = np.linalg.qr(inner)[0] * np.sqrt(count)  # exactly uncorrelated, of variance 1
    return (MEAN + inner * SCALES @ ROTATION).astype(np.float32)


CODES = cloud()
PLANE = pca_plane(CODES)
FOLLOWING = replace(PLANE, alpha=1.0)


def off_plane_error(plane: PcaPlane, codes: NDArray[np.float32]) -> float:
    """Return the squared error of codes rebuilt without themselves, relative to the flat plane."""
    rebuilt = np.square(plane.rebuilt(codes).astype(float) - codes).sum()
    return float(rebuilt / np.square(plane.flat.residuals(codes).astype(float)).sum())


def test_the_directions_are_the_principal_ones() -> None:
    assert np.allclose(PLANE.flat.origin, MEAN, atol=1e-5)
    assert np.allclose(np.abs(PLANE.flat.basis @ ROTATION.T), np.eye(6)[:2], atol=1e-4)
    assert np.allclose(PLANE.flat.basis @ PLANE.flat.basis.T, np.eye(2), atol=1e-6)
    assert np.allclose(PLANE.shares, SCALES[:2] ** 2 / (SCALES**2).sum(), atol=1e-5)
    biggest = np.abs(PLANE.flat.basis).argmax(1)
    assert (PLANE.flat.basis[[0, 1], biggest] > 0).all()


@pytest.mark.parametrize("reach", [1.0, 5.0, 1000.0])
def test_from_the_map_to_codes_and_back(reach: float) -> None:
    points = np.random.default_rng(2).uniform(-reach, reach, (200, 2)).astype(np.float32)
    z = PLANE.to_latent(points)
    assert z.shape == (200, 6) and z.dtype == np.float32
    assert np.allclose(PLANE.to_plane(z), points, atol=1e-5 * max(1, reach))


def test_data_points_decode_as_themselves() -> None:
    """With this distance from the flat plane a zero beside it would be another code."""
    assert PLANE.distance(CODES).max() > 0.5
    assert np.allclose(FOLLOWING.to_latent(FOLLOWING.to_plane(CODES)), CODES, atol=1e-4)


def test_the_residual_is_the_weighted_mean_of_the_nearest() -> None:
    u = np.array([[0.3, -0.2]], np.float32)
    distances = np.linalg.norm(PLANE.data - u, axis=1)
    order = np.argsort(distances)
    near, radius = order[:NUM_NEAR], distances[order[NUM_NEAR]]
    weights = ((radius - distances[near]) / (radius * distances[near])) ** 2
    t = distances[near[0]] / PLANE.reach
    fade = 1 - t * t * (3 - 2 * t)
    expected = fade * (weights / weights.sum()) @ PLANE.flat.residuals(CODES[near])
    assert np.linalg.norm(expected) > 0.01
    for alpha in (1.0, 0.4, 0.0):
        found = replace(PLANE, alpha=alpha).to_latent(u)[0] - (MEAN + u[0] @ PLANE.flat.basis)
        assert np.allclose(found, alpha * expected, atol=1e-4)


def test_the_residual_is_continuous_where_neighbours_change() -> None:
    line = np.stack([np.linspace(-1, 1, 20_001), np.full(20_001, 0.1)], 1).astype(np.float32)
    steps = np.linalg.norm(np.diff(FOLLOWING.to_latent(line), axis=0), axis=1)
    assert steps.max() < 0.02, "one of 20,000 steps along 2 units"


def test_far_from_data_nothing_is_carried_along() -> None:
    far = np.array([[40.0, 0.0], [0.0, -1e4]], np.float32)
    assert np.allclose(FOLLOWING.to_latent(far), PLANE.flat.codes(far), atol=1e-3)
    assert PLANE.distance(CODES).min() > 0


def test_what_is_rebuilt_does_not_remember_itself() -> None:
    once = FOLLOWING.rebuilt(CODES)
    errors = np.linalg.norm(once - CODES, axis=1)
    assert (errors > 1e-3).mean() > 0.95
    # Beside the plane neighbours know nothing here, so no better than some mean of them.
    assert 0.5 < np.sqrt((errors**2).mean() / (SCALES[2:] ** 2).sum()) < 1.5


@pytest.mark.parametrize("d", [3, 8, 32, 200])
def test_where_neighbours_tell_nothing_the_plane_is_flat(d: int) -> None:
    codes = np.random.default_rng(5).normal(size=(3000, d)).astype(np.float32)
    plane = pca_plane(codes)
    assert 0.0 <= plane.alpha < 0.03
    assert off_plane_error(replace(plane, alpha=1.0), codes) > 1.05, "unshrunk it would be worse"
    assert off_plane_error(plane, codes) < 1.005
    fresh = np.random.default_rng(6).normal(size=(1000, d)).astype(np.float32)
    guess = plane.to_latent(plane.to_plane(fresh)) - fresh
    assert np.square(guess).sum() < 1.005 * np.square(plane.flat.residuals(fresh)).sum()


def test_alpha_has_the_least_error_for_points_that_are_left_out() -> None:
    """Codes of 32 dimensions that lie near a curved surface, half hidden in noise."""
    generator = np.random.default_rng(7)
    u = generator.normal(size=(900, 2)) * (3.0, 2.0)
    curved = np.concatenate([u, np.sin(u), 0.2 * u[:, :1] * u[:, 1:], np.zeros((900, 27))], 1)
    codes = (curved + 0.3 * generator.normal(size=curved.shape)).astype(np.float32)
    plane = pca_plane(codes)
    assert 0.3 < plane.alpha < 0.95
    errors = {
        step: off_plane_error(replace(plane, alpha=plane.alpha + step), codes)
        for step in (-0.05, 0.0, 0.05)
    }
    assert errors[0.0] == min(errors.values())
    assert errors[0.0] < 0.9, "better than the flat plane"


def test_a_surface_is_followed_off_the_plane() -> None:
    u = np.random.default_rng(3).uniform(-2, 2, (3000, 2))
    curved = np.concatenate([u, 0.1 * u[:, :1] * u[:, 1:]], axis=1).astype(np.float32)
    plane = pca_plane(curved)
    inside = np.abs(u).max(1) < 1.8
    off = np.abs(plane.rebuilt(curved) - curved)[inside].max()
    assert off < 0.05
    assert plane.distance(curved).max() > 0.3
    assert 0.98 < plane.alpha <= 1.0


def test_distance_is_to_the_flat_plane() -> None:
    z = (MEAN + 2 * PLANE.flat.basis[0] + 0.7 * ROTATION[4]).astype(np.float32)[None]
    assert np.allclose(PLANE.distance(z), 0.7, atol=1e-3)


def test_later_codes_do_not_turn_the_map_over() -> None:
    flipped = replace(PLANE, flat=replace(PLANE.flat, basis=-PLANE.flat.basis))
    again = pca_plane(CODES + np.float32(0.1), like=flipped)
    assert np.allclose(again.flat.basis, -PLANE.flat.basis, atol=1e-4)
    assert again.continues(PLANE) and not again.shows_same_as(PLANE)
    assert PLANE.through(CODES[0]) is PLANE and PLANE.shows_same_as(PLANE)


def test_unknown_codes_are_left_out() -> None:
    some = CODES.copy()
    some[::2] = np.nan
    assert np.isfinite(pca_plane(some).to_latent(np.zeros((1, 2), np.float32))).all()
    assert np.allclose(pca_plane(some).flat.origin, CODES[1::2].mean(0), atol=1e-5)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (np.empty((0, 5)), "at least three"),
        (np.full((9, 5), np.nan), "at least three"),
        (np.ones((9, 5)), "same code"),
    ],
)
def test_without_a_plane_there_is_a_sentence(codes: NDArray[np.float64], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        pca_plane(codes.astype(np.float32))


@pytest.mark.parametrize("count", [3, 5, NUM_NEAR, NUM_NEAR + 1])
def test_few_points_and_points_on_each_other(count: int) -> None:
    few = CODES[:count]
    plane = pca_plane(few)
    assert np.isfinite(plane.to_latent(plane.to_plane(few))).all()
    assert np.isfinite(plane.rebuilt(few)).all()
    stacked = pca_plane(np.repeat(few, 20, axis=0))
    assert np.isfinite(stacked.to_latent(stacked.to_plane(few))).all()
    assert np.isfinite(stacked.to_latent(np.full((1, 2), 0.3, np.float32))).all()


def test_no_points() -> None:
    assert PLANE.to_latent(np.empty((0, 2), np.float32)).shape == (0, 6)
    assert PLANE.to_plane(np.empty((0, 6), np.float32)).shape == (0, 2)


@pytest.mark.parametrize("count", [3, 40, 5000])
def test_wide_codes_have_the_same_plane_from_some_of_them(count: int) -> None:
    generator = np.random.default_rng(4)
    directions = np.linalg.qr(generator.normal(size=(900, 3)))[0].T
    along = generator.normal(size=(count, 3)) * (9.0, 5.0, 0.1)
    codes = (along @ directions + 2.0).astype(np.float32)
    plane = pca_plane(codes)
    centred = (codes - codes.mean(0)).astype(np.float64)
    expected = np.linalg.eigh(centred.T @ centred / count)[1][:, :-3:-1].T
    tolerance = 1e-3 if count < 1000 else 0.15
    for row in range(2):
        assert abs(float(plane.flat.basis[row] @ expected[row])) > 1 - tolerance
    np.testing.assert_allclose(plane.flat.basis @ plane.flat.basis.T, np.eye(2), atol=1e-5)
    again = pca_plane(codes, plane)
    np.testing.assert_allclose(again.flat.basis, plane.flat.basis, atol=1e-5)


def test_equal_wide_codes_have_no_plane() -> None:
    with pytest.raises(UsageError, match="same code"):
        pca_plane(np.ones((50, 400), np.float32))


def test_distances_and_places_of_long_codes_are_those_of_the_definition() -> None:
    generator = np.random.default_rng(8)
    codes = (generator.normal(size=(300, 700)) + 3.0).astype(np.float32)
    flat = pca_plane(codes).flat
    off = codes.astype(np.float64) - flat.origin
    places = off @ flat.basis.T
    np.testing.assert_allclose(flat.positions(codes), places, atol=2e-4)
    beside = np.linalg.norm(off - places @ flat.basis, axis=1)
    np.testing.assert_allclose(flat.distance(codes), beside, rtol=1e-3)
