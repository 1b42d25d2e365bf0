"""How many threads train a network fastest on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch

from latentlab.nn.device import cpu_threads

_PROBE_S = 0.12  # for each candidate, after one step to warm up
_WORTHWHILE = 1.2  # more threads must be this much faster, or noise would choose


def thread_candidates(cores: int) -> list[int]:
    """Return thread counts worth trying, fewest first: 1, 2, half and all of the cores."""
    return sorted({1, min(2, cores), max(1, cores // 2), cores})


def tune_threads(
    step: Callable[[], None], cores: int | None = None
) -> Iterator[tuple[int, float] | None]:
    """Time some training steps with several thread counts and set the best one.

    Small networks are often faster on one thread. The count can change the last bits of a
    convolution's sums, so a run that must repeat exactly takes the count as given instead.

    Parameters
    ----------
    step
        Computes as much as one training step, without changing anything.
    cores
        Processors to use; all that this process may use by default.

    Yields
    ------
    None
        After each step.
    tuple[int, float]
        Last, the count that was set and the seconds of a step with it.
    """
    best_count, best_s = 1, float("inf")
    for count in thread_candidates(cores or cpu_threads()):
        torch.set_num_threads(count)
        step()
        yield None
        fastest_s = float("inf")
        end_s = time.perf_counter() + _PROBE_S
        while True:
            begin = time.perf_counter()
            step()
            now = time.perf_counter()
            fastest_s = min(fastest_s, now - begin)
            yield None
            if now >= end_s:
                break
        if fastest_s * _WORTHWHILE < best_s:
            best_count, best_s = count, fastest_s
    torch.set_num_threads(best_count)
    yield best_count, best_s
