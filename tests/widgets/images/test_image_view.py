from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from latentlab.widgets.images.image_view import ImageView, to_qimage


def _grey(value: int, size: int = 4) -> np.ndarray:
    return np.full((size, size, 1), value, dtype=np.uint8)


def test_pixels_keep_their_values() -> None:
    pixels = np.array([[[10], [20]], [[30], [40]]], dtype=np.uint8)
    image = to_qimage(pixels)
    values = [image.pixelColor(x, y).red() for y in range(2) for x in range(2)]
    assert values == [10, 20, 30, 40]


def test_colours_keep_their_order() -> None:
    pixels = np.zeros((1, 2, 3), dtype=np.uint8)
    pixels[0, 0] = (1, 2, 3)
    colour = to_qimage(pixels).pixelColor(0, 0)
    assert (colour.red(), colour.green(), colour.blue()) == (1, 2, 3)


def test_the_image_owns_its_pixels() -> None:
    pixels = _grey(7, 5)
    image = to_qimage(pixels)
    pixels[:] = 200
    assert image.pixelColor(2, 2).red() == 7


@pytest.mark.parametrize("step", [2, -1])
def test_views_into_larger_arrays_are_read_right(step: int) -> None:
    pixels = np.arange(25, dtype=np.uint8).reshape(5, 5, 1)[:, ::step]
    image = to_qimage(pixels)
    expected = pixels[:, :, 0].tolist()
    got = [
        [image.pixelColor(x, y).red() for x in range(image.width())] for y in range(image.height())
    ]
    assert got == expected


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 1), dtype=np.float32),
        np.zeros((4, 4, 2), dtype=np.uint8),
        np.zeros((0, 4, 1), dtype=np.uint8),
        np.zeros(4, dtype=np.uint8),
    ],
)
def test_other_arrays_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Pixels must"):
        to_qimage(pixels)


@pytest.fixture
def view(qtbot: QtBot) -> ImageView:
    result = ImageView("Decoded image", "Nothing decoded yet")
    qtbot.addWidget(result)
    result.resize(100, 100)
    result.show()
    qtbot.waitExposed(result)
    return result


def test_each_sequence_is_painted_once_and_only_the_newest(view: ImageView, qtbot: QtBot) -> None:
    told: list[int] = []
    view.painted.connect(told.append)
    view.set_image(_grey(10), sequence=1)
    view.set_image(_grey(20), sequence=2)
    qtbot.waitUntil(lambda: told == [2])
    view.repaint()
    view.set_image(_grey(30))
    view.repaint()
    assert told == [2]


def test_an_image_that_comes_while_nobody_looks_is_never_told(
    view: ImageView, qtbot: QtBot
) -> None:
    """Painted minutes later, it would count as minutes that a picture took."""
    told: list[int] = []
    view.painted.connect(told.append)
    view.hide()
    view.set_image(_grey(3), sequence=8)
    view.show()
    view.grab()
    assert told == []
    view.set_image(_grey(4), sequence=9)
    view.hide()
    view.show()
    view.grab()
    assert told == []
    view.set_image(_grey(5), sequence=10)
    view.grab()
    assert told == [10]


def test_what_is_painted_has_the_values_of_the_pixels(view: ImageView) -> None:
    pixels = _grey(0, 2)
    pixels[0, 0] = 137
    view.set_image(pixels)
    shot = view.grab().toImage()
    assert shot.pixelColor(25, 25).red() == 137
    assert shot.pixelColor(48, 48).red() == 137, "enlarged pixels have hard edges"
    assert shot.pixelColor(52, 52).red() == 0
    view.smooth = True
    shot = view.grab().toImage()
    assert 0 < shot.pixelColor(50, 50).red() < 137


def test_the_aspect_is_kept(view: ImageView) -> None:
    view.set_image(np.full((2, 4, 1), 255, dtype=np.uint8))
    shot = view.grab().toImage()
    assert shot.pixelColor(50, 50).red() == 255
    assert shot.pixelColor(50, 10).red() == 0
    assert shot.pixelColor(5, 50).red() == 255


def test_the_caption_takes_room_only_with_a_text(view: ImageView) -> None:
    assert view.heightForWidth(100) == 100
    view.set_caption("denoised · 15.9 dB", "good")
    assert view.heightForWidth(100) > 110
    assert view.caption == "denoised · 15.9 dB"
    view.set_caption("")
    assert view.heightForWidth(100) == 100


def test_a_click_and_enter_activate(view: ImageView, qtbot: QtBot) -> None:
    told: list[str] = []

    def note() -> None:
        told.append("clicked")

    view.clicked.connect(note)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=QPoint(50, 50))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert told == ["clicked", "clicked"]


def test_copying_keeps_the_size(view: ImageView, qtbot: QtBot) -> None:
    view.set_image(_grey(99, 6))
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    image = QGuiApplication.clipboard().image()
    assert image.width() == 6
    assert image.pixelColor(3, 3).red() == 99


def test_without_an_image_it_paints_the_placeholder(view: ImageView) -> None:
    view.set_image(_grey(255))
    view.set_image(None)
    view.copy_to_clipboard()
    assert view.image.isNull()
    assert view.grab().toImage().pixelColor(10, 10).red() == 0


def test_whole_pixels_are_all_alike(qtbot: QtBot) -> None:
    view = ImageView("image", size_px=100)
    qtbot.addWidget(view)
    view.whole_pixels = True
    view.resize(100, 100)
    checks = (np.indices((28, 28)).sum(0) % 2 * 255).astype(np.uint8)[:, :, None]
    view.set_image(checks)
    shown = view.grab().toImage()
    # 3 times 28 pixels stand in the middle of 98.
    row = np.array([shown.pixelColor(x, 50).red() for x in range(8, 92)])
    assert (row.reshape(28, 3) == row[::3, None]).all()
    assert (np.diff(row[::3].astype(int)) != 0).all()


def test_what_would_be_left_small_is_interpolated(qtbot: QtBot) -> None:
    view = ImageView("image", size_px=100)
    qtbot.addWidget(view)
    view.whole_pixels = True
    view.resize(100, 100)
    step = np.zeros((60, 60, 1), np.uint8)
    step[:, 31:] = 255
    view.set_image(step)
    shown = view.grab().toImage()
    row = np.array([shown.pixelColor(x, 50).red() for x in range(2, 98)])
    assert row[0] == 0 and row[-1] == 255
    assert ((row > 20) & (row < 235)).any()
