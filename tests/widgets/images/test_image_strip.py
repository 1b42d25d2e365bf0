"""A row of images whose height follows from its width."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from latentlab.widgets.images.image_strip import ImageStrip


def grey(value: int) -> np.ndarray:
    return np.full((9, 9, 1), value, np.uint8)


@pytest.fixture
def strip(qtbot: QtBot) -> ImageStrip:
    result = ImageStrip("Nearest images", 5)
    qtbot.addWidget(result)
    result.resize(300, 80)
    result.set_strip([grey(i * 10) for i in range(3)], ["a", "b", "c"], ["0.1", "0.2", "0.3"])
    result.show()
    qtbot.waitExposed(result)
    return result


def test_a_strip_shows_what_there_is(strip: ImageStrip) -> None:
    assert strip.count == 3
    assert [strip.items.image_item(i).text for i in range(3)] == ["a", "b", "c"]
    assert {strip.cell_rect(i).width() for i in range(3)} == {53}, "room for five, also with three"
    height = strip.heightForWidth(300)
    strip.set_strip([grey(1)] * 9, ["d"] * 9)
    assert strip.count == 5
    rects = [strip.cell_rect(i) for i in range(5)]
    assert all(strip.rect().contains(rect) for rect in rects)
    assert rects[0].left() == 0 and rects[4].right() >= 300 - 5, "from edge to edge"
    assert strip.heightForWidth(300) < height, "no captions, no room for them"
    strip.set_strip((), ())
    assert strip.heightForWidth(300) > 50, "its place stays while there is nothing"


def test_a_strip_tells_which_place_was_chosen(strip: ImageStrip, qtbot: QtBot) -> None:
    told: list[int] = []
    strip.chosen.connect(told.append)
    at = strip.cell_rect(2).topLeft() + QPoint(5, 5)
    qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=at)
    strip.show_current(0)
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Space)
    assert told == [2, 1]


def test_the_keys_stop_at_the_last_image(strip: ImageStrip, qtbot: QtBot) -> None:
    strip.show_current(2)
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert strip.current == 2
    strip.set_marked(1)
    assert strip.marked == 1 and strip.current == 2


def test_a_place_without_a_picture_is_black(strip: ImageStrip) -> None:
    strip.set_strip([None, grey(250)], ["a", "b"])
    seen = strip.grab().toImage()
    shown = [seen.pixelColor(strip.cell_rect(i).center()).red() for i in range(2)]
    assert shown == [0, 250]


def test_the_wheel_is_left_to_what_the_strip_lies_in(strip: ImageStrip) -> None:
    where = QPointF(strip.cell_rect(1).center())
    event = QWheelEvent(
        where,
        QPointF(strip.viewport().mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(strip.viewport(), event)
    assert not event.isAccepted()
    assert strip.verticalScrollBar().value() == 0
