"""Garbage collection on the main thread only.

Python collects on whichever thread happens to allocate. On the compute thread that could destroy Qt
objects that belong to the main thread, so automatic collection is off while that thread lives.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

_EVERY_MS = 5000
_FULL_AFTER_IDLE_S = 1.0  # a full collection can take some hundredths of a second: not in a drag
_FULL_EVERY = 6  # turns of the timer, at least


class GarbageCollector(QObject):
    """Collects by a timer in the thread that it was made in.

    Parameters
    ----------
    idle_s
        Returns the seconds since somebody last interacted.
    parent
        Owner.
    """

    def __init__(self, idle_s: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._idle_s = idle_s
        self._turns = 0
        self._was_enabled = False
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Take over from automatic collection."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer.start()

    @Slot()
    def settle(self) -> None:
        """Leave what is loaded by now out of later collections, which makes them short.

        Only where something is loaded for good: what is left out is never freed again if it lies in
        a circle, so doing it at each training would keep something of each of them.
        """
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Give collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    @Slot()
    def _collect(self) -> None:
        self._turns += 1
        if self._turns < _FULL_EVERY or self._idle_s() < _FULL_AFTER_IDLE_S:
            gc.collect(1)
        else:
            self._turns = 0
            gc.collect()
