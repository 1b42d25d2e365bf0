"""Nearest data points of a place, found beside the window where that takes its time."""

from __future__ import annotations

import logging
import threading

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot

from latentlab.latent.neighbours import NeighbourIndex, Neighbours

_MAX_QUICK_DIMS = 16
_MAX_QUICK_POINTS = 100_000

log = logging.getLogger(__name__)

_Question = tuple[int, NeighbourIndex, NDArray[np.float32], int]


class NeighbourSearch(QObject):
    """Answers at once what takes under a millisecond; all else in a thread, the newest only.

    A thread lives as long as there are questions. Answers always advance: one is dropped only if a
    newer one was there before, or if nobody wants it any more.
    """

    found = Signal(object)
    """``Neighbours``, or ``None`` where the search failed."""
    _answered = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._wanted: _Question | None = None
        self._thread: threading.Thread | None = None
        self._number = self._taken = 0
        self._answered.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def query(self, index: NeighbourIndex, z: NDArray[np.float32], k: int) -> Neighbours | None:
        """Return the ``k`` nearest data points, or ``None`` and emit :attr:`found` later."""
        count, dims = index.codes.shape
        if dims <= _MAX_QUICK_DIMS and count <= _MAX_QUICK_POINTS:
            self.drop()
            return index.query(z, k)
        self._number += 1
        with self._lock:
            self._wanted = (self._number, index, z, k)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="neighbours", daemon=True)
                self._thread.start()
        return None

    def drop(self) -> None:
        """Want none of the answers that are on their way."""
        self._number += 1
        self._taken = self._number
        with self._lock:
            self._wanted = None

    def close(self) -> None:
        """Drop all and wait for the search that is being done."""
        self.drop()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._thread = None
                    return
            number, index, z, k = wanted
            answer: Neighbours | None = None
            try:
                answer = index.query(z, k)
            except Exception:
                log.exception("nearest images")
            try:
                self._answered.emit(number, answer)
            except RuntimeError:  # the window is gone
                return

    @Slot(int, object)
    def _take(self, number: int, answer: Neighbours | None) -> None:
        if number > self._taken:
            self._taken = number
            self.found.emit(answer)
