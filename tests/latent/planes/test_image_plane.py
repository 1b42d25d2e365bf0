from __future__ import annotations

import numpy as np
import pytest

from latentlab.base.errors import UsageError
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.image_plane import image_plane

CODES = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
PLANE = image_plane(CODES, (4, 11, 30))


def test_the_three_images_lie_in_it_and_decode_as_themselves() -> None:
    three = CODES[[4, 11, 30]]
    assert np.allclose(PLANE.to_latent(PLANE.to_plane(three)), three, atol=1e-5)
    assert np.allclose(PLANE.distance(three), 0, atol=1e-5)
    assert np.allclose(PLANE.to_plane(three), PLANE.corners, atol=1e-6)


def test_a_is_the_origin_b_to_the_right_and_c_above() -> None:
    a, b, c = PLANE.corners
    assert np.allclose(a, 0, atol=1e-6)
    assert b[0] > 0 and abs(b[1]) < 1e-6
    assert c[1] > 0
    for i, j, k in ((0, 1, 2), (1, 2, 0)):
        images = CODES[[4, 11, 30]]
        length = np.linalg.norm(images[i] - images[j])
        assert np.isclose(np.linalg.norm(PLANE.corners[i] - PLANE.corners[j]), length, atol=1e-5)
        del k


@pytest.mark.parametrize("reach", [1.0, 1000.0])
def test_from_the_map_to_codes_and_back(reach: float) -> None:
    points = np.random.default_rng(1).uniform(-reach, reach, (100, 2)).astype(np.float32)
    assert np.allclose(PLANE.to_plane(PLANE.to_latent(points)), points, atol=1e-5 * reach)
    assert np.allclose(PLANE.flat.basis @ PLANE.flat.basis.T, np.eye(2), atol=1e-6)


def test_distance_is_what_lies_at_right_angles() -> None:
    off = CODES[0] - PLANE.rebuilt(CODES[:1])[0]
    assert np.allclose(PLANE.flat.basis @ off, 0, atol=1e-5)
    assert np.isclose(PLANE.distance(CODES[:1])[0], np.linalg.norm(off), atol=1e-5)


def test_it_belongs_to_its_images_and_not_to_the_cursor() -> None:
    assert PLANE.through(CODES[9]) is PLANE
    again = image_plane(CODES, (4, 11, 30))
    assert again.shows_same_as(PLANE) and again.continues(PLANE)
    moved = image_plane(CODES * 2, (4, 11, 30))
    assert moved.continues(PLANE) and not moved.shows_same_as(PLANE)
    other = image_plane(CODES, (4, 11, 31))
    assert not other.continues(PLANE) and not other.has_positions_of(PLANE)
    assert not PLANE.continues(AxisPlane(CODES[0])) and not AxisPlane(CODES[0]).continues(PLANE)


def test_images_without_a_plane_of_their_own() -> None:
    codes = CODES.copy()
    codes[1] = codes[0]
    codes[3] = codes[0] + 2.5 * (codes[2] - codes[0])
    codes[5] = np.nan
    for indices, words in (
        ((0, 1, 2), "same code"),
        ((0, 2, 1), "on one line"),
        ((2, 2, 2), "same code"),
        ((0, 2, 3), "on one line"),
        ((0, 2, 5), "not known yet"),
    ):
        with pytest.raises(UsageError, match=words):
            image_plane(codes, indices)
