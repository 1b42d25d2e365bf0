"""Render what accompanies the picture less often than the picture itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from latentlab.base.trace import now_s

INTERVAL_MS = 40  # for numbers and small pictures beside the decoded one


class Coalesced(QObject):
    """Calls a function at once, and then at most so often; the last call is never lost.

    A hand makes 60 to 1000 moves a second. The decoded picture follows each of them; numbers,
    sliders and nearest images need not, and the time they would take belongs to the picture.

    Parameters
    ----------
    render
        What to call; it looks at the stores, so it takes nothing.
    parent
        Owner.
    interval_ms
        Least time between two calls.
    """

    def __init__(
        self, render: Callable[[], None], parent: QObject, interval_ms: int = INTERVAL_MS
    ) -> None:
        super().__init__(parent)
        self._render = render
        self._interval_ms = interval_ms
        self._last_s = -1.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._call)

    @Slot()
    def schedule(self) -> None:
        """Call now or soon."""
        if self._timer.isActive():
            return
        left_ms = self._interval_ms - (now_s() - self._last_s) * 1e3
        if left_ms <= 0:
            self._call()
        else:
            self._timer.start(max(1, round(left_ms)))

    @Slot()
    def _call(self) -> None:
        self._last_s = now_s()
        self._render()
