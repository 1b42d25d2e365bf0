"""A :mod:`latentlab.data.pictures.decode_worker` process, from the side that gives it orders."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from latentlab.data.pictures.decode_worker import READY

_SCRIPT = (
    "import sys; sys.path.insert(0, {!r}); "
    "from latentlab.data.pictures.decode_worker import serve; serve()"
)


_END_S = 1.0


class DecodeProcess:
    """One process that starts with the first order, and again after it was ended.

    It may be ended from any thread; everything else belongs to one.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: subprocess.Popen[bytes] | None = None  # takes a moment to die of it
        self._closed = False
        self._is_ready = False

    def start(self) -> None:
        """Start the process without waiting until it is ready.

        Raises
        ------
        OSError
            If no process can be started.
        """
        if self._process is not None:
            return
        source = str(Path(__file__).resolve().parents[3])
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SCRIPT.format(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # One process for each core is enough: no threads of BLAS beside them.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._process = process
        self._is_ready = False
        if self._closed:
            process.kill()

    def ask(self, order: dict[str, Any]) -> tuple[list[Any], bytes] | None:
        """Return the answers to an order and the bytes behind them, ``None`` if it ended over it.

        Raises
        ------
        OSError
            If no process can be started.
        """
        process = self._ready()
        if process is None:
            return None
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            answers, size = json.loads(line) if line.endswith(b"\n") else (None, 0)
            payload = process.stdout.read(size)
        except OSError:
            answers, size, payload = None, 0, b""
        if answers is None or len(payload) < size:
            self._finish(process)
            return None
        return answers, payload

    def end(self) -> None:
        """End the process at once, in the middle of whatever it does."""
        process = self._process
        if process is not None:
            self._ended = process
            with contextlib.suppress(OSError):
                process.kill()

    def close(self) -> None:
        """End the process; no other one is started any more."""
        self._closed = True
        self.end()

    def abandon(self) -> None:
        """Have nothing more to do with the process, which whoever waits for it goes on to do."""
        self._process = None

    def finish(self) -> None:
        """End the process and free what belongs to it."""
        if self._process is not None:
            self._finish(self._process)

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        if process is self._process:  # and not abandoned
            self._process = None
        with contextlib.suppress(OSError):
            process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        # What waits for a disk that is gone ends when the system lets it, which may be never.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)

    def _ready(self) -> subprocess.Popen[bytes] | None:
        last = self._process
        if last is not None and (last is self._ended or last.poll() is not None):
            self._finish(last)  # over nothing, or just after it had answered
        self.start()
        process = self._process
        if process is None or self._is_ready:
            return process
        assert process.stdout is not None
        if process.stdout.readline() == READY:
            self._is_ready = True
            return process
        self._finish(process)
        if not self._closed:
            raise OSError("the process that decodes pictures ended at once")
        return None
