from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.latent.neighbours import NeighbourIndex, Neighbours
from latentlab.latent.support import Support, support_at


def near(reach: float, limit: float, share: float) -> Neighbours:
    distances = np.linspace(0.2 * reach, reach, 5).astype(np.float32)
    return Neighbours(np.arange(5), distances, share, reach, limit)


@pytest.mark.parametrize(
    ("reach", "verdict"),
    [
        (0.0, "among data"),
        (1.0, "among data"),
        (1.001, "thin"),
        (2.0, "thin"),
        (2.001, "far from data"),
        (50.0, "far from data"),
    ],
)
def test_the_verdict_is_told_by_the_fifth_neighbour(reach: float, verdict: str) -> None:
    found = support_at(near(reach, 1.0, 0.3))
    assert (found.verdict, found.share) == (verdict, 0.3)
    assert found.nearest == pytest.approx(0.2 * reach)


def test_without_data_nothing_is_known() -> None:
    found = support_at(Neighbours(np.empty(0, np.int64), np.empty(0, np.float32), 0.0))
    assert found.verdict == "unknown"
    assert math.isnan(found.nearest)


def draw(kind: str, n: int, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    if kind == "normal":
        codes = rng.normal(size=(n, 2))
    elif kind == "clusters":
        centres = np.random.default_rng(99).normal(size=(10, 3)) * 3
        codes = centres[rng.integers(10, size=n)] + 0.4 * rng.normal(size=(n, 3))
    elif kind == "heavy tails":
        codes = rng.standard_t(2, size=(n, 2))
    else:
        codes = rng.normal(size=(n, 20))
    return codes.astype(np.float32)


def support(index: NeighbourIndex, z: NDArray[np.float32]) -> Support:
    return support_at(index.query(z, 5))


@pytest.mark.parametrize("kind", ["normal", "clusters", "heavy tails", "wide"])
def test_95_percent_of_unseen_codes_are_among_the_data(kind: str) -> None:
    codes = draw(kind, 10_000, 0)
    index = NeighbourIndex(codes, measured=np.arange(0, 10_000, 10))
    found = [support(index, z) for z in draw(kind, 3000, 1)]
    among = np.mean([one.verdict == "among data" for one in found])
    assert among == pytest.approx(0.95, abs=0.02)
    far = np.mean([one.verdict == "far from data" for one in found])
    assert far < 0.03
    # One scale: each percentage is that of the unseen codes.
    shares = np.array([one.share for one in found])
    for level in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert (shares <= level).mean() == pytest.approx(level, abs=0.04)


@pytest.mark.parametrize("kind", ["normal", "heavy tails"])
@pytest.mark.parametrize("count", [2, 7, 30, 999])
def test_word_and_percentage_never_contradict(kind: str, count: int) -> None:
    index = NeighbourIndex(draw(kind, count, 0))
    words = set()
    for x in np.concatenate([np.linspace(-12, 12, 241), [1e3, -1e6]]):
        found = support(index, np.array([x, 0.1], np.float32))
        assert (found.verdict == "among data") == (found.share >= 0.05)
        words.add(found.verdict)
    assert "far from data" in words
    assert count < 20 or "among data" in words


def test_an_encoder_that_knows_its_training_images_is_measured_on_the_others() -> None:
    """Held-out codes lie more sparsely than those of the training images, as after over-fitting."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(50, 2)) * 5
    training = centres[rng.integers(50, size=4500)] + 0.05 * rng.normal(size=(4500, 2))
    held_out = centres[rng.integers(50, size=500)] + 0.3 * rng.normal(size=(500, 2))
    codes = np.concatenate([training, held_out]).astype(np.float32)
    fresh = (centres[rng.integers(50, size=2000)] + 0.3 * rng.normal(size=(2000, 2))).astype(
        np.float32
    )

    def among(index: NeighbourIndex) -> float:
        return float(np.mean([support(index, z).verdict == "among data" for z in fresh]))

    assert among(NeighbourIndex(codes, measured=np.arange(4500, 5000))) == pytest.approx(
        0.95, abs=0.025
    )
    assert among(NeighbourIndex(codes)) < 0.75, "all images together would say too little"


def test_too_few_held_out_codes_are_not_relied_on() -> None:
    codes = draw("normal", 300, 0)
    everything = NeighbourIndex(codes).reference
    few = NeighbourIndex(codes, measured=np.arange(10)).reference
    np.testing.assert_array_equal(few, everything)
    unknown = codes.copy()
    unknown[:100] = np.nan
    index = NeighbourIndex(unknown, measured=np.arange(100))
    assert len(index.reference) == 200
