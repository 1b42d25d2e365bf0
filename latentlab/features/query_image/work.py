"""The picture that the user brings to the open model, read aside and encoded in the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from latentlab.engine.live_model import LiveModel
from latentlab.engine.messages import Result
from latentlab.features.query_image.query import BroughtPicture

_END_S = 0.5  # to end the process that decodes


class PictureWork:
    """One picture that is shown, and the next one while it is read.

    The next one takes the place of the other only when it is there: one that cannot be shown
    leaves what is on the map.

    Parameters
    ----------
    emit
        Takes the results.
    """

    def __init__(self, emit: Callable[[Result], None]) -> None:
        self._emit = emit
        self._shown: BroughtPicture | None = None
        self._next: BroughtPicture | None = None
        self._at: BroughtPicture | None = None

    def bring(self, name: str, content: bytes | Path) -> None:
        """Read a picture, instead of one that is still being read."""
        if self._next is not None:
            self._next.close()
        self._next = BroughtPicture(name, content)

    def forget(self) -> None:
        """Stop encoding the picture, and reading another one."""
        for picture in self._pictures():
            picture.close()
        self._shown = self._next = None

    def close(self) -> None:
        """End what is being read, within a moment."""
        pictures = self._pictures()
        self.forget()
        for picture in pictures:
            picture.wait(_END_S)

    def has_work(self, model: LiveModel | None, *, hurried: bool) -> bool:
        """Whether something can be read, or encoded anew, at once; see ``BroughtPicture``."""
        return model is not None and any(
            picture.has_work(model, hurried=hurried) for picture in self._pictures()
        )

    def wait(self, seconds: float) -> bool:
        """Wait for what is being read, no longer than that; return whether anything is."""
        for picture in self._pictures():
            if picture.is_reading:
                picture.wait(seconds)
                return True
        return False

    def advance(self, model: LiveModel | None, *, hurried: bool) -> None:
        """Encode what is due.

        Raises
        ------
        DataError
            If a picture cannot be shown.
        """
        if model is None:
            return
        for picture in self._pictures():
            if not picture.has_work(model, hurried=hurried):
                continue
            self._at = picture
            result = picture.advance(model)
            if result is not None:
                if picture is self._next:
                    self._take_next()
                self._emit(result)

    def drop(self) -> None:
        """Forget the picture that was worked on last: it cannot be shown."""
        if self._at is not None:
            self._at.close()
        if self._at is self._next:
            self._next = None
        elif self._at is self._shown:
            self._shown = None

    def _pictures(self) -> list[BroughtPicture]:
        return [picture for picture in (self._next, self._shown) if picture is not None]

    def _take_next(self) -> None:
        if self._shown is not None:
            self._shown.close()
        self._shown, self._next = self._next, None
