from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from latentlab.widgets.tool_pill import ToolPill

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def test_it_follows_its_action(qtbot: QtBot) -> None:
    action = QAction("&Train")
    pill = ToolPill(action, primary=True)
    qtbot.addWidget(pill)
    pill.show()
    assert pill.accessibleName() == "Train"
    action.setEnabled(False)
    assert not pill.isEnabled()
    width = pill.sizeHint().width()
    action.setText("Train on all images")
    assert pill.sizeHint().width() > width
    assert not pill.grab().isNull()


def test_a_click_triggers_the_action(qtbot: QtBot) -> None:
    action = QAction("Explore")
    action.setCheckable(True)
    pill = ToolPill(action)
    qtbot.addWidget(pill)
    pill.show()
    qtbot.mouseClick(pill, Qt.MouseButton.LeftButton)
    assert action.isChecked()
    assert not pill.grab().isNull()


def test_only_an_icon_still_has_a_name(qtbot: QtBot) -> None:
    action = QAction("Pause")
    words, bare = ToolPill(action), ToolPill(action, icon_only=True)
    qtbot.addWidget(words)
    qtbot.addWidget(bare)
    assert bare.sizeHint().width() < words.sizeHint().width()
    assert bare.accessibleName() == "Pause"
    assert bare.toolTip() == "Pause"


def test_a_menu_gives_its_title(qtbot: QtBot) -> None:
    menu = QMenu("&Data")
    pill = ToolPill(menu=menu)
    qtbot.addWidget(pill)
    assert pill.text() == "Data"
    assert pill.accessibleName() == "Data"
    assert not pill.grab().isNull()
