"""A rectangle moved and cut so that it lies within a screen that is there."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication

_NO_SCREEN = QRect(QPoint(), QSize(1440, 900))


def first_room() -> QRect:
    """Return what windows may use of the first screen."""
    screen = QGuiApplication.primaryScreen()
    return screen.availableGeometry() if screen is not None else _NO_SCREEN


def within_screen(rect: QRect) -> QRect:
    """Return a rectangle within the screen that its centre lies on, or within the first one."""
    screen = QGuiApplication.screenAt(rect.center())
    room = screen.availableGeometry() if screen is not None else first_room()
    size = rect.size().boundedTo(room.size())
    left = min(max(rect.left(), room.left()), room.right() + 1 - size.width())
    top = min(max(rect.top(), room.top()), room.bottom() + 1 - size.height())
    return QRect(QPoint(left, top), size)
