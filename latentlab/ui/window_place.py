"""Where the window stands: kept from one start to the next, and never outside the screen.

Qt's own format for this is not used: without a window manager it moves the window.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from latentlab.services.settings import Settings

FIRST_SIZE = QSize(1440, 900)


def restore_place(window: QMainWindow, settings: Settings) -> None:
    """Put the window where it was, or in the middle of the screen."""
    screen = QGuiApplication.primaryScreen()
    room = screen.availableGeometry() if screen is not None else QRect(QPoint(), FIRST_SIZE)
    rect = QRect(QPoint(), FIRST_SIZE.boundedTo(room.size()))
    rect.moveCenter(room.center())
    kept = settings.geometry()
    if kept is not None:
        rect, maximised = kept
        there = QGuiApplication.screenAt(rect.center())
        room = there.availableGeometry() if there is not None else room
        rect.setSize(rect.size().boundedTo(room.size()))
        rect.moveLeft(min(max(rect.left(), room.left()), room.right() + 1 - rect.width()))
        rect.moveTop(min(max(rect.top(), room.top()), room.bottom() + 1 - rect.height()))
        if maximised:
            window.setWindowState(Qt.WindowState.WindowMaximized)
    window.resize(rect.size())
    window.move(rect.topLeft())


def keep_place(window: QMainWindow, settings: Settings, docks: QByteArray) -> None:
    """Remember where the window stands, and the state of its docks."""
    place = window.normalGeometry() if window.isMaximized() else window.geometry()
    place.moveTopLeft(window.pos())  # with its frame, which is what move() counts from
    settings.set_geometry(place, window.isMaximized(), docks)
