from __future__ import annotations

import math

import numpy as np
import pytest

from latentlab.core.neighbours import NeighbourIndex, Neighbours
from latentlab.core.support import support_at


def near(*distances: float, support: float) -> Neighbours:
    return Neighbours(np.arange(len(distances)), np.array(distances, np.float32), support)


@pytest.mark.parametrize(
    ("distances", "share", "verdict"),
    [
        ((0.0, 1.0, 2.0, 3.0, 4.0), 0.9, "on data"),
        ((0.39, 1.0, 2.0, 3.0, 4.0), 0.9, "on data"),
        ((0.41, 1.0, 2.0, 3.0, 4.0), 0.9, "interpolated"),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 0.05, "interpolated"),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 0.049, "extrapolated"),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 0.001, "extrapolated"),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 0.0, "empty"),
        ((0.0, 0.0, 0.0, 0.0, 0.0), 1.0, "on data"),
        ((0.0, 9.0), 0.0, "on data"),
        ((2.0,), 0.0, "empty"),
    ],
)
def test_the_verdict(distances: tuple[float, ...], share: float, verdict: str) -> None:
    found = support_at(near(*distances, support=share))
    assert found.verdict == verdict
    assert found.share == share
    assert found.nearest == pytest.approx(distances[0])


def test_without_data_nothing_is_known() -> None:
    found = support_at(near(support=0.0))
    assert found.verdict == "unknown"
    assert math.isnan(found.nearest)


def test_places_around_a_cloud() -> None:
    codes = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    index = NeighbourIndex(codes)

    def verdict(x: float, y: float) -> str:
        return support_at(index.query(np.array([x, y], np.float32), 5)).verdict

    assert verdict(*codes[5].tolist()) == "on data"
    assert verdict(40.0, 0.0) == "empty"
    words = {verdict(x, 0.02) for x in np.linspace(0.0, 5.0, 200)}
    assert {"interpolated", "extrapolated"} <= words
    assert "unknown" not in words
