"""How quickly the window answers while pictures are imported in it.

A thread posts an event to the window every 10 ms, and the window notes when it takes it: what lies
between is how long a click would have waited. Phases:

``idle``      nothing else happens
``small``     a folder of many small PNG and JPEG files is imported and then opened
``large``     a folder of 12-megapixel JPEG files is imported and then opened
``million``   a packed set of many images of 28 × 28 is opened, and its codes appear
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from figures import own_home, parser, report, target
from lab_window import LabWindow, lab_window, let_run, now_s, wait_until
from pictures import make_large, make_small
from PySide6.QtCore import QCoreApplication, QEvent, QObject

_EVERY_S = 0.01
_PROBE = QEvent.Type(QEvent.registerEventType())


class Echo(QObject):
    """Lives in the window's thread and notes when events arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_s: list[float] = []
        self._posted_s: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._post, daemon=True)

    def customEvent(self, event: QEvent) -> None:
        del event
        self.waited_s.append(now_s() - self._posted_s[len(self.waited_s)])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> dict[str, float]:
        self._ended.set()
        self._thread.join()
        wait_until(lambda: len(self.waited_s) == len(self._posted_s), "the last answer")
        values = np.asarray(self.waited_s) * 1e3
        return {
            "events": len(values),
            "p50_ms": round(float(np.percentile(values, 50)), 2),
            "p99_ms": round(float(np.percentile(values, 99)), 2),
            "max_ms": round(float(values.max()), 2),
        }

    def _post(self) -> None:
        while not self._ended.is_set():
            self._posted_s.append(now_s())
            QCoreApplication.postEvent(self, QEvent(_PROBE))
            time.sleep(_EVERY_S)


def import_folder(lab: LabWindow, folder: Path) -> None:
    """Import a folder in the window, wait until all is read, and open it."""
    importing = lab.lab.importing
    lab.lab.session_controller.open_path(str(folder))
    wait_until(lambda: importing.status in ("done", "failed"), "the import", timeout_s=300)
    lab.wait_embedded(lab.lab.import_controller.open_only)


def measured(lab: LabWindow, work: Any) -> dict[str, float]:
    """Return how quickly the window answered during some work."""
    echo = Echo()
    echo.start()
    work(lab)
    return echo.stop()


def packed_set(folder: Path, count: int) -> Path:
    """Pack random images and return the set's folder."""
    source = folder / "source.npy"
    images = np.lib.format.open_memmap(source, "w+", np.uint8, (count, 28, 28))
    rng = np.random.default_rng(0)
    for start in range(0, count, 50_000):
        images[start : start + 50_000] = rng.integers(
            0, 256, images[start : start + 50_000].shape, np.uint8
        )
    del images
    command = [sys.executable, "-m", "latentlab", "data", "pack", str(source), str(folder / "set")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "set"


def main() -> None:
    """Run the benchmark."""
    options = parser(__doc__)
    options.add_argument("--small", type=int, default=70_000, help="small files")
    options.add_argument("--large", type=int, default=100, help="large files")
    options.add_argument("--million", type=int, default=1_000_000, help="packed images")
    args = options.parse_args()
    phases: dict[str, dict[str, float]] = {}
    with own_home(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_small(folder / "small", args.small)
        make_large(folder / "large", args.large)
        packed = packed_set(folder, args.million)
        work = {
            "idle": lambda _: let_run(5.0),
            "small": lambda lab: import_folder(lab, folder / "small"),
            "large": lambda lab: import_folder(lab, folder / "large"),
            "million": lambda lab: lab.open(str(packed)),
        }
        with lab_window() as lab:
            for phase, act in work.items():
                phases[phase] = measured(lab, act)
                print(f"{phase}: {phases[phase]}", file=sys.stderr)
    report(
        "import_in_window",
        phases=phases,
        targets=[
            target(f"{phase}: p99 of the window's answer in ms", found["p99_ms"], at_most=100)
            for phase, found in phases.items()
        ],
    )


if __name__ == "__main__":
    main()
