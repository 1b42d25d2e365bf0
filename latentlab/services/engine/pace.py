"""How much to compute at once, so that the hand never waits and an idle machine never idles."""

from __future__ import annotations

from collections.abc import Callable

INTERACTING_S = 0.3  # somebody counts as interacting for this long after the last touch
PIECE_S = 0.010  # aim for pieces of work of this length while somebody interacts
_QUIET_SHARE = 0.04  # share of training time that grid and map may take when nobody interacts
_BUSY_SHARE = 0.30  # the same while somebody does


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

    def items(self, seconds: float = PIECE_S) -> int:
        """Return how many items take about ``seconds``, at least 1."""
        if self._item_s == 0.0:
            return min(16, self._largest)
        return max(1, min(self._largest, int(seconds / self._item_s)))

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
        self._training_image = PieceSize(1 << 16)
        self._debt_s = 0.0

    def is_interacting(self) -> bool:
        """Whether somebody interacts right now."""
        return self._idle_s() < INTERACTING_S

    def micro_batch(self) -> int | None:
        """Return the images to train on at once, ``None`` for all of the batch."""
        return max(8, self._training_image.items()) if self.is_interacting() else None

    def trained(self, images: int, seconds: float) -> None:
        """Note that training took some time."""
        self._training_image.learn(images, seconds)
        share = _BUSY_SHARE if self.is_interacting() else _QUIET_SHARE
        self._debt_s = max(-0.05, self._debt_s - share * seconds)

    def spent_beside(self, seconds: float) -> None:
        """Note that something beside training took some time."""
        self._debt_s += seconds

    def may_work_beside(self) -> bool:
        """Whether something beside training is due."""
        return self._debt_s <= 0.0
