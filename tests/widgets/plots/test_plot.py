"""Plots are made when there is something to show, and can be read, copied and saved."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import QApplication, QMessageBox, QToolTip
from pytestqt.qtbot import QtBot

from latentlab.widgets.plots import library
from latentlab.widgets.plots.plot import Plot
from latentlab.widgets.plots.plot_parts import Axis, CurveStyle, Dot
from latentlab.widgets.style.theme import Theme

# What the offscreen platform cannot do.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise")

X = np.linspace(0.0, 1.0, 5)
STYLES = {"thin": CurveStyle("warn", 1.0), "thick": CurveStyle("accent", 5.0)}


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "dark")


@pytest.fixture
def plot(qtbot: QtBot, theme: Theme) -> Plot:
    made = Plot(theme, "Curves", STYLES, {"left": Axis(30, "dB"), "bottom": Axis(15)})
    qtbot.addWidget(made)
    made.resize(230, 145)
    made.set_ranges((0.0, 1.0), (0.0, 1.0))
    made.show()
    return made


def colours(image: QImage) -> dict[str, int]:
    found: dict[str, int] = {}
    for x in range(image.width()):
        for y in range(image.height()):
            name = image.pixelColor(x, y).name()
            found[name] = found.get(name, 0) + 1
    return found


def test_the_canvas_waits_for_something_to_show(plot: Plot, qtbot: QtBot) -> None:
    plot.repaint()
    assert plot.canvas is None
    plot.set_curve("thick", X, X)
    assert plot.canvas is None, "it is not made while values are set"
    qtbot.waitUntil(lambda: plot.canvas is not None)
    assert plot.canvas is not None
    assert plot.canvas.curve_values("thick").tolist() == X.tolist()


def test_the_library_is_loaded_in_pieces() -> None:
    for _ in range(1000):
        if library.load_piece():
            break
    else:
        pytest.fail("it does not end")
    assert library.load_piece(), "nothing is left to do"


def test_curves_have_the_colours_of_the_theme(plot: Plot, theme: Theme) -> None:
    plot.set_curve("thick", X, X)
    plot.make_canvas()
    dark = colours(plot.grab().toImage())
    assert theme.tokens.accent in dark and theme.tokens.panel in dark
    theme.set_mode("light")
    light = colours(plot.grab().toImage())
    assert theme.tokens.accent in light and theme.tokens.panel in light
    assert dark.keys() != light.keys()


def test_places_of_the_widget_belong_to_values(plot: Plot) -> None:
    plot.set_curve("thick", X, np.full(5, 0.5))
    plot.make_canvas()
    assert plot.canvas is not None
    area = plot.area()
    drawn = plot.canvas.area().translated(plot.canvas.pos())
    assert (area.left(), area.right()) == pytest.approx((drawn.left(), drawn.right()), abs=1)
    assert (area.top(), area.bottom()) == pytest.approx((drawn.top(), drawn.bottom()), abs=1)
    for x in (0.0, 0.3, 1.0):
        assert plot.x_at(plot.px_at(x)) == pytest.approx(x)
    middle = plot.grab().toImage().pixelColor(area.center().toPoint())
    assert middle == QColor(plot._theme.tokens.accent)


def test_a_value_between_unknown_ones_is_seen(plot: Plot, theme: Theme) -> None:
    y = np.array([math.nan, math.inf, 0.5, math.nan, math.nan])
    plot.set_curve("thick", X, y)
    plot.make_canvas()
    assert plot.canvas is not None
    assert theme.tokens.accent in colours(plot.canvas.grab().toImage())
    plot.set_curve("thick", X, np.full(5, math.nan))
    assert theme.tokens.accent not in colours(plot.canvas.grab().toImage())


def test_keys_read_the_values_and_tell_them(plot: Plot, qtbot: QtBot) -> None:
    plot.set_curve("thick", X, X)
    plot.set_hint(lambda x: f"at {x:.2f}")
    plot.set_description("Five values")
    plot.make_canvas()
    said = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Left):
        qtbot.keyClick(plot, key)
        said.append(plot.accessibleDescription())
    assert said == [f"at {x}\nFive values" for x in ("0.00", "0.25", "1.00", "0.75")]
    QToolTip.hideText()


def test_what_moves_with_the_pointer_draws_no_curve_again(
    plot: Plot, monkeypatch: pytest.MonkeyPatch, theme: Theme
) -> None:
    plot.set_curve("thin", X, np.zeros(5))
    plot.make_canvas()
    canvas = plot.canvas
    assert canvas is not None
    plot.grab()
    QApplication.sendPostedEvents()
    plot.grab()
    monkeypatch.setattr(canvas, "render", lambda *_: pytest.fail("drawn again"))
    assert theme.tokens.good not in colours(plot.grab().toImage())
    plot.set_mark(0.5, (Dot(0.5, 0.5, "good"),))
    moved = plot.grab().toImage()
    assert theme.tokens.good in colours(moved)
    assert moved.pixelColor(round(plot.px_at(0.5)), 20) == QColor(theme.tokens.ink)


def test_a_picture_is_twice_as_sharp(plot: Plot, theme: Theme) -> None:
    plot.set_curve("thick", X, np.full(5, 0.5))
    image = plot.picture()
    assert image.size() == 2 * plot.size()
    column = [image.pixelColor(image.width() // 2, y).name() for y in range(image.height())]
    assert column.count(theme.tokens.accent) == pytest.approx(10, abs=1)
    # And the screen shows it as before.
    column = [
        plot.grab().toImage().pixelColor(plot.width() // 2, y).name() for y in range(plot.height())
    ]
    assert column.count(theme.tokens.accent) == pytest.approx(5, abs=1)


def test_a_plot_is_copied_and_saved(
    plot: Plot, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot.set_curve("thick", X, X)
    keys = QKeySequence(QKeySequence.StandardKey.Copy)[0]
    qtbot.keyClick(plot, keys.key(), keys.keyboardModifiers())
    assert QGuiApplication.clipboard().image().size() == 2 * plot.size()
    path = tmp_path / "curves.png"
    monkeypatch.setattr("latentlab.widgets.plots.plot.ask_where_to_save", lambda *_: str(path))
    plot.save()
    assert QImage(str(path)).size() == 2 * plot.size()
    path.unlink()
    path.mkdir()
    plot.save()
    box = plot.findChild(QMessageBox)
    assert box is not None and "cannot be written" in box.text()
    box.close()


def test_only_plots_of_choices_are_clicked(plot: Plot, qtbot: QtBot) -> None:
    chosen: list[float] = []
    plot.chosen.connect(chosen.append)
    plot.set_curve("thick", X, X)
    plot.make_canvas()
    place = QPoint(round(plot.px_at(0.5)), 40)
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place)
    assert chosen == []
    plot.set_picks(True)
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place)
    assert chosen == [pytest.approx(0.5, abs=0.01)]
