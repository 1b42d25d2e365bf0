"""Look at a few pictures, which processes of their own decode."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.data.pictures.decode_crew import DecodeCrew, no_process
from latentlab.data.pictures.decode_thread import DecodeThread, end_threads
from latentlab.data.pictures.listing import Entry
from latentlab.images.treatment import Treatment

LIMIT_S = 20.0  # for one order
CRASHED = "decoding it crashed, or took too long"

_FEW = 4  # files that a process is worth


@dataclass(frozen=True, eq=False)
class View:
    """A picture as somebody looks at it.

    Attributes
    ----------
    width, height, mode, transparent
        What the file holds, as in ``picture.PictureFacts``.
    original
        uint8 (h, w, 3), reduced to the limit asked for.
    treated
        uint8 (h, w, c) after the treatment asked for, ``None`` without one.
    """

    width: int
    height: int
    mode: str
    transparent: bool
    original: NDArray[np.uint8]
    treated: NDArray[np.uint8] | None


def look_at(
    entries: Sequence[Entry], crew: DecodeCrew, limit_px: int, treatment: Treatment | None = None
) -> list[View | str]:
    """Return views of some files as :func:`views_of` does, waiting for them.

    Raises
    ------
    DataError
        If no process can be started.
    """
    looking = views_of(entries, crew, limit_px, treatment)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def views_of(
    entries: Sequence[Entry],
    crew: DecodeCrew,
    limit_px: int,
    treatment: Treatment | None = None,
    *,
    limit_s: float = LIMIT_S,
) -> Generator[None, None, list[View | str]]:
    """Return views of some files, or the reason for those that cannot be opened.

    Yields about every 20 ms. Closing the generator ends what the processes are doing at once.

    Parameters
    ----------
    crew
        The processes, as many of them as the files are worth.
    limit_px
        Longest side of the originals.
    treatment
        What else to do with the pictures.
    limit_s
        Seconds for one order, after which the process is ended.

    Raises
    ------
    DataError
        If no process can be started.
    """
    processes = crew.processes[: max(1, len(entries) // _FEW)]
    # By turns: large files are often neighbours.
    looks = [
        _Look(entries[i :: len(processes)], limit_px, treatment) for i in range(len(processes))
    ]
    threads = [
        DecodeThread(process, look.run, limit_s)
        for process, look in zip(processes, looks, strict=True)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive:
                for each in threads:
                    each.watch()
                thread.wait()
                yield
    finally:
        end_threads(threads)
    views: list[View | str] = [""] * len(entries)
    for i, look in enumerate(looks):
        views[i :: len(processes)] = look.result()
    return views


class _Look:
    """The part of the files that one process looks at."""

    def __init__(
        self, entries: Sequence[Entry], limit_px: int, treatment: Treatment | None
    ) -> None:
        self._entries = entries
        self._limit_px = limit_px
        self._treatment = treatment
        self._found: list[View | str] = []
        self._error: Exception | None = None

    def run(self, thread: DecodeThread) -> None:
        """Work in a thread."""
        try:
            self._found = self._look(thread, self._entries)
        except OSError as error:
            self._error = no_process(error)
        except Exception as error:  # noqa: BLE001 - raised again where the views are wanted
            self._error = error

    def result(self) -> list[View | str]:
        """Return what was found.

        Raises
        ------
        DataError
            If no process can be started.
        """
        if self._error is not None:
            raise self._error
        return self._found

    def _look(self, thread: DecodeThread, entries: Sequence[Entry]) -> list[View | str]:
        answer = thread.ask(
            {
                "look": [(entry.path, entry.member) for entry in entries],
                "limit_px": self._limit_px,
                "treatment": None
                if self._treatment is None
                else dataclasses.asdict(self._treatment),
                "background": "black" if self._treatment is None else self._treatment.background,
            }
        )
        if answer is not None:
            return _views(*answer, self._treatment)
        if len(entries) > 1:  # one of them ended the process
            return [view for entry in entries for view in self._look(thread, [entry])]
        return [CRASHED] * len(entries)


def _views(
    answers: Sequence[Sequence[object]], payload: bytes, treatment: Treatment | None
) -> list[View | str]:
    pixels = np.frombuffer(payload, np.uint8)
    place = 0

    def take(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        nonlocal place
        size = int(np.prod(shape))
        part = pixels[place : place + size].reshape(shape)
        place += size
        return part

    views: list[View | str] = []
    for answer in answers:
        match answer:
            case [int(width), int(height), str(mode), bool(transparent), [int(h), int(w)]]:
                original = take((h, w, 3))
                treated = None if treatment is None else take(treatment.image_shape)
                views.append(View(width, height, mode, transparent, original, treated))
            case [str(reason)]:
                views.append(reason)
            case _:
                raise AssertionError(f"not an answer: {answer}")
    return views
