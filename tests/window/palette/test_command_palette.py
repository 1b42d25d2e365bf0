from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit, QMainWindow, QMenu
from pytestqt.qtbot import QtBot

from latentlab.widgets.action_text import group_of, plain_text, shortcut_text
from latentlab.window.palette.command_palette import CommandPalette
from latentlab.window.palette.fuzzy import fuzzy_match
from latentlab.window.shortcuts_dialog import ShortcutsDialog

# Said by the offscreen platform about every window with a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Window(QMainWindow):
    def __init__(self) -> None:
        super().__init__()
        self.resize(900, 600)
        self.ran: list[str] = []
        self.edit = QLineEdit(self)
        self.setCentralWidget(self.edit)
        self.menu = QMenu("&Data", self)
        self.open = self.menu.addAction("&Open folder…")
        self.open.setShortcut("Ctrl+O")
        self.train = QAction("Train", self)
        self.train.setProperty("group", "Training")
        self.train.setShortcut("Ctrl+T")
        self.stop = QAction("Stop training", self)
        self.stop.setProperty("group", "Training")
        self.stop.setEnabled(False)
        self.lasso = QAction("Lasso tool", self)
        separator = QAction(self)
        separator.setSeparator(True)
        hidden = QAction("Hidden", self)
        hidden.setVisible(False)
        self.all = [self.open, self.train, self.stop, self.lasso, separator, hidden]
        self.train.triggered.connect(self._note)
        self.lasso.triggered.connect(self._note)
        self.palette_ = CommandPalette(self)

    def _note(self) -> None:
        sender = self.sender()
        assert isinstance(sender, QAction)
        self.ran.append(sender.text())


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    result = Window()
    qtbot.addWidget(result)
    result.show()
    qtbot.waitExposed(result)
    result.activateWindow()
    result.edit.setFocus()
    return result


@pytest.fixture
def search(window: Window, qtbot: QtBot) -> QLineEdit:
    window.palette_.open_with(window.all)
    edit = window.palette_.findChild(QLineEdit, "command_search")
    assert isinstance(edit, QLineEdit)
    qtbot.waitUntil(edit.hasFocus)
    return edit


def test_words_groups_and_keys_of_actions(window: Window) -> None:
    assert plain_text(window.open) == "Open folder…"
    assert plain_text(QAction("Black && white")) == "Black & white"
    assert group_of(window.open) == "Data"
    assert group_of(window.train) == "Training"
    assert group_of(window.lasso) == ""
    assert shortcut_text(window.train) == "Ctrl+T"


def test_it_lists_what_can_be_run_and_greys_the_rest(window: Window, search: QLineEdit) -> None:
    shown = window.palette_.shown_actions
    assert shown == [window.open, window.train, window.lasso, window.stop]


def test_typing_filters_and_enter_runs(window: Window, search: QLineEdit, qtbot: QtBot) -> None:
    qtbot.keyClicks(search, "tra")
    assert window.palette_.shown_actions[0] is window.train
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert window.ran == ["Train"]
    assert not window.palette_.isVisible()
    qtbot.waitUntil(window.edit.hasFocus)


def test_the_arrows_choose(window: Window, search: QLineEdit, qtbot: QtBot) -> None:
    qtbot.keyClick(search, Qt.Key.Key_Down)
    qtbot.keyClick(search, Qt.Key.Key_Down)
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert window.ran == ["Lasso tool"]


def test_up_from_the_first_goes_to_the_last_that_can_run(
    window: Window, search: QLineEdit, qtbot: QtBot
) -> None:
    qtbot.keyClick(search, Qt.Key.Key_Up)
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert window.ran == ["Lasso tool"]


def test_escape_closes_and_gives_the_focus_back(
    window: Window, search: QLineEdit, qtbot: QtBot
) -> None:
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert not window.palette_.isVisible()
    qtbot.waitUntil(window.edit.hasFocus)


def test_the_focus_elsewhere_closes(window: Window, search: QLineEdit, qtbot: QtBot) -> None:
    window.edit.setFocus()
    qtbot.waitUntil(window.palette_.isHidden)
    assert window.edit.hasFocus()


def test_nothing_found_is_said(window: Window, search: QLineEdit, qtbot: QtBot) -> None:
    qtbot.keyClicks(search, "zzz")
    assert window.palette_.shown_actions == []
    texts = [w.text() for w in window.palette_.findChildren(QLabel) if w.isVisible()]
    assert texts == ["No command has these letters."]
    qtbot.keyClick(search, Qt.Key.Key_Return)
    qtbot.keyClick(search, Qt.Key.Key_Down)
    assert window.ran == []


def test_words_of_the_group_find_too(window: Window, search: QLineEdit, qtbot: QtBot) -> None:
    qtbot.keyClicks(search, "data")
    assert window.palette_.shown_actions == [window.open]


def test_it_can_be_opened_again_and_stays_in_the_window(
    window: Window, search: QLineEdit, qtbot: QtBot
) -> None:
    qtbot.keyClicks(search, "tra")
    window.palette_.open_with(window.all)
    assert search.text() == ""
    window.resize(400, 300)
    qtbot.waitUntil(lambda: window.palette_.geometry().right() < window.width())
    assert window.rect().contains(window.palette_.geometry())
    assert not window.palette_.grab().isNull()


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("tr", "Train", "Pause the transfer"),
        ("of", "Open folder", "Roof"),
        ("cp", "Copy path", "Accept"),
        ("train", "Train", "Stop training"),
    ],
)
def test_better_matches_score_higher(query: str, better: str, worse: str) -> None:
    first, second = fuzzy_match(query, better), fuzzy_match(query, worse)
    assert first is not None
    assert second is None or first.score > second.score


def test_matches_know_their_letters() -> None:
    match = fuzzy_match("ofo", "Open folder")
    assert match is not None
    assert match.places == (0, 5, 6)
    assert fuzzy_match("xyz", "Open folder") is None
    assert fuzzy_match("", "anything") is not None
    assert fuzzy_match("FOLD er", "open folder") is not None


def test_the_list_of_keys(window: Window, qtbot: QtBot) -> None:
    dialog = ShortcutsDialog(window.all, [("drag", "Decode under the cursor")], window)
    qtbot.addWidget(dialog)
    dialog.show()
    texts = {w.text() for w in dialog.findChildren(QLabel)}
    assert {"Data", "Training", "Mouse", "Ctrl+O", "Open folder…", "drag"} <= texts
    assert "Lasso tool" not in texts
    assert not dialog.isModal()
