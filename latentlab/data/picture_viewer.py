"""Look at a few pictures, which processes of their own decode."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.core.treatment import Treatment
from latentlab.data.decode_crew import DecodeCrew, no_process
from latentlab.data.decode_process import DecodeProcess
from latentlab.data.listing import Entry

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
    """Return views of some files, or the reason for those that cannot be opened.

    Parameters
    ----------
    crew
        The processes, as many of them as the files are worth.
    limit_px
        Longest side of the originals.
    treatment
        What else to do with the pictures.

    Raises
    ------
    DataError
        If no process can be started.
    """
    processes = crew.processes[: max(1, len(entries) // _FEW)]
    if len(processes) == 1:
        return _look(processes[0], entries, limit_px, treatment)
    # By turns: large files are often neighbours.
    parts = [entries[i :: len(processes)] for i in range(len(processes))]
    views: list[View | str] = [""] * len(entries)
    with ThreadPoolExecutor(len(processes)) as threads:
        work = [
            threads.submit(_look, process, part, limit_px, treatment)
            for process, part in zip(processes, parts, strict=True)
        ]
        for i, found in enumerate(work):
            views[i :: len(processes)] = found.result()
    return views


def _look(
    process: DecodeProcess, entries: Sequence[Entry], limit_px: int, treatment: Treatment | None
) -> list[View | str]:
    found = _ask(process, entries, limit_px, treatment)
    if found is None and len(entries) > 1:  # one of them ended the process
        return [v for entry in entries for v in _look(process, [entry], limit_px, treatment)]
    return [CRASHED] * len(entries) if found is None else found


def _ask(
    process: DecodeProcess, entries: Sequence[Entry], limit_px: int, treatment: Treatment | None
) -> list[View | str] | None:
    order = {
        "look": [(entry.path, entry.member) for entry in entries],
        "limit_px": limit_px,
        "treatment": None if treatment is None else dataclasses.asdict(treatment),
        "background": "black" if treatment is None else treatment.background,
    }
    watch = threading.Timer(LIMIT_S, process.end)
    watch.daemon = True
    watch.start()
    try:
        answer = process.ask(order)
    except OSError as error:
        raise no_process(error) from error
    finally:
        watch.cancel()
        watch.join()
    return None if answer is None else _views(*answer, treatment)


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
