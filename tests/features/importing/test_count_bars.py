"""Charts of counts say in words what they show."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from latentlab.features.importing.count_bars import CountBars
from latentlab.features.importing.found_classes import ClassItemModel, ClassList
from latentlab.widgets.style.theme import Theme


@pytest.fixture
def theme(qtbot: QtBot) -> Theme:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return Theme(app, "light")


def test_the_largest_first_and_the_others_together(theme: Theme, qtbot: QtBot) -> None:
    bars = CountBars("Sizes", theme, rows=3)
    qtbot.addWidget(bars)
    bars.set_counts({"a": 1, "b": 50, "c": 2, "d": 40, "e": 7})
    assert bars.rows == (("b", 50), ("d", 40), ("3 others", 10))
    assert bars.accessibleDescription() == "b: 50 (50 %); d: 40 (40 %); 3 others: 10 (10 %)"
    assert not bars.grab().isNull()
    bars.set_counts({"a": 1, "b": 5, "c": 2})
    assert bars.rows == (("b", 5), ("c", 2), ("a", 1))
    bars.set_counts({})
    assert bars.rows == () and not bars.grab().isNull()


def test_hundreds_of_classes_with_any_names(theme: Theme, qtbot: QtBot) -> None:
    classes = ClassList(theme)
    qtbot.addWidget(classes)
    classes.resize(180, 120)
    classes.show()
    counts = {f"class {i}": i for i in range(800)} | {"<b>x\n\udcff": 10_000}
    classes.set_counts(counts)
    model = classes.model()
    assert model.rowCount() == 801
    first = model.index(0, 0)
    assert first.data() == "<b>x\\n\\xff"
    assert first.data(Qt.ItemDataRole.AccessibleTextRole) == "<b>x\\n\\xff: 10,000"
    assert "<b>" not in first.data(Qt.ItemDataRole.ToolTipRole)
    assert not classes.grab().isNull()
    for _ in range(2):  # the first key only gives the list a place to begin at
        qtbot.keyClick(classes, Qt.Key.Key_End)
    assert classes.currentIndex().row() == 800
    classes.set_counts({"empty": 0})
    assert not classes.grab().isNull()


def test_the_model_keeps_qts_rules(qtbot: QtBot) -> None:
    model = ClassItemModel()
    tester = ModelTester(model)
    for counts in ({}, {"a": 1}, {"a": 1, "b": 2}, {}):
        model.set_counts(counts)
    tester._cleanup()
