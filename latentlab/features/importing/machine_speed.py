"""How fast this machine computes, measured in a moment."""

from __future__ import annotations

import time

import numpy as np

_SIDE = 512
_LIMIT_S = 0.04


def measured_gflops() -> float:
    """Return 10⁹ float32 operations a second of a product of matrices, on all cores.

    Takes about 0.05 s. The fastest of some products counts: the others were disturbed.
    """
    rng = np.random.default_rng(0)
    a = rng.random((_SIDE, _SIDE), np.float32)
    out = np.empty_like(a)
    np.matmul(a, a, out=out)  # the first one starts the threads
    shortest_s = float("inf")
    end_s = time.perf_counter() + _LIMIT_S
    while True:
        begin_s = time.perf_counter()
        np.matmul(a, a, out=out)
        now_s = time.perf_counter()
        shortest_s = min(shortest_s, now_s - begin_s)
        if now_s >= end_s:
            return 2 * _SIDE**3 / max(shortest_s, 1e-9) / 1e9
