"""A kind of work of the compute thread, and the one place where any of it may fail."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from latentlab.base.errors import LatentLabError
from latentlab.base.out_of_memory import is_out_of_memory
from latentlab.engine.failure import failure_sentence
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import Failed, Result

_MOST_SAID = 3  # different failures of one origin, until something has changed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """One kind of work, done a piece at a time.

    Attributes
    ----------
    job
        Its name.
    has_work
        Whether anything is wanted.
    advance
        Does one piece, of the newest request where there is one.
    drop
        Forgets what goes on, so that a failing piece is not tried again.
    request
        What asks for it, if requests do.
    is_asked_for
        Whether somebody pressed a button for it: then each failure is said.
    told
        Takes the error to whoever asked, and returns its sentence; without it all hear of it.
    """

    job: str
    has_work: Callable[[], bool]
    advance: Callable[[], None]
    drop: Callable[[], None]
    request: type[Any] | None = None
    is_asked_for: bool = False
    told: Callable[[Exception], str] | None = None


class Guard:
    """Does pieces of work; one that raises ends alone, and its failure is said by name.

    What asks again under the same circumstances, as a drag does, fails in silence from the second
    time on: a window with a thousand equal messages would be of no use.

    Parameters
    ----------
    mailbox
        Knows which requests were taken.
    emit
        Takes what is said.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None]) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._said: dict[str, set[tuple[str, ...]]] = {}
        self._reasons: set[tuple[str, ...]] = set()

    def advance(self, work: Work) -> None:
        """Do one piece of some work."""
        try:
            work.advance()
        except Exception as error:  # noqa: BLE001 - whatever it is, all other work goes on
            work.drop()
            if work.told is not None:
                log.error("%s: %s\n%s", work.job, work.told(error), details_of(error))
                return
            sequence = self._mailbox.taken(work.request)
            self.tell(work.job, error, sequence=sequence, always=work.is_asked_for)

    def tell(self, origin: str, error: Exception, *, sequence: int = -1, always: bool) -> None:
        """Say that something failed; ``always`` also if the same was said already."""
        told = _told(error)
        said = self._said.setdefault(origin, set())
        is_repeated = not always and (told in said or len(said) >= _MOST_SAID)
        said.add(told)
        if isinstance(error, LatentLabError) and not always:
            # Other work may fail for the same reason, such as data that cannot be read any more.
            is_repeated |= told in self._reasons
            self._reasons.add(told)
        sentence = sentence_of(error, failure_sentence(origin, error))
        details = details_of(error)
        if not is_repeated and not isinstance(error, LatentLabError):
            log.error("%s:\n%s", origin, details)
        self._emit(Failed(origin, sentence, details, sequence=sequence, is_repeated=is_repeated))

    def forget(self) -> None:
        """Other data, another model or device: what failed before is said again if it fails."""
        self._said.clear()
        self._reasons.clear()


def sentence_of(error: Exception, unforeseen: str) -> str:
    """Return what is said of an error: its own sentence, or else that for unforeseen ones."""
    return error.sentence if isinstance(error, LatentLabError) else unforeseen


def details_of(error: Exception) -> str:
    """Return what can be copied of an error."""
    if isinstance(error, LatentLabError):
        return error.details
    return "".join(traceback.format_exception(error))


def _told(error: Exception) -> tuple[str, ...]:
    """Return what makes two failures the same: kind and place, not the numbers in the words."""
    if is_out_of_memory(error):  # it may run out anywhere
        return ("memory",)
    if isinstance(error, LatentLabError):
        return type(error).__name__, error.sentence
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__, place
