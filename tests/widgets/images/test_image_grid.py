"""A grid of images: as large as they fit, and each can be reached by hand, key and reader."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QHelpEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip
from pytestqt.qtbot import QtBot

from latentlab.widgets.images.image_grid import ImageGrid
from latentlab.widgets.images.image_item_model import ImageItem
from latentlab.widgets.style.theme import Theme

CONTROL = Qt.KeyboardModifier.ControlModifier


def images(count: int, colour: bool = False) -> np.ndarray:
    shape = (count, 8, 8, 3 if colour else 1)
    return np.full(shape, 200, np.uint8)


def make(qtbot: QtBot, **options: object) -> ImageGrid:
    made = ImageGrid("Variations", **options)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(200, 100)
    made.show()
    return made


@pytest.fixture
def grid(qtbot: QtBot) -> ImageGrid:
    return make(qtbot, copies_all=True)


def place_at(grid: ImageGrid, position: QPoint) -> int:
    return grid.indexAt(position).row()


def rows_of(grid: ImageGrid) -> list[int]:
    """Return how many images stand in each row that Qt made."""
    tops = [grid.cell_rect(i).top() for i in range(grid.count)]
    return [tops.count(top) for top in sorted(set(tops))]


@pytest.mark.parametrize("count", [1, 7, 24, 64])
@pytest.mark.parametrize("width", [200, 223, 640])
def test_all_images_are_inside_and_apart(grid: ImageGrid, count: int, width: int) -> None:
    grid.resize(width, 100)
    grid.set_images(images(count))
    rects = [grid.cell_rect(i) for i in range(count)]
    assert all(grid.rect().contains(rect) for rect in rects)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])
    assert [place_at(grid, rect.center()) for rect in rects] == list(range(count))
    full = [grid.columns] * (count // grid.columns)
    assert rows_of(grid)[: len(full)] == full, "Qt breaks the rows where they were meant to be"
    bar = grid.verticalScrollBar()
    assert (bar.minimum(), bar.maximum()) == (0, 0)


def test_more_than_fit_are_scrolled_to(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_images(images(2000))
    assert grid.cell_rect(0).width() >= 14
    assert rows_of(grid)[0] == grid.columns
    bar = grid.verticalScrollBar()
    assert bar.isVisible() and bar.maximum() > 0
    last = grid.cell_rect(grid.columns - 1)
    assert last.right() < grid.width() - bar.width()
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.viewport().rect().contains(grid.cell_rect(1999).center())
    grid.set_images(images(3))
    grid.grab()
    assert not bar.isVisible() and bar.maximum() == 0


def test_a_resize_places_them_anew(grid: ImageGrid) -> None:
    grid.set_images(images(24))
    before = grid.cell_rect(0).width()
    grid.resize(400, 200)
    QApplication.sendPostedEvents()
    assert grid.cell_rect(0).width() > before
    assert all(grid.rect().contains(grid.cell_rect(i)) for i in range(24))


def test_a_click_and_the_keyboard_choose(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_columns(3)
    grid.set_images(images(6), [f"tip {i}" for i in range(6)])
    chosen: list[int] = []
    reached: list[int] = []
    grid.chosen.connect(chosen.append)
    grid.reached.connect(reached.append)
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(grid.viewport(), left, pos=grid.cell_rect(4).center())
    qtbot.mouseClick(grid.viewport(), left, pos=QPoint(grid.viewport().width() - 1, 3))
    qtbot.keyClick(grid, Qt.Key.Key_Up)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    qtbot.keyClick(grid, Qt.Key.Key_End)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert chosen == [4, 1, 5] and reached == [4, 1, 5]
    grid.show_current(0)
    assert reached == [4, 1, 5], "what the program does is not told back"


def test_the_arrows_walk_in_the_order_of_reading(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_columns(3)
    grid.set_images(images(7))
    walked = []
    for key in (["Right"] * 8) + ["Home", "Left", "Down", "Down", "Down", "Up", "End", "Down"]:
        qtbot.keyClick(grid, getattr(Qt.Key, f"Key_{key}"))
        walked.append(grid.current)
    assert walked == [0, 1, 2, 3, 4, 5, 6, 6, 0, 0, 3, 6, 6, 3, 6, 6]


def test_letters_belong_to_the_window(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_images(images(5), ["b", "a", "c", "d", "e"])
    qtbot.keyClick(grid, Qt.Key.Key_D)
    assert grid.current == -1


def test_fewer_images_keep_the_current_place_inside(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_images(images(6))
    qtbot.keyClick(grid, Qt.Key.Key_End)
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.current == 5
    grid.set_images(images(2, colour=True))
    assert grid.current == 1
    grid.set_images(None)
    chosen: list[int] = []
    grid.chosen.connect(chosen.append)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert not chosen and grid.count == 0


def test_images_are_painted_as_they_are(grid: ImageGrid) -> None:
    grid.set_images(images(4))
    image = grid.grab().toImage()
    assert image.pixelColor(grid.cell_rect(2).center() * image.devicePixelRatio()).red() == 200
    wide = np.full((1, 10, 20, 3), (10, 200, 30), np.uint8)
    grid.set_images(wide)
    image = grid.grab().toImage()
    cell = grid.cell_rect(0)
    assert image.pixelColor(cell.center()) == QColor(10, 200, 30)
    assert image.pixelColor(cell.left() + 9, cell.top() + 9) == QColor(0, 0, 0)


def test_as_many_images_are_shown_without_a_layout(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_images(images(5))
    grid.grab()
    laid_out: list[int] = []
    original = grid.updateGeometries
    grid.updateGeometries = lambda: (laid_out.append(1), original())[1]  # type: ignore[method-assign]
    grid.set_images(images(5) // 2)
    QApplication.sendPostedEvents()
    QTest.qWait(0)
    image = grid.grab().toImage()
    assert image.pixelColor(grid.cell_rect(0).center()).red() == 100
    assert not laid_out


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_rings_have_the_colours_of_the_theme(qtbot: QtBot, qapp: QApplication, mode: str) -> None:
    theme = Theme(qapp, mode)  # type: ignore[arg-type]
    grid = make(qtbot, framed=True)
    grid.set_items([ImageItem((images(1)[0],), str(i), captions=((str(i), "bad"),)) for i in "abc"])
    grid.set_marked(1)
    grid.set_flagged(1, "above")
    seen = grid.grab().toImage()
    ring = grid.cell_rect(1)
    assert seen.pixelColor(ring.left() + 1, ring.center().y()) == QColor(theme.tokens.accent)
    plain = grid.cell_rect(0)
    assert seen.pixelColor(plain.left(), plain.center().y()) == QColor(theme.tokens.line)
    assert seen.pixelColor(plain.center().x(), plain.bottom() + 2) == QColor(theme.tokens.bad)
    assert grid.marked == 1 and grid.current == -1
    grid.set_marked(None)
    assert grid.marked is None
    theme.deleteLater()


def test_copying_takes_all_or_one(grid: ImageGrid, qtbot: QtBot) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.clear()
    qtbot.keyClick(grid, Qt.Key.Key_C, CONTROL)
    assert clipboard.image().isNull()
    grid.set_images(images(9))
    qtbot.keyClick(grid, Qt.Key.Key_C, CONTROL)
    assert clipboard.image().width() > 24
    one = make(qtbot)
    one.set_images(images(9))
    one.show_current(3)
    qtbot.keyClick(one, Qt.Key.Key_C, CONTROL)
    assert clipboard.image().width() == 8


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_menu_copies(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_images(images(3))
    where = grid.cell_rect(2).center()
    QApplication.sendEvent(
        grid.viewport(),
        QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, where, grid.viewport().mapToGlobal(where)
        ),
    )
    menu = grid.findChild(QMenu)
    assert menu is not None and grid.current == 2
    assert [a.text() for a in menu.actions()] == ["Copy image", "Copy all images"]
    menu.actions()[0].trigger()
    assert QGuiApplication.clipboard().image().width() == 8
    menu.close()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_an_image_under_the_pointer_says_what_it_is(grid: ImageGrid, qtbot: QtBot) -> None:
    grid.set_images(images(3), ["a", "b", "c"])
    where = grid.cell_rect(1).center()
    QApplication.sendEvent(
        grid.viewport(),
        QHelpEvent(QEvent.Type.ToolTip, where, grid.viewport().mapToGlobal(where)),
    )
    assert QToolTip.text() == "b"
    QToolTip.hideText()
    qtbot.mouseMove(grid.viewport(), where)
    qtbot.waitUntil(lambda: grid.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor)


def test_a_screen_reader_reads_each_image(grid: ImageGrid) -> None:
    item = ImageItem((images(1)[0],), "digit 3, image 1,204", "score 2.1")
    grid.set_items([item] * 4)
    reader = QAccessible.queryAccessibleInterface(grid)
    assert reader.text(QAccessible.Text.Name) == "Variations"
    table = [reader.child(i) for i in range(reader.childCount())]
    names = [cell.text(QAccessible.Text.Name) for cell in table]
    assert names.count("digit 3, image 1,204") == 4
    cell = table[names.index("digit 3, image 1,204")]
    assert cell.text(QAccessible.Text.Description) == "score 2.1"


def test_without_images_it_says_why(grid: ImageGrid) -> None:
    before = grid.grab().toImage()
    grid.set_placeholder("There is nothing to show.")
    assert grid.grab().toImage() != before
