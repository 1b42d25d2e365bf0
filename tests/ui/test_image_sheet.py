"""A contact sheet: pictures as large as they fit, each of which can be chosen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from latentlab.ui.image_sheet import ImageSheet


def images(count: int, colour: bool = False) -> np.ndarray:
    shape = (count, 8, 8, 3 if colour else 1)
    return np.full(shape, 200, np.uint8)


@pytest.fixture
def sheet(qtbot: QtBot) -> ImageSheet:
    made = ImageSheet("Variations")
    qtbot.addWidget(made)
    made.resize(200, 100)
    made.show()
    return made


@pytest.mark.parametrize("count", [1, 7, 24, 64])
def test_all_pictures_are_inside_and_apart(sheet: ImageSheet, count: int) -> None:
    sheet.set_images(images(count))
    rects = [sheet.cell_rect(i) for i in range(count)]
    assert all(sheet.rect().contains(rect) for rect in rects)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])
    assert [sheet.place_at(rect.center()) for rect in rects] == list(range(count))


def test_more_than_fit_ask_for_height(sheet: ImageSheet) -> None:
    sheet.set_images(images(2000))
    rect = sheet.cell_rect(1999)
    assert rect.width() == 14
    assert rect.bottom() < sheet.heightForWidth(200)


def test_a_click_and_the_keyboard_choose(sheet: ImageSheet, qtbot: QtBot) -> None:
    sheet.set_images(images(6), [f"tip {i}" for i in range(6)], columns=3)
    chosen: list[int] = []
    sheet.activated.connect(chosen.append)
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=sheet.cell_rect(4).center())
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=QPoint(199, 99))
    qtbot.keyClick(sheet, Qt.Key.Key_Up)
    qtbot.keyClick(sheet, Qt.Key.Key_Return)
    qtbot.keyClick(sheet, Qt.Key.Key_End)
    qtbot.keyClick(sheet, Qt.Key.Key_Space)
    assert chosen == [4, 1, 5]
    assert sheet.accessibleDescription() == "6 / 6 · tip 5"


def test_fewer_pictures_keep_the_current_place_inside(sheet: ImageSheet, qtbot: QtBot) -> None:
    sheet.set_images(images(6))
    qtbot.keyClick(sheet, Qt.Key.Key_End)
    sheet.set_images(images(2, colour=True))
    assert sheet.current == 1
    sheet.set_images(None)
    chosen: list[int] = []
    sheet.activated.connect(chosen.append)
    qtbot.keyClick(sheet, Qt.Key.Key_Return)
    qtbot.keyClick(sheet, Qt.Key.Key_Right)
    assert not chosen and sheet.count == 0 and sheet.accessibleDescription() == ""


def test_pictures_are_painted_as_they_are(sheet: ImageSheet) -> None:
    sheet.set_images(images(4))
    image = sheet.grab().toImage()
    ratio = image.devicePixelRatio()
    at = sheet.cell_rect(2).center() * ratio
    assert image.pixelColor(at).red() == 200


def test_copying_takes_all(sheet: ImageSheet, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(sheet, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().image().isNull()
    sheet.set_images(images(9))
    qtbot.keyClick(sheet, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().image().width() > 24
