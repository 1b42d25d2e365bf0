from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.latent import neighbours as neighbours_module
from latentlab.latent.neighbours import NeighbourIndex


def cloud(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def brute_force(
    codes: NDArray[np.float32], z: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    distances = np.sqrt(((codes.astype(float) - z.astype(float)) ** 2).sum(1))
    distances[~np.isfinite(codes).all(1)] = np.inf
    order = np.argsort(distances, kind="stable")[:k]
    return order, distances[order]


@pytest.fixture(params=["tree", "scan"])
def make(request: pytest.FixtureRequest) -> type[NeighbourIndex]:
    """Build an index that searches a tree, or one that scans all codes."""
    if request.param == "tree":
        return NeighbourIndex

    def scanning(codes: NDArray[np.float32]) -> NeighbourIndex:
        index = NeighbourIndex(codes, NeighbourIndex(codes).reference)
        assert index._tree is None
        return index

    return scanning  # type: ignore[return-value]


@pytest.mark.parametrize("k", [1, 3, 5, 12])
@pytest.mark.parametrize("d", [1, 2, 7])
def test_the_nearest_points_are_found(make: type[NeighbourIndex], d: int, k: int) -> None:
    codes = cloud(500, d)
    index = make(codes)
    for z in cloud(20, d, seed=1) * 2:
        found = index.query(z, k)
        expected, distances = brute_force(codes, z, k)
        assert found.indices.tolist() == expected.tolist()
        np.testing.assert_allclose(found.distances, distances, rtol=1e-4, atol=1e-5)
        assert found.indices.dtype == np.int64
        assert found.distances.dtype == np.float32


def test_a_data_point_is_its_own_neighbour(make: type[NeighbourIndex]) -> None:
    codes = cloud(300, 2)
    index = make(codes)
    for row in (0, 150, 299):
        found = index.query(codes[row], 3)
        assert found.indices[0] == row
        assert found.distances[0] == pytest.approx(0.0, abs=1e-6)


def test_both_searches_agree() -> None:
    codes = cloud(2000, 3)
    tree = NeighbourIndex(codes)
    scan = NeighbourIndex(codes, tree.reference)
    assert tree._tree is not None
    assert scan._tree is None
    for z in cloud(50, 3, seed=4) * 1.5:
        a, b = tree.query(z, 5), scan.query(z, 5)
        assert a.indices.tolist() == b.indices.tolist()
        np.testing.assert_allclose(a.distances, b.distances, rtol=1e-4)
        assert a.support == pytest.approx(b.support, abs=2e-3)


def test_many_codes_are_searched_with_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours_module, "_BRUTE_FORCE_LIMIT", 50)
    codes = cloud(60, 2)
    index = NeighbourIndex(codes, np.arange(5, dtype=np.float32))
    assert index._tree is not None
    assert index.query(codes[3], 1).indices.tolist() == [3]
    assert index.reference.tolist() == [0, 1, 2, 3, 4]


def test_rows_that_are_not_numbers_are_never_found(make: type[NeighbourIndex]) -> None:
    codes = cloud(200, 2)
    codes[::3] = np.nan
    codes[1, 1] = np.inf
    index = make(codes)
    for z in cloud(10, 2, seed=1):
        found = index.query(z, 6)
        expected, distances = brute_force(codes, z, 6)
        assert found.indices.tolist() == expected.tolist()
        np.testing.assert_allclose(found.distances, distances, rtol=1e-4)
    assert np.isfinite(index.reference).all()


@pytest.mark.parametrize(
    "codes",
    [
        np.empty((0, 2), np.float32),
        np.full((4, 2), np.nan, np.float32),
    ],
)
def test_without_codes_nothing_is_found(
    make: type[NeighbourIndex], codes: NDArray[np.float32]
) -> None:
    found = make(codes).query(np.zeros(2, np.float32), 5)
    assert len(found.indices) == len(found.distances) == 0
    assert found.support == 0.0


def test_one_code(make: type[NeighbourIndex]) -> None:
    found = make(np.array([[3.0, 4.0]], np.float32)).query(np.zeros(2, np.float32), 5)
    assert found.indices.tolist() == [0]
    assert found.distances.tolist() == [5.0]
    assert found.support == 0.0, "one point says nothing about density"


def test_two_codes(make: type[NeighbourIndex]) -> None:
    index = make(np.array([[0.0, 0.0], [2.0, 0.0]], np.float32))
    near = index.query(np.array([0.5, 0.0], np.float32), 5)
    assert near.indices.tolist() == [0, 1]
    assert near.distances.tolist() == [0.5, 1.5]
    assert near.support == 1.0
    assert index.query(np.array([50.0, 0.0], np.float32), 5).support == 0.0


def test_identical_codes(make: type[NeighbourIndex]) -> None:
    index = make(np.ones((40, 2), np.float32))
    here = index.query(np.ones(2, np.float32), 5)
    assert here.distances.tolist() == [0.0] * 5
    assert here.support == 1.0
    assert index.query(np.zeros(2, np.float32), 5).support == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_place_that_is_nowhere_has_no_neighbours(make: type[NeighbourIndex], bad: float) -> None:
    found = make(cloud(50, 2)).query(np.array([0.0, bad], np.float32), 5)
    assert len(found.indices) == 0
    assert found.support == 0.0


def test_no_neighbours_wanted(make: type[NeighbourIndex]) -> None:
    assert len(make(cloud(50, 2)).query(np.zeros(2, np.float32), 0).indices) == 0


def test_the_reference_is_the_distance_to_the_fifth_neighbour() -> None:
    codes = cloud(300, 2)
    fifth = np.sort([brute_force(codes, z, 6)[1][5] for z in codes])
    np.testing.assert_allclose(NeighbourIndex(codes).reference, fifth, rtol=1e-4)


def test_the_reference_of_many_codes_comes_from_a_thousand() -> None:
    codes = cloud(5300, 2)
    reference = NeighbourIndex(codes).reference
    assert len(reference) == 1000
    assert (np.diff(reference) >= 0).all()


def test_support_is_the_share_of_data_that_lies_as_sparsely(make: type[NeighbourIndex]) -> None:
    codes = cloud(400, 2)
    index = make(codes)
    fifth = np.array([brute_force(codes, z, 6)[1][5] for z in codes])
    for z in np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 0.0], [2.6, 0.4], [6.0, 0.0]], np.float32):
        own = brute_force(codes, z, 5)[1][4]
        expected = (fifth >= own).mean()
        assert index.query(z, 1).support == pytest.approx(expected, abs=0.005)
    assert index.query(np.zeros(2, np.float32), 1).support > 0.4
    assert index.query(np.array([60.0, 0.0], np.float32), 1).support == 0.0


def test_support_does_not_depend_on_how_many_are_asked_for(make: type[NeighbourIndex]) -> None:
    index = make(cloud(400, 2))
    z = np.array([1.0, -0.5], np.float32)
    assert len({index.query(z, k).support for k in (1, 3, 5, 20)}) == 1


def test_many_dimensions_are_searched_without_a_tree_and_agree_with_one() -> None:
    from scipy.spatial import cKDTree

    codes = np.random.default_rng(0).standard_normal((700, 40)).astype(np.float32)
    codes[13] = np.nan
    index = NeighbourIndex(codes)
    known = np.delete(codes, 13, axis=0)
    z = np.random.default_rng(1).standard_normal(40).astype(np.float32)
    found = index.query(z, 6)
    distances, _ = cKDTree(known).query(z, 6)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-4)
    np.testing.assert_allclose(
        np.linalg.norm(codes[found.indices] - z, axis=1), distances, rtol=1e-4
    )
    wanted = np.sort(cKDTree(known).query(known, k=[6])[0][:, 0])
    np.testing.assert_allclose(index.reference, wanted, rtol=1e-3)
    assert index.query(codes[5], 1).indices.tolist() == [5]


@pytest.mark.parametrize("d", [1, 2, 12, 13, 60])
@pytest.mark.parametrize("k", [1, 5, 400])
def test_many_places_at_once(make: type[NeighbourIndex], d: int, k: int) -> None:
    codes = cloud(300, d)
    codes[17] = np.nan
    points = cloud(200, d, seed=1) * 2
    indices, distances = make(codes).query_many(points, k)
    assert indices.dtype == np.int64
    assert distances.dtype == np.float64
    assert indices.shape == distances.shape == (200, min(k, 299))
    for row in range(0, 200, 9):
        expected, expected_distances = brute_force(codes, points[row], min(k, 299))
        np.testing.assert_allclose(distances[row], expected_distances, rtol=1e-5)
        assert set(indices[row].tolist()) == set(expected.tolist())
        assert (np.diff(distances[row]) >= 0).all()


def test_many_places_among_no_codes(make: type[NeighbourIndex]) -> None:
    for codes in (cloud(0, 2), np.full((3, 20), np.nan, np.float32)):
        indices, distances = make(codes).query_many(cloud(4, codes.shape[1]), 3)
        assert indices.shape == distances.shape == (4, 0)


def test_small_distances_far_from_the_origin_are_exact() -> None:
    codes = cloud(50, 40) + np.float32(100)
    _, distances = NeighbourIndex(codes).query_many(codes, 1)
    assert (distances == 0).all()
