"""A thread that gives one process its orders and can be ended in the middle of any."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from latentlab.data.pictures.decode_process import DecodeProcess

POLL_S = 0.02

_GIVE_UP_S = 1.0


class DecodeThread:
    """Whoever waits for the thread looks after it with :meth:`watch`, and ends it at any moment.

    Parameters
    ----------
    process
        Belongs to the thread as long as it runs.
    work
        Runs in the thread and gives orders with :meth:`ask`.
    limit_s
        Seconds for one order.

    Attributes
    ----------
    was_late
        Whether the last order was ended because it took longer than the limit.
    """

    def __init__(
        self, process: DecodeProcess, work: Callable[[DecodeThread], None], limit_s: float
    ) -> None:
        self._process = process
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._since_s: float | None = None  # when the order that it waits for was given
        self._is_ending = False
        self.was_late = False
        self._thread = threading.Thread(target=work, args=(self,), name="decode", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def ask(self, order: dict[str, Any]) -> tuple[list[Any], bytes] | None:
        """Return the answer to an order; ``None`` if the process ended over it or was ended.

        Raises
        ------
        OSError
            If no process can be started.
        """
        with self._lock:
            if self._is_ending:
                return None
            self.was_late = False
            self._since_s = time.monotonic()
        try:
            return self._process.ask(order)
        finally:
            with self._lock:
                self._since_s = None

    def watch(self) -> None:
        """End the process if its order takes too long."""
        with self._lock:
            if self._since_s is not None and time.monotonic() - self._since_s > self._limit_s:
                self.was_late = True
                self._process.end()

    def wait(self) -> None:
        """Return as soon as the work is done, or after a moment."""
        self._thread.join(POLL_S)

    def interrupt(self) -> None:
        """Let no order be answered any more."""
        with self._lock:
            self._is_ending = True
            # A process that is just being started is none yet: whoever waits comes back to it.
            if self._since_s is not None:
                self._process.end()

    def abandon(self) -> None:
        """Leave the process to itself, where the system cannot end it; the next order gets another.

        Such as one that waits for a network folder whose server is gone.
        """
        self._process.abandon()


def end_threads(threads: Sequence[DecodeThread]) -> None:
    """End threads, whatever they are at, and return when they have ended."""
    until_s = time.monotonic() + _GIVE_UP_S
    while alive := [thread for thread in threads if thread.is_alive]:
        for thread in alive:
            thread.interrupt()
        alive[0].wait()
        if time.monotonic() > until_s:
            for thread in alive:
                thread.abandon()
            return
