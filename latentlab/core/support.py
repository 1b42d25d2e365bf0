"""What the support at a place means, in a word and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentlab.core.neighbours import Neighbours

Verdict = Literal["on data", "interpolated", "extrapolated", "empty", "unknown"]


@dataclass(frozen=True)
class Support:
    """How far a decoded picture rests on data.

    Attributes
    ----------
    verdict
        One of five words.
    share
        k-NN distance percentile, 0 to 1; 1 where data is densest.
    nearest
        Distance to the nearest data point in latent units, NaN without data.
    """

    verdict: Verdict
    share: float
    nearest: float


def support_at(neighbours: Neighbours) -> Support:
    """Return the verdict for a place from its nearest data points.

    On data: the nearest point is closer than a tenth of the distance to the 5th. Interpolated:
    at least 5 % of the data lie as sparsely as this place. Extrapolated: fewer do. Empty: none do,
    by far.
    """
    if len(neighbours.distances) == 0:
        return Support("unknown", 0.0, float("nan"))
    nearest, farthest = float(neighbours.distances[0]), float(neighbours.distances[-1])
    if nearest <= 0.1 * farthest:
        verdict: Verdict = "on data"
    elif neighbours.support >= 0.05:
        verdict = "interpolated"
    elif neighbours.support > 0.0:
        verdict = "extrapolated"
    else:
        verdict = "empty"
    return Support(verdict, neighbours.support, nearest)
