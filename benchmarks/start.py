"""How soon the window is there, against how long the import of torch alone takes.

Runs pairs in turn, A B A B:

A   ``python -c "import torch"``, the wall time of the whole process;
B   ``python main.py --trace FILE`` with the same interpreter, ended by SIGTERM after the first
    decoded picture was painted. Its times come from the trace, counted from the process's start:
    ``window.painted`` (first paint of the map), ``engine.ready`` (torch is imported and the compute
    thread serves), ``first_decode`` (the first decoded picture is painted).

The first pair fills the caches of the system and is left out. Reported are medians, and the median
of the ratios and differences of each pair, which the load of a shared machine moves less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import ROOT, median, own_home, parser, report, target

_POLL_S = 0.05
_GRACE_S = 4.0  # the trace is flushed with its next event only, which an idle window may lack


def import_torch_s() -> float:
    """Return how long a process takes that only imports torch."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True, cwd=ROOT)
    return time.perf_counter() - begin


def start_window(timeout_s: float) -> dict[str, float]:
    """Start the program, end it after its first decoded picture, and return seconds by event."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        environ = os.environ | {"LATENTLAB_HOME": str(Path(folder) / "home")}
        process = subprocess.Popen(
            [sys.executable, "main.py", "--trace", str(trace)], cwd=ROOT, env=environ
        )
        try:
            _wait_for_decode(process, trace, timeout_s)
            process.terminate()
            process.wait(30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        times = read_trace(trace)
    missing = {"window.painted", "engine.ready", "decode"} - times.keys()
    if missing:
        raise SystemExit(f"The program did not trace {', '.join(sorted(missing))}.")
    return times


def _wait_for_decode(process: subprocess.Popen[bytes], trace: Path, timeout_s: float) -> None:
    give_up_s = time.perf_counter() + timeout_s
    ready_s = None
    while time.perf_counter() < give_up_s and process.poll() is None:
        time.sleep(_POLL_S)
        times = read_trace(trace)
        if "decode" in times:
            return
        if ready_s is None and "engine.ready" in times:
            ready_s = time.perf_counter()
        if ready_s is not None and time.perf_counter() - ready_s > _GRACE_S:
            return
    if process.poll() is not None:
        raise SystemExit(f"The program ended by itself with exit code {process.returncode}.")


def read_trace(path: Path) -> dict[str, float]:
    """Return when the first event of each name ended, in seconds from the process's start."""
    if not path.exists():
        return {}
    times: dict[str, float] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line.strip().rstrip(","))
        except ValueError:
            continue  # a bracket, or a line that is being written
        if isinstance(event, dict):
            end_s = (event["ts"] + event["dur"]) / 1e6
            times[event["name"]] = min(end_s, times.get(event["name"], end_s))
    return times


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--pairs", type=int, default=7, help="measured pairs (default 7)")
    options.add_argument("--warmups", type=int, default=1, help="pairs left out (default 1)")
    options.add_argument("--timeout", type=float, default=120.0, help="seconds for one start")
    args = options.parse_args()
    pairs = []
    with own_home():
        for number in range(args.warmups + args.pairs):
            torch_s = import_torch_s()
            times = start_window(args.timeout)
            pair = {
                "import_torch": round(torch_s, 3),
                "window_painted": round(times["window.painted"], 3),
                "engine_ready": round(times["engine.ready"], 3),
                "first_decode": round(times["decode"], 3),
            }
            print(f"pair {number}: {pair}", file=sys.stderr)
            if number >= args.warmups:
                pairs.append(pair)
    ratio = median([p["window_painted"] / p["import_torch"] for p in pairs])
    behind = median([p["first_decode"] - p["import_torch"] for p in pairs])
    report(
        "start",
        median_s={name: median([p[name] for p in pairs]) for name in pairs[0]},
        paired={
            "window_painted_by_import_torch": ratio,
            "first_decode_after_import_torch_s": behind,
        },
        targets=[
            target("window_painted / import_torch", ratio, at_most=0.5),
            target("first_decode - import_torch, s", behind, at_most=1.5),
        ],
        pairs_s=pairs,
    )


if __name__ == "__main__":
    main()
