"""Where the window stands: kept from one start to the next, and never outside the screen.

Qt's own format for this is not used: without a window manager it moves the window.
"""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QMainWindow

from latentlab.widgets.screen_room import first_room, within_screen
from latentlab.window.dock_places import dock_places
from latentlab.workspace.settings import Settings

FIRST_SIZE = QSize(1440, 900)

_FRAME = QMargins(4, 36, 4, 4)  # of a window manager; how large it is only a shown window knows


def restore_place(window: QMainWindow, settings: Settings) -> None:
    """Put the window where it was, or in the middle of the screen."""
    outer = QRect(QPoint(), FIRST_SIZE.grownBy(_FRAME))
    outer.moveCenter(first_room().center())
    rect, maximised = settings.geometry() or (None, False)
    if rect is not None:
        size = rect.size().expandedTo(window.minimumSizeHint())
        outer = QRect(rect.topLeft(), size.grownBy(_FRAME))
    outer = within_screen(outer)
    window.resize(outer.size().shrunkBy(_FRAME))
    window.move(outer.topLeft())
    if maximised:  # which resizing would undo
        window.setWindowState(Qt.WindowState.WindowMaximized)


def keep_place(window: QMainWindow, settings: Settings) -> None:
    """Remember where the window stands, and where its docks are."""
    kept = settings.geometry()
    is_large = window.isMaximized() or window.isFullScreen()
    place = QRect(window.normalGeometry() if is_large else window.geometry())
    # One that was never smaller in this run has no other place than the one that it was given.
    if not (is_large and kept is not None and place == kept[0]):
        # With its frame, which is what move() counts from.
        place.translate(window.frameGeometry().topLeft() - window.geometry().topLeft())
    settings.set_geometry(place, window.isMaximized(), dock_places(window))
