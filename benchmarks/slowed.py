"""Holds a benchmark to a part of its speed, so that slower machines can be judged.

Not a benchmark. A small process stops the benchmark, all its threads at once, for a part of every
few milliseconds and lets it go on (``SIGSTOP``, ``SIGCONT``). Nothing else is slowed: other
programs and the X server keep their speed. What speed there really is then is measured with a fixed
piece of work, of one thread and of all.

To take the cores away with a process of higher priority is no substitute: threads that wait for one
another then lose the time of each core, and the X server its own; at half a core's time a training
step took 18 times as long.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

_PERIOD_S = 0.002  # short beside everything that a user feels, long beside stopping the threads
_LOOPS = 400_000
_SIDE = 768  # of a matrix, whose product all cores share
_REPEATS = 15
# It ends with the pipe, and never leaves the benchmark stopped.
_TAKE = """
import os, select, signal, sys, time
pid, share, period_s = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
except (AttributeError, OSError):
    pass
signal.signal(signal.SIGINT, signal.SIG_IGN)
due_s = time.perf_counter()
def rest(seconds):
    return select.select([0], [], [], max(0.0, seconds))[0]
try:
    while os.getppid() == pid:
        os.kill(pid, signal.SIGSTOP)
        if rest(due_s + share * period_s - time.perf_counter()):
            break
        os.kill(pid, signal.SIGCONT)
        due_s = max(due_s + period_s, time.perf_counter())
        if rest(due_s - time.perf_counter()):
            break
finally:
    os.kill(pid, signal.SIGCONT)
"""


@contextmanager
def slowed_to(speed: float) -> Iterator[dict[str, float]]:
    """Hold this process to a fraction of its speed; give the fractions that there really are.

    Parameters
    ----------
    speed
        Above 0, at most 1, where nothing is done.
    """
    if speed >= 1.0:
        yield {"one_thread": 1.0, "all_threads": 1.0}
        return
    pieces = {"one_thread": _count, "all_threads": _product_of_matrices()}
    alone_s = {name: _median_s(piece) for name, piece in pieces.items()}
    command = [sys.executable, "-c", _TAKE, str(os.getpid()), str(1 - speed), str(_PERIOD_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as taker:
        time.sleep(0.5)
        try:
            yield {name: round(alone_s[name] / _median_s(pieces[name]), 3) for name in pieces}
        finally:
            assert taker.stdin is not None
            taker.stdin.close()


def _count() -> None:
    sum(range(_LOOPS))


def _product_of_matrices() -> Callable[[], object]:
    matrix = np.random.default_rng(0).standard_normal((_SIDE, _SIDE), np.float32)
    return lambda: matrix @ matrix


def _median_s(piece: Callable[[], object]) -> float:
    times = []
    for _ in range(_REPEATS):
        begin_s = time.perf_counter()
        piece()
        times.append(time.perf_counter() - begin_s)
    return sorted(times)[_REPEATS // 2]
