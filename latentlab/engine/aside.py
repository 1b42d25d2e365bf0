"""Work that needs no torch, done beside the compute thread, which looks now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Aside(Generic[T]):
    """Something that waits for a disk or another process, begun at once in a thread of its own.

    Nobody waits for the thread at the end of the program: what it was asked for is not wanted then.

    Parameters
    ----------
    do
        Called in the thread; must touch neither torch nor Qt.
    """

    def __init__(self, do: Callable[[], T]) -> None:
        self._do = do
        self._result: T | None = None
        self._error: Exception | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, name="aside", daemon=True).start()

    @property
    def is_done(self) -> bool:
        """Whether the result is there, or an error."""
        return self._done.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until it is done, no longer than so many seconds."""
        self._done.wait(seconds)

    def result(self) -> T:
        """Return what came of it, once it is done; raises what was raised in the thread."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]

    def _run(self) -> None:
        try:
            self._result = self._do()
        except Exception as error:  # noqa: BLE001 - raised again where somebody asks
            self._error = error
        finally:
            self._done.set()
