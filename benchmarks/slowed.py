"""Holds a benchmark to a part of the machine's speed, so that slower machines can be judged.

Not a benchmark. On each core that the benchmark may use, a process of real-time priority computes
for a part of each millisecond and sleeps for the rest, so that all else on the core gets what is
left: a machine of less speed, X server and all. Only root may do that, and only on Linux. What
speed there really is then is measured with a fixed piece of work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PERIOD_S = 0.001  # short beside everything that a user feels
_LOOPS = 400_000
_REPEATS = 15
_TAKE = """
import os, sys, time
core, share, period_s = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
os.sched_setaffinity(0, {core})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
parent = os.getppid()
due_s = time.perf_counter()
while os.getppid() == parent:
    until_s = due_s + share * period_s
    while time.perf_counter() < until_s:
        pass
    due_s = max(due_s + period_s, time.perf_counter())
    time.sleep(max(0.0, due_s - time.perf_counter()))
"""


@contextmanager
def slowed_to(speed: float) -> Iterator[float]:
    """Hold all that this process starts to a fraction of the speed; give what that really is.

    Parameters
    ----------
    speed
        Above 0, at most 1, where nothing is done.
    """
    if speed >= 1.0:
        yield 1.0
        return
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise SystemExit("Only root can slow the machine down, and only on Linux.")
    alone_s = _piece_of_work_s()
    takers = [
        subprocess.Popen([sys.executable, "-c", _TAKE, str(core), str(1 - speed), str(_PERIOD_S)])
        for core in sorted(os.sched_getaffinity(0))
    ]
    try:
        time.sleep(0.5)
        yield round(alone_s / _piece_of_work_s(), 3)
    finally:
        for taker in takers:
            taker.kill()
            taker.wait()


def _piece_of_work_s() -> float:
    """Return the median time of a fixed piece of work."""
    times = []
    for _ in range(_REPEATS):
        begin_s = time.perf_counter()
        sum(range(_LOOPS))
        times.append(time.perf_counter() - begin_s)
    return sorted(times)[_REPEATS // 2]
