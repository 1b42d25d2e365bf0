"""Windows and docks come back where they were, and never outside the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow
from pytestqt.qtbot import QtBot
from qt_turns import settle

from latentlab.window.dock_places import dock_places, restore_docks
from latentlab.window.window_place import keep_place, restore_place
from latentlab.workspace.settings import DockPlace, Settings


def window_with_docks(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    for name, area in (
        ("one", Qt.DockWidgetArea.LeftDockWidgetArea),
        ("two", Qt.DockWidgetArea.RightDockWidgetArea),
        ("three", Qt.DockWidgetArea.BottomDockWidgetArea),
    ):
        dock = QDockWidget(name, window)
        dock.setObjectName(name)
        window.addDockWidget(area, dock)
    window.resize(700, 500)
    return window


@pytest.mark.parametrize(
    "rect",
    [
        (5000, 40, 600, 400),
        (-4000, -3000, 600, 400),
        (100, -300, 600, 400),
        (0, 0, 100_000, 100_000),
        (-100_000, 100_000, 1, 1),
        (30, 50, 640, 480),
    ],
)
def test_a_place_of_a_screen_that_is_gone_is_moved_into_one_that_is_there(
    qtbot: QtBot, tmp_path: Path, rect: tuple[int, int, int, int]
) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set_geometry(QRect(*rect), False, {})
    window = window_with_docks(qtbot)
    restore_place(window, settings)
    window.show()
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert room.contains(window.frameGeometry())
    if rect[0] == 30:
        keep_place(window, settings)
        assert settings.geometry() == (QRect(*rect), False)


def test_the_first_window_fits_with_its_frame(qtbot: QtBot, tmp_path: Path) -> None:
    window = window_with_docks(qtbot)
    restore_place(window, Settings(tmp_path / "settings.json"))
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert window.height() + 36 <= room.height() and window.width() + 8 <= room.width()


def test_a_maximised_window_comes_back_so_and_keeps_its_other_place(
    qtbot: QtBot, tmp_path: Path
) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set_geometry(QRect(60, 70, 500, 400), True, {})
    window = window_with_docks(qtbot)
    restore_place(window, settings)
    window.show()
    assert window.isMaximized()
    keep_place(window, settings)
    kept = settings.geometry()
    assert kept is not None and kept[1]
    assert kept[0].size() == QRect(60, 70, 500, 400).size()


def test_docks_come_back_where_they_were(qtbot: QtBot) -> None:
    first = window_with_docks(qtbot)
    first.show()
    one, two, three = (first.findChild(QDockWidget, name) for name in ("one", "two", "three"))
    first.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, one)
    first.resizeDocks([two, one], [230, 230], Qt.Orientation.Horizontal)
    first.resizeDocks([two, one], [100, 300], Qt.Orientation.Vertical)
    three.hide()
    settle()
    places = dock_places(first)
    second = window_with_docks(qtbot)
    second.show()
    restore_docks(second, places)
    settle()
    again = dock_places(second)
    assert {name: (p.area, p.is_visible, p.is_floating) for name, p in again.items()} == {
        "one": ("right", True, False),
        "two": ("right", True, False),
        "three": ("bottom", False, False),
    }
    for name in ("one", "two"):
        assert again[name].rect == places[name].rect


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_tabs_and_floating_docks_come_back(qtbot: QtBot) -> None:
    first = window_with_docks(qtbot)
    first.show()
    one, two, three = (first.findChild(QDockWidget, name) for name in ("one", "two", "three"))
    first.tabifyDockWidget(one, two)
    three.setFloating(True)
    three.setGeometry(80, 90, 200, 150)
    second = window_with_docks(qtbot)
    second.show()
    restore_docks(second, dock_places(first))
    again = dock_places(second)
    assert again["one"].tabbed_with == ("two",) and again["one"].area == "left"
    assert again["three"].is_floating and again["three"].rect == (80, 90, 200, 150)


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_docks_that_are_not_there_and_places_off_the_screen_do_no_harm(qtbot: QtBot) -> None:
    window = window_with_docks(qtbot)
    window.show()
    restore_docks(
        window,
        {
            "gone": DockPlace("left", (0, 0, 10, 10)),
            "one": DockPlace("top", (99_999, -99_999, 99_999, 1), True, True, ("gone", "two")),
            "two": DockPlace("left", (-9, 0, 99_999, 99_999), False),
        },
    )
    one = window.findChild(QDockWidget, "one")
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert one.isFloating() and room.intersects(one.geometry())
    assert window.findChild(QDockWidget, "two").isHidden()
