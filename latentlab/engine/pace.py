"""How much to compute at once, so that the hand never waits and an idle machine never idles."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Callable, Iterator

from latentlab.base.trace import now_s

INTERACTING_S = 0.3  # input counts as going on for this long after the last touch
PIECE_S = 0.004  # aim for pieces of work of this length
LONGEST_PART_S = 0.006  # of a training step, while somebody interacts
SHORTEST_PART_S = 0.004  # below it, parts grow again: each has a cost of its own
_PARTS_LEARNT_FROM = 7
_LEAST_GAIN = 0.3  # of the time that splitting saves where a part has no cost of its own
# Python's own 5 ms lets a busy thread hold up the window for 37 ms. Each call into torch gives the
# interpreter up and has to get it back: while the window paints, a short interval returns it
# sooner, which training gains from; under a hand the window needs longer stretches.
SWITCH_INTERVAL_S = 0.0005
QUIET_SWITCH_INTERVAL_S = 0.0001
QUIET_SHARE = 0.02  # share of training time that grid and map may take when nobody interacts
BUSY_SHARE = 0.15  # the same while somebody does
_FIRST_ITEMS = 16


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
        return min(self._largest, max(1, int(PIECE_S / self._item_s)))

    def learn(self, items: int, seconds: float) -> None:
        """Note how long some items took."""
        item_s = seconds / max(1, items)
        self._item_s = item_s if self._item_s == 0.0 else 0.7 * self._item_s + 0.3 * item_s


def pieces(count: int, largest: int) -> Iterator[slice]:
    """Yield rows that take about as long as a piece of work should, by how long the last took."""
    piece, start = PieceSize(largest), 0
    while start < count:
        stop = min(count, start + piece.items)
        begin_s = now_s()
        yield slice(start, stop)
        piece.learn(stop - start, now_s() - begin_s)
        start = stop


class PartSize:
    """Learns how small the parts of a training step must be to hold up no pointer.

    The cursor is served between the layers too, so what counts of a part is the longest time
    without that, about the one of its largest layer. It is measured where it counts: on this
    machine, with the threads that are left to training, beside the window. What is followed is the
    median of the last parts, which a few interruptions do not move. A part has a cost of its own
    (reading and writing all gradients), so where smaller ones hardly help, the size stays.

    Attributes
    ----------
    items
        Images of a part; all parts of a batch are as equal as can be.
    """

    def __init__(self, batch_size: int, step_s: float | None) -> None:
        self._batch_size = batch_size
        self._fewest_items = 1
        self._seconds: deque[float] = deque(maxlen=_PARTS_LEARNT_FROM)
        self._before: tuple[int, float] | None = None
        self.items = batch_size
        # A guess to begin with: the whole step was timed undisturbed.
        self._resize(batch_size * min(1.0, SHORTEST_PART_S / step_s if step_s else 1.0))

    def learn(self, images: int, seconds: float) -> None:
        """Note how long a part took; the last one of a batch, if smaller, says nothing."""
        if images != self.items:
            return
        self._seconds.append(seconds)
        if len(self._seconds) < _PARTS_LEARNT_FROM:
            return
        usual_s = statistics.median(self._seconds)
        if self._before is not None:
            items_before, seconds_before = self._before
            self._before = None
            saved = 1 - usual_s / seconds_before
            if saved < _LEAST_GAIN * (1 - self.items / items_before):
                self._fewest_items = items_before
                self._resize(items_before)
                return
        # Never less than half or more than twice as many at once: it may have been disturbed.
        ratio = 0.5 * (SHORTEST_PART_S + LONGEST_PART_S) / max(usual_s, 1e-9)
        wanted = self.items * min(2.0, max(0.5, ratio))
        if usual_s > LONGEST_PART_S and self.items > self._fewest_items:
            self._before = self.items, usual_s
            self._resize(min(self.items - 1, wanted))
        elif usual_s < SHORTEST_PART_S and self.items < self._batch_size:
            one_part_less = math.ceil(self._batch_size / (self._num_parts(self.items) - 1))
            # As if all of the time grew with the images, so that it need not be undone.
            if usual_s * one_part_less / self.items <= LONGEST_PART_S:
                self._resize(max(one_part_less, wanted))

    def rest(self) -> None:
        """Note that nobody interacts: what cannot be made shorter is tried again afterwards."""
        self._fewest_items = 1
        self._before = None
        self._seconds.clear()

    def _resize(self, items: float) -> None:
        allowed = max(self._fewest_items, min(self._batch_size, int(items)))
        self.items = math.ceil(self._batch_size / self._num_parts(max(1, allowed)))
        self._seconds.clear()

    def _num_parts(self, items: int) -> int:
        return math.ceil(self._batch_size / items)


class Pace:
    """Decides on micro-batches, and on what may run beside training.

    Parameters
    ----------
    idle_s
        Returns the seconds since somebody last interacted.
    """

    def __init__(self, idle_s: Callable[[], float]) -> None:
        self._idle_s = idle_s
        self._part_size: PartSize | None = None
        self._debt_s = 0.0
        self._is_trainings_turn = False

    def is_interacting(self) -> bool:
        """Whether somebody interacts right now."""
        return self._idle_s() < INTERACTING_S

    def begin_run(self) -> None:
        """Forget what was learnt about the parts of another run; until planned, none is split."""
        self._part_size = None

    def plan_parts(self, batch_size: int, step_s: float | None) -> None:
        """Split the steps from now on; an undisturbed one takes ``step_s`` where that is known."""
        self._part_size = PartSize(batch_size, step_s)

    def micro_batch(self) -> int | None:
        """Return the images to train on at once, ``None`` for all of the batch."""
        if self._part_size is None:
            return None
        if not self.is_interacting():
            self._part_size.rest()
            return None
        return self._part_size.items

    def trained_part(self, images: int, seconds: float) -> None:
        """Note how long at once some images of a step held the cursor up."""
        if self._part_size is not None and self.is_interacting():
            self._part_size.learn(images, seconds)

    def trained(self, seconds: float) -> None:
        """Note that training took some time."""
        share = BUSY_SHARE if self.is_interacting() else QUIET_SHARE
        self._debt_s = max(-0.05, self._debt_s - share * seconds)
        self._is_trainings_turn = False

    def spent_beside(self, seconds: float) -> None:
        """Note that something beside training took some time."""
        self._debt_s += seconds
        self._is_trainings_turn = True

    def may_work_beside(self) -> bool:
        """Whether something beside training is due: never twice in a row."""
        return self._debt_s <= 0.0 and not self._is_trainings_turn
