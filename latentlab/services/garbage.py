"""Garbage collection on the main thread only.

Python collects on whichever thread happens to allocate. On the compute thread that could destroy Qt
objects that belong to the main thread, so automatic collection is off while that thread lives.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

_EVERY_MS = 5000


class GarbageCollector(QObject):
    """Collects by a timer in the thread that it was made in."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
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
        """Leave what is loaded by now out of later collections, which makes them short."""
        gc.freeze()

    def stop(self) -> None:
        """Give collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    @Slot()
    def _collect(self) -> None:
        gc.collect()
