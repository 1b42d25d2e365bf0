from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.features.outliers.roc import auc, roc_curve


def counted(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The share of pairs that are in order, each looked at; equal scores are half in order."""
    pairs = list(product(scores[positive], scores[~positive]))
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


@pytest.mark.parametrize("levels", [2, 3, 10, 10_000])
@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_the_share_of_pairs_in_order(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.random(60) < 0.3
    scores = (rng.integers(0, levels, 60) + positive).astype(float)
    assert auc(scores, positive) == counted(scores, positive)
    curve = roc_curve(scores, positive)
    assert curve is not None
    assert curve.auc == pytest.approx(np.trapezoid(curve.true_positive, curve.false_positive))
    # Only the order counts, and turning it round turns the area round.
    assert auc(np.exp(scores / levels), positive) == auc(scores, positive)
    assert auc(-scores, positive) == pytest.approx(1 - curve.auc)


def test_the_points_are_shares_at_each_threshold() -> None:
    scores = np.array([3.0, 1.0, 2.0, 2.0, 0.0, 3.0])
    positive = np.array([True, False, True, False, False, True])
    curve = roc_curve(scores, positive)
    assert curve is not None
    assert curve.thresholds.tolist() == [math.inf, 3.0, 2.0, 1.0, 0.0]
    for threshold, false, true in zip(
        curve.thresholds, curve.false_positive, curve.true_positive, strict=True
    ):
        assert false == np.mean(scores[~positive] >= threshold)
        assert true == np.mean(scores[positive] >= threshold)


def test_known_areas() -> None:
    positive = np.array([True, True, False, False])
    assert auc(np.array([4.0, 3, 2, 1]), positive) == 1.0
    assert auc(np.array([1.0, 2, 3, 4]), positive) == 0.0
    assert auc(np.array([1.0, 1, 1, 1]), positive) == 0.5
    assert auc(np.array([math.inf, 1, 0, -math.inf]), positive) == 1.0


@pytest.mark.parametrize(
    ("scores", "positive"),
    [
        ([], []),
        ([1.0, 2.0], [True, True]),
        ([1.0, 2.0], [False, False]),
        ([1.0, math.nan], [True, False]),  # the only normal one has no score
    ],
)
def test_one_kind_alone_has_no_curve(scores: list[float], positive: list[bool]) -> None:
    assert roc_curve(np.array(scores), np.array(positive, bool)) is None
    assert auc(np.array(scores), np.array(positive, bool)) is None


def test_items_without_a_score_are_left_out() -> None:
    scores = np.array([3.0, math.nan, 1.0, math.nan, 2.0])
    positive = np.array([True, True, False, False, False])
    assert auc(scores, positive) == 1.0


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        auc(np.ones(2), np.zeros(3, bool))
    with pytest.raises(ValueError, match="shape"):
        roc_curve(np.ones((2, 2)), np.zeros((2, 2), bool))
