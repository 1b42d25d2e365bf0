"""The trail of visited points, with undo and redo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

MAX_VISITS = 200


class Trail(QObject):
    """Store of the points where the hand came to rest, and which of them is current."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._visits: list[NDArray[np.float32]] = []
        self._position = -1

    @property
    def visits(self) -> tuple[NDArray[np.float32], ...]:
        """The visited codes, float32 (d,) each, oldest first."""
        return tuple(self._visits)

    @property
    def position(self) -> int:
        """Index of the current visit, -1 without any."""
        return self._position

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier visit."""
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a later visit."""
        return self._position < len(self._visits) - 1

    def visit(self, z: NDArray[np.float32]) -> None:
        """Add a visit after the current one; later ones are dropped."""
        if self._position >= 0 and np.array_equal(z, self._visits[self._position]):
            return
        del self._visits[self._position + 1 :]
        self._visits.append(np.array(z, np.float32))
        del self._visits[:-MAX_VISITS]
        self._position = len(self._visits) - 1
        self.changed.emit()

    def go_to(self, position: int) -> NDArray[np.float32]:
        """Make another visit the current one and return its code."""
        if not 0 <= position < len(self._visits):
            raise IndexError(position)
        if position != self._position:
            self._position = position
            self.changed.emit()
        return self._visits[position]

    def undo(self) -> NDArray[np.float32] | None:
        """Go to the visit before and return its code, ``None`` without one."""
        return self.go_to(self._position - 1) if self.can_undo else None

    def redo(self) -> NDArray[np.float32] | None:
        """Go to the visit after and return its code, ``None`` without one."""
        return self.go_to(self._position + 1) if self.can_redo else None

    def clear(self) -> None:
        """Forget all visits."""
        if not self._visits:
            return
        self._visits.clear()
        self._position = -1
        self.changed.emit()
