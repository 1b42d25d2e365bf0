"""Look at a few pictures, in a process of its own."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.core.errors import DataError
from latentlab.core.treatment import Treatment
from latentlab.data.decode_process import DecodeProcess
from latentlab.data.listing import Entry

LIMIT_S = 20.0  # for one order


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


class PictureViewer:
    """A process that decodes pictures to look at; close it at the end."""

    def __init__(self) -> None:
        self._process = DecodeProcess()

    def start(self) -> None:
        """Start the process in good time.

        Raises
        ------
        DataError
            If no process can be started.
        """
        try:
            self._process.start()
        except OSError as error:
            raise _no_process(error) from error

    def look(
        self, entries: Sequence[Entry], limit_px: int, treatment: Treatment | None = None
    ) -> list[View | None]:
        """Return views of some files; ``None`` for those that cannot be opened.

        Parameters
        ----------
        limit_px
            Longest side of the originals.
        treatment
            What else to do with the pictures.

        Raises
        ------
        DataError
            If no process can be started.
        """
        found = self._ask(entries, limit_px, treatment)
        if found is None and len(entries) > 1:  # one of them ended the process
            return [view for entry in entries for view in self.look([entry], limit_px, treatment)]
        return [None] * len(entries) if found is None else found

    def close(self) -> None:
        """End the process."""
        self._process.close()
        self._process.finish()

    def _ask(
        self, entries: Sequence[Entry], limit_px: int, treatment: Treatment | None
    ) -> list[View | None] | None:
        if not entries:
            return []
        order = {
            "look": [(entry.path, entry.member) for entry in entries],
            "limit_px": limit_px,
            "treatment": None if treatment is None else dataclasses.asdict(treatment),
            "background": "black" if treatment is None else treatment.background,
        }
        watch = threading.Timer(LIMIT_S, self._process.end)
        watch.daemon = True
        watch.start()
        try:
            answer = self._process.ask(order)
        except OSError as error:
            raise _no_process(error) from error
        finally:
            watch.cancel()
            watch.join()
        return None if answer is None else _views(*answer, treatment)


def _no_process(error: OSError) -> DataError:
    return DataError("No process can be started to decode pictures.", str(error))


def _views(
    answers: Sequence[Sequence[object]], payload: bytes, treatment: Treatment | None
) -> list[View | None]:
    pixels = np.frombuffer(payload, np.uint8)
    place = 0

    def take(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        nonlocal place
        size = int(np.prod(shape))
        part = pixels[place : place + size].reshape(shape)
        place += size
        return part

    views: list[View | None] = []
    for answer in answers:
        match answer:
            case [int(width), int(height), str(mode), bool(transparent), [int(h), int(w)]]:
                original = take((h, w, 3))
                treated = None if treatment is None else take(treatment.image_shape)
                views.append(View(width, height, mode, transparent, original, treated))
            case _:
                views.append(None)
    return views
