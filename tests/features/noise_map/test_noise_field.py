"""The denoising field: which images are sampled, and what their arrows average to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from latentlab.features.noise_map.field import field_cells, field_images, field_level, field_order
from latentlab.images.corruptions import corrupt_stack

RNG = np.random.default_rng(0)


def brute_force(
    starts: np.ndarray, ends: np.ndarray, side: float, bounds: tuple[float, float, float, float]
) -> dict[tuple[int, int], tuple[float, np.ndarray]]:
    """Weight and mean of each visible cell, one arrow and one cell at a time."""
    left, bottom, right, top = (math.floor(edge / side) for edge in bounds)
    found = {}
    for i in range(left, right + 1):
        for j in range(bottom, top + 1):
            weight, total = 0.0, np.zeros(2)
            for start, end in zip(starts.astype(float), ends.astype(float), strict=True):
                dx, dy = abs(start[0] / side - i - 0.5), abs(start[1] / side - j - 0.5)
                share = max(0.0, 1 - dx) * max(0.0, 1 - dy)
                if np.isfinite([*start, *end]).all():
                    weight += share
                    total += share * (end - start)
            if weight > 0:
                found[i, j] = weight, total / weight
    return found


@pytest.mark.parametrize("level", [-1, 0, 2])
def test_cells_are_weighted_means(level: int) -> None:
    starts = RNG.normal(size=(200, 2), scale=2).astype(np.float32)
    ends = RNG.normal(size=(200, 2)).astype(np.float32)
    starts[3], ends[4], starts[5] = np.nan, np.inf, 1e30
    bounds = (-2.2, -1.4, 1.9, 3.1)
    cells = field_cells(starts, ends, level, bounds)
    assert cells.side == 2.0**-level
    expected = brute_force(starts, ends, cells.side, bounds)
    keys = np.floor(cells.centres / cells.side).astype(int).tolist()
    assert {tuple(key) for key in keys} == set(expected)
    for (i, j), centre, step, weight in zip(
        keys, cells.centres, cells.steps, cells.weights, strict=True
    ):
        assert centre == pytest.approx([(i + 0.5) * cells.side, (j + 0.5) * cells.side])
        assert weight == pytest.approx(expected[i, j][0], rel=1e-5, abs=1e-6)
        assert step == pytest.approx(expected[i, j][1], rel=1e-4, abs=1e-4)


def test_one_arrow_in_the_middle_of_a_cell_is_that_cell_alone() -> None:
    start, end = np.array([[0.5, 1.5]], np.float32), np.array([[3, 1]], np.float32)
    cells = field_cells(start, end, 0, (-5, -5, 5, 5))
    assert cells.centres.tolist() == [[0.5, 1.5]]
    assert cells.steps.tolist() == [[2.5, -0.5]]
    assert cells.weights.tolist() == [1.0]


def test_a_constant_field_stays_constant_and_the_view_does_not_matter() -> None:
    starts = RNG.uniform(-3, 3, (500, 2)).astype(np.float32)
    whole = field_cells(starts, starts + np.float32(0.25), 1, (-3, -3, 3, 3))
    assert whole.steps == pytest.approx(0.25, abs=1e-5)
    part = field_cells(starts, starts + np.float32(0.25), 1, (-1, -1, 1, 1))
    by_centre = {tuple(c): w for c, w in zip(whole.centres.tolist(), whole.weights, strict=True)}
    assert len(part.weights) == 25
    for centre, weight in zip(part.centres.tolist(), part.weights, strict=True):
        assert weight == pytest.approx(by_centre[tuple(centre)], rel=1e-5)


def test_without_arrows_there_are_no_cells() -> None:
    none = np.empty((0, 2), np.float32)
    assert len(field_cells(none, none, 0, (-1, -1, 1, 1)).weights) == 0


@pytest.mark.parametrize("scale", [0.003, 1.0, 99.0, 3e6])
def test_cells_have_a_size_that_can_be_seen(scale: float) -> None:
    assert 26 <= scale * 2.0 ** -field_level(scale, 26.0) < 52


def test_the_view_comes_first_and_each_part_of_it_in_turn() -> None:
    crowd = RNG.normal(0.5, 0.05, (5000, 2))
    few = RNG.uniform(-1, 1, (300, 2))
    outside = RNG.uniform(3, 4, (200, 2))
    positions = np.concatenate([crowd, few, outside]).astype(np.float32)
    positions[-5:] = np.nan
    order = field_order(positions, (-1, -1, 1, 1), 10_000)
    assert sorted(order.tolist()) == list(range(5500))
    assert (order[:5300] < 5300).all(), "what is in view"
    first = order[:300]
    assert ((first >= 5000) & (first < 5300)).sum() > 150, "the crowd gets no more than its part"
    assert field_order(positions, (-1, -1, 1, 1), 40).tolist() == order[:40].tolist()


def test_the_first_round_takes_one_image_of_each_part() -> None:
    x, y = np.meshgrid(np.arange(24) + 0.5, np.arange(24) + 0.5)
    middles = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    positions = np.repeat(middles, 3, axis=0)
    order = field_order(positions, (0, 0, 24, 24), 2000)
    for begin in (0, 576, 1152):
        assert sorted((order[begin : begin + 576] // 3).tolist()) == list(range(576))


def test_where_no_position_is_known_any_image_will_do() -> None:
    order = field_order(np.full((50, 2), np.nan, np.float32), (-1, -1, 1, 1), 20)
    assert len(set(order.tolist())) == 20
    assert len(field_order(np.empty((0, 2), np.float32), (-1, -1, 1, 1), 20)) == 0


def test_an_image_has_the_noise_of_its_number_in_any_company() -> None:
    images = RNG.integers(0, 256, (6, 5, 4, 1), np.uint8)
    steps = (("gaussian", 0.4), ("mask", 0.3))
    indices = np.array([9, 2, 5, 30, 31, 7])
    together = field_images(images, indices, steps)
    some = field_images(images[2:4], indices[2:4], steps)
    np.testing.assert_array_equal(together[2:4], some)
    np.testing.assert_array_equal(together[0], corrupt_stack(images[0], steps, 9, clip=False))
