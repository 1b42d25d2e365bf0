from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLineEdit,
    QListView,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from latentlab.latent.palette import class_colours
from latentlab.map.legend.class_legend import MOST_CHIPS, ClassLegend
from latentlab.map.legend.class_row import COUNT_ROLE, GREYED_ROLE


class Over(QWidget):
    """Stands for the map: what reaches it would move something there."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: list[QEvent.Type] = []

    def event(self, event: QEvent) -> bool:
        if event.type() in (
            QEvent.Type.KeyPress,
            QEvent.Type.Wheel,
            QEvent.Type.MouseButtonPress,
        ):
            self.reached.append(event.type())
        return super().event(event)


class Legend:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.over = Over()
        self.over.resize(700, 500)
        self.legend = ClassLegend(self.over)
        self.dimmed: frozenset[int] = frozenset()
        self.legend.dimmedChanged.connect(self.take)
        qtbot.addWidget(self.over)
        self.over.show()

    def take(self, dimmed: frozenset[int]) -> None:
        self.dimmed = dimmed
        self.legend.set_dimmed(dimmed)

    def show(self, count: int, names: list[str] | None = None) -> None:
        names = names or [f"class {i}" for i in range(count)]
        colours = [QColor(*colour) for colour in class_colours(count)]
        self.legend.set_classes(names, colours, [10 * i for i in range(count)])

    @property
    def view(self) -> QListView:
        found = self.legend.findChild(QListView, "class_view")
        assert found is not None
        return found

    @property
    def filter(self) -> QLineEdit:
        found = self.legend.findChild(QLineEdit, "class_filter")
        assert found is not None
        return found

    def rows(self) -> list[str]:
        model = self.view.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def at(self, row: int) -> QPoint:
        return self.view.visualRect(self.view.model().index(row, 0)).center()

    def click(self, row: int) -> None:
        self.qtbot.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, pos=self.at(row))

    def double_click(self, row: int) -> None:
        self.click(row)
        self.qtbot.mouseDClick(self.view.viewport(), Qt.MouseButton.LeftButton, pos=self.at(row))


@pytest.fixture
def legend(qtbot: QtBot) -> Iterator[Legend]:
    yield Legend(qtbot)


def test_without_classes_there_is_no_legend(legend: Legend) -> None:
    legend.show(3)
    assert legend.legend.isVisible()
    legend.show(0)
    assert not legend.legend.isVisible()


def test_a_dozen_classes_are_chips_and_more_are_a_list(legend: Legend) -> None:
    legend.show(MOST_CHIPS)
    chips = [chip for chip in legend.legend.findChildren(QAbstractButton) if chip.isVisible()]
    assert len(chips) == MOST_CHIPS
    assert not legend.view.isVisible()
    legend.show(MOST_CHIPS + 1)
    assert legend.view.isVisible()
    assert len(legend.rows()) == MOST_CHIPS + 1
    assert legend.view.model().index(5, 0).data(COUNT_ROLE) == 50


def test_hundreds_of_classes_take_little_room(legend: Legend) -> None:
    legend.show(300)
    area = legend.legend.geometry()
    assert legend.over.rect().contains(area)
    assert area.height() < 300 and area.width() < 220
    assert legend.view.verticalScrollBar().maximum() > 0
    legend.over.resize(260, 200)
    legend.legend.arrange()
    assert legend.over.rect().contains(legend.legend.geometry())


def test_a_click_greys_and_a_double_click_sees_alone(legend: Legend) -> None:
    legend.show(20)
    legend.click(3)
    assert legend.dimmed == {3}
    assert legend.view.model().index(3, 0).data(GREYED_ROLE)
    legend.click(3)
    assert legend.dimmed == frozenset()
    legend.double_click(2)
    assert legend.dimmed == frozenset(range(20)) - {2}
    legend.double_click(2)
    assert legend.dimmed == frozenset(), "a second double click brings everything back"


def test_the_same_with_chips(legend: Legend) -> None:
    legend.show(5)
    chip = legend.legend.findChild(QAbstractButton, "class_1")
    for expected in ({0, 2, 3, 4}, set()):
        legend.qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
        legend.qtbot.mouseDClick(chip, Qt.MouseButton.LeftButton)
        assert legend.dimmed == expected


def test_show_all_is_there_while_something_is_greyed(legend: Legend) -> None:
    legend.show(20)
    button = legend.legend.findChild(QPushButton, "show_all_classes")
    assert not button.isVisible()
    legend.click(0)
    assert button.isVisible()
    button.click()
    assert legend.dimmed == frozenset()


def test_a_class_is_found_by_a_part_of_its_name_and_keeps_its_number(legend: Legend) -> None:
    legend.show(15, [f"animal {name}" for name in "abcdefghijklmn"] + ["Table"])
    legend.qtbot.keyClicks(legend.filter, "tab")
    assert legend.rows() == ["Table"]
    legend.qtbot.keyClick(legend.filter, Qt.Key.Key_Return)
    assert legend.dimmed == frozenset(range(14))
    legend.qtbot.keyClick(legend.filter, Qt.Key.Key_Escape)
    assert len(legend.rows()) == 15
    legend.filter.setText("(")
    assert legend.rows() == [], "a name is no pattern"


def test_the_keyboard_reaches_everything_and_the_map_hears_nothing_of_it(legend: Legend) -> None:
    legend.show(20)
    legend.filter.setFocus()
    legend.qtbot.keyClick(legend.filter, Qt.Key.Key_Up)
    legend.qtbot.keyClick(legend.filter, Qt.Key.Key_Down)
    assert legend.view.currentIndex().row() == 0
    legend.qtbot.keyClick(legend.view, Qt.Key.Key_Down)
    legend.qtbot.keyClick(legend.view, Qt.Key.Key_Space)
    assert legend.dimmed == {1}
    for expected in (frozenset(range(20)) - {1}, frozenset()):
        legend.qtbot.keyClick(legend.view, Qt.Key.Key_Return)
        assert legend.dimmed == expected
    assert legend.over.reached == []


def test_the_wheel_over_the_list_does_not_zoom_the_map(legend: Legend) -> None:
    legend.show(300)
    at = QPointF(legend.at(1))
    where = QPointF(legend.view.viewport().mapToGlobal(legend.at(1)))
    for delta in (120, -120, -120_000, -120):
        event = QWheelEvent(
            at,
            where,
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(legend.view.viewport(), event)
    assert legend.over.reached == []


def test_names_are_plain_text_everywhere(legend: Legend) -> None:
    names = ["<b>bold</b>", "two\nlines", "a" * 300] + [f"c{i}" for i in range(12)]
    legend.show(15, names)
    assert legend.rows()[:2] == ["<b>bold</b>", "two\\nlines"]
    tooltip = legend.view.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;bold" in tooltip
    legend.show(3, names[:3])
    chips = [legend.legend.findChild(QAbstractButton, f"class_{i}") for i in range(3)]
    assert "&lt;b&gt;bold" in chips[0].toolTip()
    assert chips[2].width() < 160 and "a" * 300 in chips[2].toolTip()


def test_the_list_folds_away_behind_its_title(legend: Legend) -> None:
    legend.show(40)
    fold = legend.legend.findChild(QToolButton, "class_fold")
    assert fold.text() == "40 classes"
    height = legend.legend.height()
    fold.click()
    assert not legend.view.isVisible() and legend.legend.height() < height / 3
    fold.click()
    assert legend.view.isVisible() and legend.legend.height() == height
