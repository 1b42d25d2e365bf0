"""Which units of a code are active."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

QUIET_SHARE = 1e-2
"""Of the largest unit of a code: below it a unit counts as off."""

_MOST_CODES = 2000  # looked at for the shares over a data set


def is_active(codes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether each unit of each code (n, d) is above a hundredth of the largest one."""
    size = np.abs(codes)
    active: NDArray[np.bool_] = size > QUIET_SHARE * size.max(1, keepdims=True)
    return active


def quiet_share(codes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of units of each code (n, d) that are not active, float64 (n,).

    A code that is all zero is all quiet.
    """
    share: NDArray[np.float64] = (~is_active(codes)).mean(1)
    return share


def activity_shares(codes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of codes in which each unit is active, float32 (d,), 0 to 1.

    At most 2,000 codes spread evenly are looked at; rows with NaN, which are not known yet, are
    left out, and without any other row all shares are 0.
    """
    if len(codes) > _MOST_CODES:
        codes = codes[np.linspace(0, len(codes) - 1, _MOST_CODES).astype(np.intp)]
    known = codes[np.isfinite(codes).all(1)]
    if not len(known):
        return np.zeros(codes.shape[1], np.float32)
    shares: NDArray[np.float32] = is_active(known).mean(0, dtype=np.float32)
    return shares
