"""What an import says, as often as a window can show it."""

from __future__ import annotations

import time
from collections.abc import Callable

from latentlab.data.pictures.import_messages import FilesSkipped, ImportMessage, ImportProgress
from latentlab.images.origin import Skipped

_EVERY_S = 1 / 30


class Telling:
    """Passes messages on; of progress only the newest, at most 30 times a second, the last always.

    Files left out are collected meanwhile and none is lost.

    Parameters
    ----------
    tell
        Takes each message that is passed on.
    clock
        Returns monotonic seconds.
    """

    def __init__(
        self, tell: Callable[[ImportMessage], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._progress: ImportProgress | None = None
        self._skipped: list[Skipped] = []
        self._told_s = float("-inf")

    def take(self, message: ImportMessage | None) -> None:
        """Pass a message on, or keep it until it is time; ``None`` says nothing new."""
        match message:
            case ImportProgress():
                if self._progress is not None and self._progress.stage != message.stage:
                    self.flush()
                self._progress = message
            case FilesSkipped():
                self._skipped.extend(message.skipped)
            case None:
                pass
            case _:
                self.flush()
                self._tell(message)
                return
        if self._clock() - self._told_s >= _EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Pass on what is kept."""
        if self._skipped:
            skipped, self._skipped = tuple(self._skipped), []
            self._tell(FilesSkipped(skipped))
            self._told_s = self._clock()
        if self._progress is not None:
            progress, self._progress = self._progress, None
            self._tell(progress)
            self._told_s = self._clock()

    def forget(self) -> None:
        """Drop what is kept: it belongs to what is no longer wanted."""
        self._progress = None
        self._skipped = []
        self._told_s = float("-inf")
