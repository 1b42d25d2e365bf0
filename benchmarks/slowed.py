"""Holds a benchmark to a part of the machine's speed, so that slower machines can be judged.

Not a benchmark. The script starts itself again as a child and stops that process, all of its
threads at once, for a part of every few milliseconds (SIGSTOP and SIGCONT). What runs in other
processes, such as the X server, keeps its speed. The parent corrects its timing by what it
measures, and the child times a fixed piece of work, so the report says what speed there really was.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

_SLICE_S = 0.002  # short beside everything that a user feels
_SPEED = "LATENTLAB_BENCHMARK_SPEED"
_ALONE_S = "LATENTLAB_BENCHMARK_ALONE_S"
_LOOPS = 400_000
_REPEATS = 7


def slowed_to(speed: float) -> float | None:
    """Go on in a child at a fraction of the speed; return what it has been measured to be.

    Call it first of all. The parent never returns from here; at full speed nothing happens and the
    result is ``None``.

    Parameters
    ----------
    speed
        Above 0, at most 1.
    """
    if speed >= 1.0:
        return None
    if not hasattr(signal, "SIGSTOP"):
        raise SystemExit("This system cannot stop and continue a process, so it cannot be slowed.")
    if _SPEED in os.environ:
        return round(float(os.environ[_ALONE_S]) / _piece_of_work_s(), 3)
    environment = {**os.environ, _SPEED: str(speed), _ALONE_S: str(_piece_of_work_s())}
    child = subprocess.Popen([sys.executable, *sys.argv], env=environment)
    with contextlib.suppress(OSError):  # only root may be preferred to others
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    try:
        _hold(child, speed)
    except KeyboardInterrupt:
        child.terminate()
    finally:
        child.send_signal(signal.SIGCONT)
    raise SystemExit(child.wait())


def _hold(child: subprocess.Popen[bytes], speed: float) -> None:
    """Stop a process again and again until it ends, so that it runs ``speed`` of the time."""
    ran_s = stopped_s = 0.0
    begin_s = time.perf_counter()
    while child.poll() is None:
        # Sleeping takes a little longer than asked for: what was missed is made up for.
        owed_s = speed * (ran_s + stopped_s) - ran_s
        time.sleep(max(1e-4, _SLICE_S * speed + owed_s))
        child.send_signal(signal.SIGSTOP)
        middle_s = time.perf_counter()
        ran_s += middle_s - begin_s
        time.sleep(_SLICE_S * (1 - speed))
        child.send_signal(signal.SIGCONT)
        begin_s = time.perf_counter()
        stopped_s += begin_s - middle_s


def _piece_of_work_s() -> float:
    """Return the median time of a fixed piece of work."""
    times = []
    for _ in range(_REPEATS):
        begin_s = time.perf_counter()
        sum(range(_LOOPS))
        times.append(time.perf_counter() - begin_s)
    return sorted(times)[_REPEATS // 2]
