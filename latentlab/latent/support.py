"""How densely data lie around a place in latent space, in a word and a figure on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentlab.latent.neighbours import Neighbours

Verdict = Literal["among data", "thin", "far from data", "unknown"]

THIN_REACH = 2.0
"""Times the limit of what is among the data: beyond, a place is far from them."""

SAME_PICTURE = 0.1
"""Usual distances between images below which a picture counts as that of an image."""


@dataclass(frozen=True)
class Support:
    """How far a place lies among the data; it says nothing about how good the picture is.

    Attributes
    ----------
    verdict
        One of four words.
    share
        Fraction of the images, 0 to 1, around which data lie at least as sparsely as here.
    nearest
        Distance to the nearest data point in latent units, NaN without data.
    """

    verdict: Verdict
    share: float
    nearest: float


def support_at(neighbours: Neighbours) -> Support:
    """Return the verdict for a place from its nearest data points.

    *Among data*: the 5th neighbour is nearer than that of 5 % of the held-out images, so that 95 %
    of the codes of images that were never seen are among the data. *Thin*: up to twice that limit.
    *Far from data*: beyond.

    The limit is the 95th percentile of a sample and not its maximum, which would depend on the
    sample far more. Word and share cannot disagree: a place is among the data if and only if its
    share is 5 % or more.
    """
    if len(neighbours.distances) == 0:
        return Support("unknown", 0.0, float("nan"))
    nearest = float(neighbours.distances[0])
    if neighbours.reach <= neighbours.limit:
        verdict: Verdict = "among data"
    elif neighbours.reach <= THIN_REACH * neighbours.limit:
        verdict = "thin"
    else:
        verdict = "far from data"
    return Support(verdict, neighbours.support, nearest)
