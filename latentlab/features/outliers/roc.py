"""How well a score tells the abnormal from the normal, whatever threshold somebody chooses.

An item counts as abnormal where its score is at least the threshold. Items whose score is NaN have
none and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RocCurve:
    """The receiver operating characteristic: one point for each threshold that makes a difference.

    Attributes
    ----------
    thresholds
        float64 (m,), falling; the first is infinite, where nothing counts as abnormal.
    false_positive, true_positive
        float64 (m,), rising from 0 to 1: the shares of the normal and of the abnormal items that
        count as abnormal.
    auc
        Area under the curve, 0 to 1: the probability that an abnormal item has the larger score
        than a normal one, where equal scores count one half (the statistic of Mann and Whitney,
        1947, over the number of pairs). 0.5 is chance.
    """

    thresholds: NDArray[np.float64]
    false_positive: NDArray[np.float64]
    true_positive: NDArray[np.float64]
    auc: float


def roc_curve(scores: NDArray[Any], positive: NDArray[np.bool_]) -> RocCurve | None:
    """Return the curve, or ``None`` unless there are scores of both kinds.

    Parameters
    ----------
    scores
        float (n,), larger for what is more unusual; infinities are allowed.
    positive
        bool (n,), which items are abnormal.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    values, flags = _known(scores, positive)
    num_positive = int(flags.sum())
    num_negative = len(flags) - num_positive
    if not num_positive or not num_negative:
        return None
    distinct, places = np.unique(values, return_inverse=True)
    positives = np.bincount(places[flags], minlength=len(distinct)).astype(np.int64)
    negatives = np.bincount(places[~flags], minlength=len(distinct)).astype(np.int64)
    below = np.cumsum(negatives) - negatives
    # Whole numbers, so that the only rounding is that of the last division.
    half_wins = sum((positives * (2 * below + negatives)).tolist())
    return RocCurve(
        thresholds=np.concatenate([[np.inf], distinct[::-1]]),
        false_positive=_shares(negatives, num_negative),
        true_positive=_shares(positives, num_positive),
        auc=half_wins / (2 * num_positive * num_negative),
    )


def auc(scores: NDArray[Any], positive: NDArray[np.bool_]) -> float | None:
    """Return the area under the curve as in :class:`RocCurve`, ``None`` where there is no curve."""
    curve = roc_curve(scores, positive)
    return None if curve is None else curve.auc


def _known(
    scores: NDArray[Any], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, flags = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    if values.ndim != 1 or values.shape != flags.shape:
        raise ValueError(f"scores of shape {values.shape} for classes of shape {flags.shape}")
    known = ~np.isnan(values)
    return values[known], flags[known]


def _shares(counts: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.concatenate([[0], np.cumsum(counts[::-1])]) / total
    return shares
