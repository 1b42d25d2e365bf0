"""Where the docks are, as names and numbers.

Qt's own format for this is not used: damaged, it makes Qt crash (6.11).
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

from latentlab.widgets.screen_room import within_screen
from latentlab.workspace.settings import DockArea, DockPlace

_AREAS: dict[DockArea, Qt.DockWidgetArea] = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_SIDES = ("left", "right")


def dock_places(window: QMainWindow) -> dict[str, DockPlace]:
    """Return the place of each dock that has a name."""
    names = {area: name for name, area in _AREAS.items()}
    return {
        dock.objectName(): DockPlace(
            area=names.get(window.dockWidgetArea(dock), "left"),
            rect=_numbers(dock.geometry()),
            is_visible=not dock.isHidden(),
            is_floating=dock.isFloating(),
            tabbed_with=tuple(other.objectName() for other in window.tabifiedDockWidgets(dock)),
        )
        for dock in window.findChildren(QDockWidget)
        if dock.objectName()
    }


def restore_docks(window: QMainWindow, places: Mapping[str, DockPlace]) -> None:
    """Put docks where they were; those that are not known, or no longer there, stay as they are."""
    docks = {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}
    known = {name: place for name, place in places.items() if name in docks}
    done: list[str] = []
    for name in sorted(known, key=lambda name: (known[name].rect[1], known[name].rect[0], name)):
        dock, place = docks[name], known[name]
        window.addDockWidget(_AREAS[place.area], dock)
        first = next((other for other in done if other in place.tabbed_with), None)
        if first is not None:
            window.tabifyDockWidget(docks[first], dock)
        dock.setFloating(place.is_floating)
        if place.is_floating:
            dock.setGeometry(within_screen(QRect(*place.rect)))
        dock.setVisible(place.is_visible)
        done.append(name)
    across = [name for name in done if not known[name].is_floating and known[name].is_visible]
    for direction in Qt.Orientation:
        is_width = direction == Qt.Orientation.Horizontal
        sized = [
            name
            for name in across
            # A dock alone in its area has one side that can be chosen.
            if (known[name].area in _SIDES) is is_width
            or sum(known[other].area == known[name].area for other in across) > 1
        ]
        lengths = [known[name].rect[2 if is_width else 3] for name in sized]
        window.resizeDocks([docks[name] for name in sized], lengths, direction)


def _numbers(rect: QRect) -> tuple[int, int, int, int]:
    return (rect.x(), rect.y(), max(1, rect.width()), max(1, rect.height()))
