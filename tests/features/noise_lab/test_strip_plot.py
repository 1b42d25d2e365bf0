"""The strip paints its pictures and curves where they belong, and tells where it is touched."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from latentlab.features.noise_lab.strip_plot import Strip, StripPlot, decibels
from latentlab.widgets.style.theme import Theme

TITLES = {"model": "model", "linear": "best linear", "untouched": "untouched", "nlm": "NLM"}
SHARES = np.linspace(0, 1, 11)


def strip(rows: int = 2, **curves: object) -> Strip:
    pictures = np.zeros((11, 8, 8, 1), np.uint8)
    pictures[:] = (np.arange(11) * 25)[:, None, None, None]
    known = {name: np.asarray(values, float) for name, values in curves.items()}
    names = tuple(f"{round(100 * s)} %" for s in SHARES)
    return Strip(SHARES, names, (pictures,) * rows, known)


@pytest.fixture
def plot(qtbot: QtBot, qapp: QApplication) -> StripPlot:
    made = StripPlot(Theme(qapp), TITLES)
    qtbot.addWidget(made)
    made.resize(300, 180)
    made.show()
    made.make_canvas()
    return made


def test_pictures_are_painted_at_their_places(plot: StripPlot) -> None:
    plot.set_strip(strip(model=20 - 10 * SHARES))
    image = plot.grab().toImage()
    for row in range(2):
        for place in (0, 10):
            middle = plot.thumb_rect(row, place).center()
            assert image.pixelColor(middle).red() == 25 * place
    area = plot.plot_area()
    assert area.left() > plot.thumb_rect(0, 0).left()
    assert area.right() < plot.width()


@pytest.mark.parametrize("width", [190, 250, 400, 900])
def test_pictures_never_cover_each_other_or_leave_the_widget(plot: StripPlot, width: int) -> None:
    plot.resize(width, 180)
    plot.set_strip(strip(model=20 - 10 * SHARES, linear=SHARES))
    shown = plot.shown_places().tolist()
    assert shown[0] == 0
    assert shown[-1] == 10
    cells = [plot.thumb_rect(0, place) for place in shown]
    for before, after in pairwise(cells):
        assert before.right() < after.left()
    assert cells[0].left() >= 0
    assert cells[-1].right() < width
    plot.grab()


def test_a_click_a_drag_and_keys_choose_a_place(plot: StripPlot, qtbot: QtBot) -> None:
    plot.set_strip(strip(model=20 - 10 * SHARES))
    chosen: list[float] = []
    plot.chosen.connect(chosen.append)
    area = plot.plot_area()
    middle = QPoint(round(area.center().x()), round(area.center().y()))
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=middle)
    assert chosen[-1] == pytest.approx(0.5, abs=0.02)
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(0, 50))
    assert chosen[-1] == 0
    plot.set_place(0.33)
    for key, expected in (
        (Qt.Key.Key_Right, 0.4),
        (Qt.Key.Key_Left, 0.3),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, 1.0),
    ):
        qtbot.keyClick(plot, key)
        assert chosen[-1] == pytest.approx(expected)


def test_values_between_places_and_unknown_ones(plot: StripPlot) -> None:
    untouched = np.concatenate([[np.inf], 30 - 20 * SHARES[1:]])
    linear = np.where(np.arange(11) % 2 == 0, 10.0, np.nan)
    plot.set_strip(strip(model=20 - 10 * SHARES, untouched=untouched, linear=linear))
    assert plot.value_at("model", 0.25) == pytest.approx(17.5)
    assert math.isinf(plot.value_at("untouched", 0.0))
    assert math.isnan(plot.value_at("untouched", 0.05)), "between infinite and finite"
    assert plot.value_at("linear", 0.4) == 10
    assert math.isnan(plot.value_at("linear", 0.45))
    assert math.isnan(plot.value_at("nlm", 0.5)), "not computed"
    words = plot.words_at(plot.plot_area().left())
    assert words.splitlines()[0] == "0 %"
    assert "untouched: ∞ dB" in words
    plot.grab()


@pytest.mark.parametrize(
    "curves",
    [
        {},
        {"model": np.full(11, np.nan)},
        {"model": np.full(11, np.inf)},
        {"model": np.zeros(11), "nlm": np.full(11, -30.0)},
        {"model": np.linspace(90, 3, 11)},
    ],
)
def test_odd_curves_are_painted(plot: StripPlot, curves: dict[str, object]) -> None:
    plot.set_strip(strip(**curves))
    plot.grab()
    plot.set_strip(strip(rows=0, **curves))
    plot.grab()


def test_a_strip_that_went_away_leaves_no_axes(qtbot: QtBot, qapp: QApplication) -> None:
    made = StripPlot(Theme(qapp), TITLES)
    qtbot.addWidget(made)
    made.set_strip(strip(model=SHARES))
    made.set_strip(None, "nothing yet")
    made.make_canvas()
    assert made.canvas is not None
    assert made.canvas.isHidden()
    made.set_strip(strip(model=SHARES))
    assert not made.canvas.isHidden()


def test_few_places_and_none(plot: StripPlot) -> None:
    plot.set_strip(None, "nothing yet")
    plot.grab()
    assert plot.words_at(5) == ""
    picture = np.zeros((2, 9, 5, 3), np.uint8)
    plot.set_strip(
        Strip(np.array([0.0, 1.0]), ("0", "1"), (picture,), {"model": np.array([3.0, 4.0])})
    )
    plot.grab()
    assert decibels(math.nan) == "…"
    assert decibels(12.34) == "12.3 dB"
