"""What all benchmark scripts share without Qt: figures, environment, output. Not a benchmark."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]

NEEDS_SCREEN = (
    "Needs a screen: a real X server (DISPLAY set; a virtual one such as Xvfb will do), Wayland, "
    "Windows or macOS; QT_QPA_PLATFORM=offscreen works too, but paints to memory only. The user's "
    "settings and runs are not touched."
)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the script's docstring."""
    return argparse.ArgumentParser(
        description=description,
        epilog=NEEDS_SCREEN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


@contextmanager
def own_home() -> Iterator[Path]:
    """Give the program a temporary home of its own, so that nothing of the user's is touched."""
    before = os.environ.get("LATENTLAB_HOME")
    with tempfile.TemporaryDirectory(prefix="latentlab-benchmark-") as folder:
        os.environ["LATENTLAB_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["LATENTLAB_HOME"]
            else:
                os.environ["LATENTLAB_HOME"] = before


def median(values: Sequence[float]) -> float | None:
    """Return the median, ``None`` of nothing."""
    return round(float(np.median(values)), 4) if len(values) else None


def spread_ms(seconds: Sequence[float]) -> dict[str, float | int | None]:
    """Return count, p50, p95 and max of some durations, in milliseconds."""
    if not len(seconds):
        return {"count": 0, "p50": None, "p95": None, "max": None}
    values = np.asarray(seconds) * 1e3
    return {
        "count": len(values),
        "p50": round(float(np.percentile(values, 50)), 2),
        "p95": round(float(np.percentile(values, 95)), 2),
        "max": round(float(values.max()), 2),
    }


def target(
    name: str, value: float | None, *, at_most: float | None = None, at_least: float | None = None
) -> dict[str, Any]:
    """Return a target with what was measured for it and whether it was met."""
    met = value is not None
    if value is not None and at_most is not None:
        met = value <= at_most
    if value is not None and at_least is not None:
        met = met and value >= at_least
    limit = {"at_most": at_most} if at_most is not None else {"at_least": at_least}
    return {"name": name, "value": value, **limit, "met": met}


def environment() -> dict[str, Any]:
    """Return what the figures depend on besides the program."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg() if hasattr(os, "getloadavg") else (float("nan"),)
    qt = sys.modules.get("PySide6.QtGui")
    app = None if qt is None else qt.QGuiApplication
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": cores,
        "load_average_1_min": round(load[0], 2),
        "qt_platform": (
            os.environ.get("QT_QPA_PLATFORM", "default") if app is None else app.platformName()
        ),
    }


def report(benchmark: str, **parts: Any) -> None:
    """Print the one JSON object of a benchmark."""
    print(json.dumps({"benchmark": benchmark, "environment": environment(), **parts}, indent=2))
