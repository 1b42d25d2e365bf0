"""Decode many pictures in parallel, in processes of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentlab.base.errors import DataError
from latentlab.data.pictures.decode_crew import DecodeCrew, no_process
from latentlab.data.pictures.decode_process import DecodeProcess
from latentlab.data.pictures.decode_thread import POLL_S, DecodeThread, end_threads
from latentlab.data.pictures.decode_worker import CANNOT_WRITE
from latentlab.data.pictures.listing import Entry
from latentlab.images.treatment import Treatment

LIMIT_S = 60.0  # for one order; a file that takes longer is left out
TOO_LONG = "decoding it took too long"
CRASHED = "decoding it crashed"

_AT_ONCE_S = 0.1  # an order should take about this long
_MAX_ORDER = 128


@dataclass(frozen=True)
class Decoded:
    """What became of one entry: its facts, or the reason why it has none.

    ``row`` is the entry's place. ``digest`` is that of the file's content.
    """

    row: int
    reason: str = ""
    width: int = 0
    height: int = 0
    mode: str = ""
    format: str = ""
    digest: str = ""


def decode_all(
    entries: Sequence[Entry],
    treatment: Treatment,
    out: Path,
    crew: DecodeCrew,
    *,
    limit_s: float = LIMIT_S,
) -> Generator[list[Decoded], None, None]:
    """Decode all entries and write the pixels of entry i to row i of ``out``.

    Rows begin behind ``decode_worker.HEADER_BYTES``; those of entries without pixels are left as
    they are. Yields what was done, about every 20 ms, also when that is nothing. Closing the
    generator ends what the processes are doing at once.

    Parameters
    ----------
    crew
        The processes, as many of them as the pictures are worth.
    limit_s
        Seconds for one order, after which the process is ended and the file left out.

    Raises
    ------
    DataError
        If the file cannot be written, or no process can be started.
    """
    processes = crew.processes[: 1 + len(entries) // 16]
    pool = _Pool(entries, treatment, out, processes, limit_s)
    try:
        pool.start()
        left = len(entries)
        while left:
            done = pool.take()
            left -= len(done)
            yield done
    finally:
        pool.close()


class _Pool:
    """The processes, and a thread for each that hands it orders and waits for its answers."""

    def __init__(
        self,
        entries: Sequence[Entry],
        treatment: Treatment,
        out: Path,
        processes: Sequence[DecodeProcess],
        limit_s: float,
    ) -> None:
        self._entries = entries
        self._treatment = treatment
        self._out = out
        self._next = 0
        self._again: deque[int] = deque()  # entries of an order that ended its process
        self._lock = threading.Lock()
        self._results: queue.SimpleQueue[list[Decoded] | DataError] = queue.SimpleQueue()
        self._threads = [DecodeThread(process, self._work, limit_s) for process in processes]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def take(self) -> list[Decoded]:
        """Return what was done, waiting a moment for it."""
        for thread in self._threads:
            thread.watch()
        done: list[Decoded] = []
        with contextlib.suppress(queue.Empty):
            found = self._results.get(timeout=POLL_S)
            while True:
                if isinstance(found, DataError):
                    raise found
                done += found
                found = self._results.get_nowait()
        return done

    def close(self) -> None:
        with self._lock:
            self._next = len(self._entries)
            self._again.clear()
        end_threads(self._threads)

    def _work(self, thread: DecodeThread) -> None:
        size = 1
        try:
            while rows := self._order(size):
                begin_s = time.monotonic()
                answer = thread.ask(self._as_order(rows))
                took_s = max(time.monotonic() - begin_s, 1e-6)
                if answer is not None:
                    size = max(1, min(_MAX_ORDER, round(size * min(2.0, _AT_ONCE_S / took_s))))
                    self._answered(answer[0])
                    continue
                self._failed(rows, TOO_LONG if thread.was_late else CRASHED)
                size = 1
        except OSError as error:
            self._broken(no_process(error))

    def _order(self, size: int) -> list[int]:
        """Return the next entries to decode; suspects of a crash come alone."""
        with self._lock:
            if self._again:
                return [self._again.popleft()]
            rows = list(range(self._next, min(self._next + size, len(self._entries))))
            self._next += len(rows)
            return rows

    def _failed(self, rows: list[int], reason: str) -> None:
        """A process has ended over these entries."""
        if len(rows) == 1:
            self._results.put([Decoded(rows[0], reason)])
            return
        with self._lock:
            self._again.extend(rows)

    def _answered(self, answer: list[list[Any]]) -> None:
        done = []
        for row, *more in answer:
            if row == CANNOT_WRITE:
                self._broken(DataError(f"The pictures cannot be packed: {more[0]}."))
                return
            done.append(Decoded(row, *more) if len(more) == 1 else Decoded(row, "", *more))
        self._results.put(done)

    def _broken(self, error: DataError) -> None:
        self._results.put(error)

    def _as_order(self, rows: list[int]) -> dict[str, Any]:
        return {
            "rows": [(row, self._entries[row].path, self._entries[row].member) for row in rows],
            "treatment": dataclasses.asdict(self._treatment),
            "out": str(self._out),
        }
