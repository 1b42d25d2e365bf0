"""How much to compute at once, so that the hand never waits and an idle machine never idles."""

from __future__ import annotations

from collections.abc import Callable

INTERACTING_S = 0.3  # somebody counts as interacting for this long after the last touch
PIECE_S = 0.004  # aim for pieces of work of this length; beside a busy window they take double
# Python's own 5 ms lets a busy thread hold up the window for 37 ms. Each call into torch gives the
# interpreter up and has to get it back: while the window paints, a short interval returns it
# sooner, which training gains from; under a hand the window needs longer stretches.
SWITCH_INTERVAL_S = 0.0005
QUIET_SWITCH_INTERVAL_S = 0.0001
QUIET_SHARE = 0.02  # share of training time that grid and map may take when nobody interacts
BUSY_SHARE = 0.15  # the same while somebody does
_FIRST_ITEMS = 16
_FEWEST_ITEMS = 8


class PieceSize:
    """Learns how many items fit into a piece of work.

    Parameters
    ----------
    largest
        Never more items than this.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._item_s = 0.0

    @property
    def items(self) -> int:
        """How many items take about as long as a piece should."""
        if self._item_s == 0.0:
            return min(_FIRST_ITEMS, self._largest)
        return min(self._largest, max(_FEWEST_ITEMS, int(PIECE_S / self._item_s)))

    def learn(self, items: int, seconds: float) -> None:
        """Note how long some items took."""
        item_s = seconds / max(1, items)
        self._item_s = item_s if self._item_s == 0.0 else 0.7 * self._item_s + 0.3 * item_s


class Pace:
    """Decides on micro-batches, and on what may run beside training.

    Parameters
    ----------
    idle_s
        Returns the seconds since somebody last interacted.
    """

    def __init__(self, idle_s: Callable[[], float]) -> None:
        self._idle_s = idle_s
        self._interactive_micro_batch: int | None = None
        self._debt_s = 0.0

    def is_interacting(self) -> bool:
        """Whether somebody interacts right now."""
        return self._idle_s() < INTERACTING_S

    def plan_micro_batch(self, batch_size: int, step_s: float | None) -> None:
        """Choose the micro-batch for a network whose undisturbed step takes ``step_s``.

        The time is measured once, on whole batches. Measuring the small ones while they run would
        lead nowhere: each has a cost of its own (reading and writing all gradients), which grows
        with everything else that runs, so they would become ever smaller and ever less efficient.
        """
        share = 1.0 if not step_s else PIECE_S / step_s
        self._interactive_micro_batch = min(batch_size, max(1, round(batch_size * share)))

    def micro_batch(self) -> int | None:
        """Return the images to train on at once, ``None`` for all of the batch."""
        return self._interactive_micro_batch if self.is_interacting() else None

    def trained(self, seconds: float) -> None:
        """Note that training took some time."""
        share = BUSY_SHARE if self.is_interacting() else QUIET_SHARE
        self._debt_s = max(-0.05, self._debt_s - share * seconds)

    def spent_beside(self, seconds: float) -> None:
        """Note that something beside training took some time."""
        self._debt_s += seconds

    def may_work_beside(self) -> bool:
        """Whether something beside training is due."""
        return self._debt_s <= 0.0
