from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from latentlab.widgets.dialogs.details_dialog import DetailsDialog
from latentlab.window import toast as toast_module
from latentlab.window.toast_area import ToastArea

# Said by the offscreen platform about every window with a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    result = QWidget()
    qtbot.addWidget(result)
    result.resize(800, 500)
    result.show()
    qtbot.waitExposed(result)
    return result


@pytest.fixture
def area(parent: QWidget) -> ToastArea:
    return ToastArea(parent)


def _running(widget: QWidget) -> list[QTimer]:
    return [timer for timer in widget.findChildren(QTimer) if timer.isActive()]


def test_a_message_goes_by_itself(
    area: ToastArea, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(toast_module.SHOWN_MS, "info", 20)
    toast = area.show_message("Run saved.")
    assert area.isVisible()
    with qtbot.waitSignal(toast.closed):
        pass
    assert area.toasts == ()
    assert area.isHidden()
    assert _running(area) == []


def test_an_error_stays_until_it_is_closed(area: ToastArea, qtbot: QtBot) -> None:
    toast = area.show_message("The folder cannot be read.", "bad")
    assert _running(area) == []
    button = toast.findChild(QToolButton, "close")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert area.toasts == ()


def test_no_timer_runs_while_hidden(area: ToastArea, parent: QWidget) -> None:
    area.show_message("Run saved.")
    assert len(_running(area)) == 1
    parent.hide()
    assert _running(area) == []
    parent.show()
    assert len(_running(area)) == 1
    area.clear()
    assert _running(area) == []


def test_the_newest_is_on_top_and_there_are_three(area: ToastArea) -> None:
    for number in range(5):
        area.show_message(f"Message {number}.")
    assert [t.sentence for t in area.toasts] == ["Message 4.", "Message 3.", "Message 2."]
    area.clear()


def test_errors_outlast_other_messages(area: ToastArea) -> None:
    area.show_message("An error.", "bad")
    for number in range(4):
        area.show_message(f"Message {number}.")
    assert [t.sentence for t in area.toasts] == ["Message 3.", "Message 2.", "An error."]
    area.clear()


def test_the_same_message_is_not_shown_twice(area: ToastArea) -> None:
    area.show_message("An error.", "bad")
    area.show_message("Another.", "bad")
    area.show_message("An error.", "bad")
    assert [t.sentence for t in area.toasts] == ["An error.", "Another."]
    area.clear()


def test_its_button_tells_and_closes(area: ToastArea, qtbot: QtBot) -> None:
    toast = area.show_message("Training finished.", "good", action_text="Show")
    button = toast.findChild(QPushButton, "action")
    assert button is not None
    with qtbot.waitSignals([toast.actionTriggered, toast.closed]):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert area.toasts == ()


def test_details_can_be_read_and_copied(area: ToastArea, parent: QWidget, qtbot: QtBot) -> None:
    toast = area.show_message("It failed.", "bad", details="PermissionError: /data")
    button = toast.findChild(QToolButton, "details")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = parent.findChild(DetailsDialog)
    assert dialog is not None
    qtbot.addWidget(dialog)
    dialog.copy()
    assert QGuiApplication.clipboard().text() == "It failed.\n\nPermissionError: /data"
    with qtbot.waitSignal(dialog.destroyed):
        dialog.close()
    area.clear()


def test_it_stays_inside_its_parent(area: ToastArea, parent: QWidget, qtbot: QtBot) -> None:
    long = "The folder cannot be read, because it belongs to somebody else. " * 3
    area.show_message(long, "warn")
    area.show_message("Short.", "bad")
    parent.resize(360, 400)
    qtbot.waitUntil(lambda: parent.rect().contains(area.geometry()))
    assert abs(area.geometry().center().x() - parent.rect().center().x()) <= 1
    area.clear()
