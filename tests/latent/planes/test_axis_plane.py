from __future__ import annotations

import numpy as np
import pytest

from latentlab.latent.planes.axis_plane import AxisPlane

POINTS = np.array([[0.5, -1.5], [0.0, 0.0], [3.0, 2.0]], np.float32)


@pytest.mark.parametrize(
    ("d", "axes"), [(2, (0, 1)), (2, (1, 0)), (5, (0, 1)), (5, (3, 1)), (5, (4, 0))]
)
def test_from_the_map_to_codes_and_back(d: int, axes: tuple[int, int]) -> None:
    anchor = np.arange(10.0, 10.0 + d, dtype=np.float32)
    plane = AxisPlane(anchor, axes)
    z = plane.to_latent(POINTS)
    assert z.shape == (3, d)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(plane.to_plane(z), POINTS)
    np.testing.assert_array_equal(z[:, axes[0]], POINTS[:, 0])
    np.testing.assert_array_equal(z[:, axes[1]], POINTS[:, 1])
    rest = [i for i in range(d) if i not in axes]
    np.testing.assert_array_equal(z[:, rest], np.tile(anchor[rest], (3, 1)))


def test_one_dimension_decodes_alike_along_the_second_axis() -> None:
    plane = AxisPlane(np.array([7.0], np.float32))
    assert plane.latent_dim == 1
    assert plane.to_latent(POINTS).tolist() == [[0.5], [0.0], [3.0]]
    assert plane.to_plane(plane.to_latent(POINTS)).tolist() == [[0.5, 0], [0, 0], [3, 0]]


def test_the_anchor_lies_in_its_plane_and_is_not_changed() -> None:
    anchor = np.array([1.0, 2.0, 3.0], np.float32)
    plane = AxisPlane(anchor, (2, 0))
    there = plane.to_plane(anchor[None])
    np.testing.assert_array_equal(plane.to_latent(there), anchor[None])
    plane.to_latent(POINTS)
    assert anchor.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("d", [1, 2, 5])
def test_no_points(d: int) -> None:
    plane = AxisPlane(np.zeros(d, np.float32))
    assert plane.to_latent(np.empty((0, 2), np.float32)).shape == (0, d)
    assert plane.to_plane(np.empty((0, d), np.float32)).shape == (0, 2)


@pytest.mark.parametrize(
    ("anchor", "axes", "same"),
    [
        ([0, 0, 5, 6], (0, 1), True),
        ([9, -9, 5, 6], (0, 1), True),  # along the plane itself
        ([0, 0, 5, 7], (0, 1), False),
        ([0, 0, 4, 6], (0, 1), False),
        ([0, 0, 5, 6], (1, 0), False),
        ([0, 0, 5], (0, 1), False),
    ],
)
def test_planes_are_the_same_where_they_decode_alike(
    anchor: list[float], axes: tuple[int, int], same: bool
) -> None:
    plane = AxisPlane(np.array([0, 0, 5, 6], np.float32))
    other = AxisPlane(np.array(anchor, np.float32), axes)
    assert plane.shows_same_as(other) is same
    if len(anchor) == 4:
        equal = np.array_equal(plane.to_latent(POINTS), other.to_latent(POINTS))
        assert equal is same


@pytest.mark.parametrize("d", [1, 2])
def test_two_dimensions_or_fewer_have_one_plane(d: int) -> None:
    a = AxisPlane(np.zeros(d, np.float32))
    b = AxisPlane(np.ones(d, np.float32))
    assert a.shows_same_as(b)


def test_the_axes_are_those_that_say_most() -> None:
    from latentlab.latent.planes.axis_plane import most_informative_axes

    assert most_informative_axes([], [1.0, 9.0]) == (0, 1)
    assert most_informative_axes([], [1.0, 9.0, 3.0, 4.0]) == (1, 3)
    assert most_informative_axes([0.0, 0.1, 7.0, 2.0], [9.0, 9.0, 1.0, 1.0]) == (2, 3)


def test_another_anchor_continues_the_view_and_other_axes_do_not() -> None:
    plane = AxisPlane(np.array([1, 2, 3, 4], np.float32), (3, 1))
    there = plane.through(np.array([9, 8, 7, 6], np.float32))
    assert there.axes == (3, 1) and there.anchor.tolist() == [9, 8, 7, 6]
    assert there.continues(plane) and there.has_positions_of(plane)
    assert not there.shows_same_as(plane)
    assert not AxisPlane(plane.anchor, (1, 3)).continues(plane)
    assert not AxisPlane(np.zeros(5, np.float32), (3, 1)).continues(plane)


def test_distance_is_over_the_numbers_that_are_not_shown() -> None:
    plane = AxisPlane(np.array([1, 2, 3, 4], np.float32), (3, 1))
    z = np.array([[1, 50, 3, -9], [4, 0, 7, 0]], np.float32)
    np.testing.assert_array_equal(plane.distance(z), [0, 5])
    assert plane.rebuilt(z).tolist() == [[1, 50, 3, -9], [1, 0, 3, 0]]
