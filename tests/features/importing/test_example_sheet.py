"""The contact sheet: pairs, the keyboard, and pictures that are never stretched."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from pytestqt.qtbot import QtBot

from latentlab.features.importing.example_sheet import ExampleSheet

NAMES = tuple(f"{i}.png" for i in range(11))
WHITE, GREY = QColor(255, 255, 255), QColor(128, 128, 128)


@pytest.fixture
def sheet(qtbot: QtBot) -> ExampleSheet:
    made = ExampleSheet()
    qtbot.addWidget(made)
    made.resize(420, 300)
    made.show()
    return made


def fill(sheet: ExampleSheet, count: int = len(NAMES)) -> None:
    originals = [np.full((40, 20, 3), 255, np.uint8)] * count
    sheet.set_examples(NAMES[:count], originals, np.full((count, 8, 8, 1), 128, np.uint8))


def test_it_is_painted_empty_and_full_and_with_one_pair(sheet: ExampleSheet) -> None:
    sheet.set_placeholder("nothing")
    assert not sheet.grab().isNull() and sheet.current_name == ""
    for count in (11, 1, 0):
        fill(sheet, count)
        assert not sheet.grab().isNull()
    sheet.resize(60, 40)  # narrower than one pair
    fill(sheet)
    assert not sheet.grab().isNull()


def test_the_original_keeps_its_shape_and_both_their_values(sheet: ExampleSheet) -> None:
    fill(sheet)
    seen = sheet.viewport().grab().toImage()
    cell = sheet.cell_rect(0)
    side = cell.height()
    left = cell.topLeft() + QPoint(side // 2, side // 2)
    right = left + QPoint(side + 5, 0)
    assert seen.pixelColor(left) == WHITE
    assert seen.pixelColor(right) == GREY
    # Half as wide as high: beside it is the ground, above it nothing is.
    assert seen.pixelColor(left - QPoint(side // 2 - 4, 0)) != WHITE
    assert seen.pixelColor(left - QPoint(0, side // 2 - 4)) == WHITE


def test_new_pictures_are_seen_at_once(sheet: ExampleSheet) -> None:
    fill(sheet)
    sheet.grab()
    images = np.full((11, 4, 8, 3), (10, 200, 30), np.uint8)
    sheet.set_examples(NAMES, [], images)
    cell = sheet.cell_rect(0)
    centre = QPoint(cell.left() + cell.height() * 3 // 2 + 5, cell.center().y())
    assert sheet.viewport().grab().toImage().pixelColor(centre) == QColor(10, 200, 30)
    assert sheet.items.image_item(0).images[0] is None  # no original: an empty place


def test_the_keyboard_reaches_each_pair(sheet: ExampleSheet, qtbot: QtBot) -> None:
    fill(sheet)
    seen = {sheet.current_name}
    for _ in range(20):
        qtbot.keyClick(sheet, Qt.Key.Key_Right)
        seen.add(sheet.current_name)
    assert seen == set(NAMES)
    assert sheet.viewport().rect().contains(sheet.cell_rect(10).center())  # scrolled along
    assert sheet.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole) == "10.png"
    qtbot.keyClick(sheet, Qt.Key.Key_Home)
    assert sheet.current_name == "0.png"
    qtbot.keyClick(sheet, Qt.Key.Key_Down)
    assert sheet.current_name == f"{sheet.columns}.png"
    qtbot.keyClick(sheet, Qt.Key.Key_End)
    qtbot.keyClick(sheet, Qt.Key.Key_Down)
    assert sheet.current_name == "10.png"
    qtbot.keyClick(sheet, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().image().width() == 8


def test_a_click_chooses_and_fewer_pairs_keep_a_choice(sheet: ExampleSheet, qtbot: QtBot) -> None:
    fill(sheet)
    qtbot.mouseClick(sheet.viewport(), Qt.MouseButton.LeftButton, pos=sheet.cell_rect(3).center())
    assert sheet.current_name == "3.png"
    fill(sheet, 2)
    assert sheet.current_name == "1.png"
    fill(sheet, 0)
    qtbot.keyClick(sheet, Qt.Key.Key_Right)
    assert sheet.current_name == ""
