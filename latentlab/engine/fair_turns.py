"""Which of several kinds of long work gets the next piece."""

from __future__ import annotations

from collections.abc import Sequence

from latentlab.engine.work import Work


class FairTurns:
    """Gives each kind of work that is wanted the same time, however long its pieces are.

    Whatever somebody has clicked begins at once, and nothing keeps all else waiting.
    """

    def __init__(self) -> None:
        self._spent_s: dict[str, float] = {}

    def next_of(self, works: Sequence[Work]) -> Work | None:
        """Return the work that had the least time, ``None`` where nothing is wanted."""
        wanted = [work for work in works if work.has_work()]
        # What comes anew has no claim on the time that others took while it was not there.
        known = [self._spent_s[w.job] for w in wanted if w.job in self._spent_s]
        begin_s = min(known, default=0.0)
        self._spent_s = {w.job: self._spent_s.get(w.job, begin_s) for w in wanted}
        return min(wanted, key=lambda work: self._spent_s[work.job], default=None)

    def spent(self, work: Work, seconds: float) -> None:
        """Note how long a piece took."""
        if work.job in self._spent_s:
            self._spent_s[work.job] += seconds
