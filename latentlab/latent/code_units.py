"""Which units of a code are active."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUIET_SHARE = 1e-2
"""Of the largest unit of a code: below it a unit counts as off."""

QUIET_KL_NATS = 1e-2
"""Mean KL below which a number of a variational code says nothing about the image."""

DEAD_SAMPLE = 2000
"""Images of the sample on which a unit that is never active counts as dead."""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def number_name(number: int) -> str:
    """Return what people read for a code number counted from 0, such as ``z₁`` for the first."""
    return f"z{number + 1}".translate(_SUBSCRIPTS)


def is_measured(kl: Sequence[float], std: Sequence[float]) -> bool:
    """Return whether it is known what each code number says, which it is after a run.

    Until then a model carries the numbers of the prior: no KL and one standard deviation for all.
    """
    return len(kl) > 0 or len(set(std)) > 1


def says_something(kl: Sequence[float], std: Sequence[float]) -> NDArray[np.bool_]:
    """Return whether each code number says anything about the image, bool (d,).

    A number of a variational code does from :data:`QUIET_KL_NATS` on; of a deterministic one, if
    it varies at least a hundredth as much as the number that varies most.

    Parameters
    ----------
    kl, std
        KL of each code number in nats (empty for deterministic models) and standard deviation of
        the codes, d numbers.
    """
    if len(kl):
        says: NDArray[np.bool_] = np.asarray(kl) >= QUIET_KL_NATS
    else:
        spread = np.asarray(std)
        says = spread > QUIET_SHARE * spread.max(initial=0.0)
    return says


def is_active(codes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether each unit of each code (n, d) is above a hundredth of the largest one."""
    size = np.abs(codes)
    active: NDArray[np.bool_] = size > QUIET_SHARE * size.max(1, keepdims=True, initial=0.0)
    return active


def quiet_share(codes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of units of each code (n, d) that are not active, float64 (n,).

    A code that is all zero is all quiet.
    """
    share: NDArray[np.float64] = (~is_active(codes)).mean(1)
    return share


def sample_of(count: int) -> NDArray[np.intp]:
    """Return the places of the codes that are examined of ``count``: at most 2,000, spread evenly.

    Increasing, without repetition.
    """
    return np.linspace(0, count - 1, min(count, DEAD_SAMPLE)).astype(np.intp)


def activity_shares(codes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the fraction of codes in which each unit is active, float32 (d,), 0 to 1.

    Those of :func:`sample_of` are examined; rows with NaN, which are not known yet, are skipped,
    and without any other row all fractions are 0.
    """
    codes = codes[sample_of(len(codes))]
    known = codes[np.isfinite(codes).all(1)]
    if not len(known):
        return np.zeros(codes.shape[1], np.float32)
    shares: NDArray[np.float32] = is_active(known).mean(0, dtype=np.float32)
    return shares


def is_dead(shares: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which units are dead, bool (d,): never active on the sample.

    Parameters
    ----------
    shares
        As :func:`activity_shares` returns them, or how often each unit is active.
    """
    dead: NDArray[np.bool_] = np.asarray(shares) == 0
    return dead
