"""Timing events in Chrome's trace-event format, for Perfetto and for the benchmarks."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Protocol

_PROCESS_START_S = time.perf_counter()


def now_s() -> float:
    """Return the monotonic time in seconds that all trace events use."""
    return time.perf_counter()


class Tracer(Protocol):
    """Something that records how long things took."""

    def span(self, name: str, start_s: float, end_s: float, **args: Any) -> None:
        """Record an interval of :func:`now_s`."""

    def mark(self, name: str, **args: Any) -> None:
        """Record that something has just happened; its length is counted from process start."""

    def close(self) -> None:
        """Write out what was recorded."""


class NullTracer:
    """Records nothing, at next to no cost."""

    def span(self, name: str, start_s: float, end_s: float, **args: Any) -> None:
        """Do nothing."""

    def mark(self, name: str, **args: Any) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class FileTracer:
    """Writes each event to a file as it happens; the file loads even if the program was killed.

    The format allows the closing bracket to be missing, so nothing is lost with a crash.

    Parameters
    ----------
    path
        File to write; replaced if it exists.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("w", encoding="utf-8")
        self._separator = "[\n"
        self._last_flush_s = 0.0
        # perf_counter starts at an arbitrary point; the process's own start is where users count.
        self._origin_s = _process_origin_s()

    def span(self, name: str, start_s: float, end_s: float, **args: Any) -> None:
        """Record an interval of :func:`now_s`."""
        self._write(
            {
                "name": name,
                "ph": "X",
                "ts": round((start_s - self._origin_s) * 1e6, 1),
                "dur": round((end_s - start_s) * 1e6, 1),
                "args": args,
            }
        )

    def mark(self, name: str, **args: Any) -> None:
        """Record that something has just happened; its length is counted from process start."""
        self.span(name, self._origin_s, now_s(), **args)

    def close(self) -> None:
        """Complete the file."""
        with self._lock:
            if not self._file.closed:
                self._file.write("\n]\n" if self._separator != "[\n" else "[]\n")
                self._file.close()

    def _write(self, event: dict[str, Any]) -> None:
        event |= {"pid": os.getpid(), "tid": threading.get_native_id(), "cat": "latentlab"}
        line = json.dumps(event, separators=(",", ":"))
        with self._lock:
            if self._file.closed:
                return
            self._file.write(self._separator + line)
            self._separator = ",\n"
            if now_s() - self._last_flush_s > 0.5:
                self._file.flush()
                self._last_flush_s = now_s()


def _process_origin_s() -> float:
    """Return when the process started, on the clock of :func:`now_s`.

    Linux tells it in /proc; elsewhere the import of this module is the best guess.
    """
    try:
        fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
        started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - started_s
        return time.perf_counter() - age_s
    except (OSError, ValueError, IndexError, AttributeError):
        return _PROCESS_START_S
