"""Let Qt go on without waiting: nothing here takes the time of a clock."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication


def settle() -> None:
    """Let Qt lay out, paint and deliver what has changed: each may cause more."""
    for _ in range(5):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def let_time_pass(*owners: QObject) -> None:
    """Fire every timer that runs within some objects, as if its time had come."""
    for owner in owners:
        for timer in owner.findChildren(QTimer):
            if timer.isActive():
                if timer.isSingleShot():
                    timer.stop()
                timer.timeout.emit()
    settle()
