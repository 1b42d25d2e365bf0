from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.style.theme import Theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def slider(qtbot: QtBot, qapp: QApplication) -> ValueSlider:
    Theme(qapp)
    made = ValueSlider(0.0, 2.0)
    qtbot.addWidget(made)
    made.resize(300, 20)
    made.show()
    return made


@pytest.mark.parametrize(("x", "value"), [(0, 0.0), (150, 1.0), (299, 2.0), (75, 0.5)])
def test_a_press_takes_the_handle_there(
    slider: ValueSlider, qtbot: QtBot, x: int, value: float
) -> None:
    told: list[float] = []
    slider.moved.connect(told.append)
    slider.show_value(1.3)
    qtbot.mouseClick(slider, LEFT, pos=QPoint(x, 10))
    assert told == [pytest.approx(value, abs=0.06)]


def test_it_is_dragged_on_from_there(slider: ValueSlider, qtbot: QtBot) -> None:
    told: list[float] = []
    slider.moved.connect(told.append)
    qtbot.mousePress(slider, LEFT, pos=QPoint(200, 10))
    for x in (210, 230, 260):
        qtbot.mouseMove(slider, QPoint(x, 10))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(260, 10))
    assert told == sorted(told)
    assert told[-1] - told[0] == pytest.approx(2.0 * 60 / 286, abs=0.05)


def test_the_hand_decides_while_it_holds_the_handle(slider: ValueSlider, qtbot: QtBot) -> None:
    slider.moved.connect(lambda _: slider.show_value(0.0))  # as a store does that knows better
    qtbot.mousePress(slider, LEFT, pos=QPoint(200, 10))
    held = slider.value()
    assert held > 500
    qtbot.mouseMove(slider, QPoint(230, 10))
    assert slider.value() > held
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(230, 10))
    slider.show_value(0.0)
    assert slider.value() == 0


def test_other_buttons_leave_it_alone(slider: ValueSlider, qtbot: QtBot) -> None:
    slider.show_value(0.4)
    before = slider.value()
    qtbot.mouseClick(slider, Qt.MouseButton.RightButton, pos=QPoint(250, 10))
    assert slider.value() == before
