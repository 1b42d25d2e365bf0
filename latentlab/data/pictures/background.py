"""A generator that runs in a thread of its own, so that whoever waits for it is never held up."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Generic, TypeVar

Told = TypeVar("Told")
Result = TypeVar("Result")

_POLL_S = 0.02


def in_background(
    work: Generator[Told, None, Result],
) -> Generator[Told | None, None, Result]:
    """Advance a generator in a thread, and yield the newest of what it told, about every 20 ms.

    A network folder whose server is gone or a huge archive may keep the thread for minutes; it
    does not keep the caller. Closing the generator leaves the thread to end by itself, as soon as
    the system answers it.

    Raises
    ------
    Exception
        Whatever ``work`` raises.
    """
    background = _Background(work)
    background.start()
    try:
        while not background.is_over.wait(_POLL_S):
            yield background.newest
    finally:
        background.is_wanted = False
    return background.result()


class _Background(Generic[Told, Result]):
    def __init__(self, work: Generator[Told, None, Result]) -> None:
        self._work = work
        self._result: list[Result] = []
        self._error: Exception | None = None
        self.newest: Told | None = None
        self.is_over = threading.Event()
        self.is_wanted = True

    def start(self) -> None:
        threading.Thread(target=self._run, name="background", daemon=True).start()

    def result(self) -> Result:
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _run(self) -> None:
        try:
            while self.is_wanted:
                self.newest = next(self._work)
            self._work.close()
        except StopIteration as end:
            self._result.append(end.value)
        except Exception as error:  # noqa: BLE001 - raised again where the result is wanted
            self._error = error
        finally:
            self.is_over.set()
