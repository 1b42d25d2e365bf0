"""How many threads train a network fastest on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import torch

from latentlab.models.device import cpu_threads
from latentlab.models.family.plans import plan_of
from latentlab.models.family.train_spec import TrainSpec

_PROBE_S = 0.12  # for each candidate, after one step to warm up
_WORTHWHILE = 1.2  # more threads must be this much faster, or noise would choose
_WORK_PER_THREAD = 50e6  # multiplications of a step that make another thread worth its start
_MOST_THREADS = 16


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


def usual_threads(spec: TrainSpec, shape: tuple[int, int, int]) -> int:
    """Return how many threads a step is worth, from its size alone.

    Timing would choose better, but not always the same, and the number of threads can change the
    last bits of a convolution: a run that is repeated or continued must have as many as before.
    Processes that torchrun has started on one machine share its processors.
    """
    work = 3 * spec.batch_size * plan_of(spec, shape).multiply_adds(shape)
    cores = cpu_threads() // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    return max(1, min(cores, _MOST_THREADS, int(work / _WORK_PER_THREAD)))
