from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QFont, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from latentlab.features.network.diagram import NetworkView
from latentlab.features.network.drawing import draw
from latentlab.features.units.unit_map import UnitMap
from latentlab.features.units.unit_shares import UnitShares
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.train_spec import TrainSpec
from latentlab.widgets.style.theme import Theme

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "dark")


def colours(view: QWidget) -> set[str]:
    image = view.grab().toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_is_drawn_with_its_code_in_the_accent(
    qtbot: QtBot, theme: Theme, network: str
) -> None:
    view = NetworkView(theme)
    qtbot.addWidget(view)
    view.resize(560, 130)
    drawing = draw(TrainSpec(network=network), (28, 28, 1))
    view.set_drawing(drawing)
    view.show()
    assert theme.tokens.accent in colours(view)
    assert "code μ, σ 2" in view.accessibleDescription()
    places = [view.row_text(i) for i in range(len(drawing.rows))]
    assert places[0] == "image 28×28"
    assert any("parameters" in text for text in places)


def test_sizes_are_width_height_and_channels(qtbot: QtBot, theme: Theme) -> None:
    drawing = draw(TrainSpec(network="conv", channels=(4, 8)), (64, 51, 3))
    texts = [row.shape_text for row in drawing.rows]
    assert texts[0] == texts[-1] == "51×64×3"
    assert "26×32×4" in texts and "13×16×8" in texts
    assert draw(TrainSpec(), (64, 51, 1)).rows[0].shape_text == "51×64"


def test_each_place_is_found_under_the_mouse(qtbot: QtBot, theme: Theme) -> None:
    view = NetworkView(theme)
    qtbot.addWidget(view)
    view.resize(560, 130)
    view.set_drawing(draw(TrainSpec(hidden=(8,) * 30), (28, 28, 1)))
    found = {view._place_at(QPoint(x, 50)) for x in range(560)}
    assert found == {-1, *range(63)}
    view.set_drawing(None)
    assert view._place_at(QPoint(100, 50)) == -1
    view.grab()  # nothing to paint


def test_texts_give_way_to_each_other(qtbot: QtBot, theme: Theme) -> None:
    view = NetworkView(theme)
    qtbot.addWidget(view)
    view.set_drawing(draw(TrainSpec(hidden=(512, 256, 64)), (28, 28, 1)))

    def texts(width: int) -> list[str]:
        view.resize(width, 130)
        painted: list[str] = []
        recorder = TextRecorder(painted)
        view._paint_texts(recorder, view.drawing.rows, 90.0)  # type: ignore[arg-type, union-attr]
        return painted

    assert texts(700).count("dense") == 7
    narrow = texts(200)
    assert {"2", "code μ, σ", "28×28", "image"} <= set(narrow)
    assert narrow.count("dense") < 6
    assert len(texts(60)) >= 1
    view._set_hovered(2)
    assert "256" in texts(120), "what is under the mouse goes first"


class TextRecorder:
    """Stands in for a painter and notes the texts."""

    def __init__(self, painted: list[str]) -> None:
        self._painted = painted

    def font(self) -> QFont:
        return QFont()

    def setPen(self, colour: object) -> None:
        pass

    def drawText(self, area: object, flags: int, text: str) -> None:
        self._painted.append(text)


def test_units_are_as_bright_as_they_are_active(qtbot: QtBot, theme: Theme) -> None:
    units = UnitMap("Units", theme)
    qtbot.addWidget(units)
    units.resize(240, 100)
    values = np.zeros(1024, np.float32)
    values[7] = 2.0
    units.set_values(values)
    units.show()
    assert theme.tokens.accent in colours(units)
    cell = 240 / 64
    assert units.unit_at(QPoint(int(7.5 * cell), 1)) == 7
    assert units.unit_at(QPoint(int(7.5 * cell), int(1.5 * cell))) == 71
    assert units.unit_at(QPoint(1, 99)) == -1
    assert units.heightForWidth(240) == 60
    for count in (0, 1, 3, 17, 4096, 100_000):
        units.set_values(np.zeros(count, np.float32))
        units.grab()
        assert units.heightForWidth(240) <= 240


@pytest.mark.qt_log_ignore("propagateSizeHints", "raise")  # nor can a tooltip be raised there
def test_a_cell_says_what_it_is_under_the_mouse(qtbot: QtBot, theme: Theme) -> None:
    units = UnitMap("Units", theme)
    qtbot.addWidget(units)
    units.resize(240, 60)
    units.set_values(np.ones(1024, np.float32))
    asked: list[int] = []

    def hint(unit: int) -> str:
        asked.append(unit)
        return f"unit {unit}"

    units.set_hint(hint)
    units.show()
    before = colours(units)
    qtbot.mouseMove(units, QPoint(100, 20))
    place = QPoint(100, 20)
    QApplication.sendEvent(units, QHelpEvent(QEvent.Type.ToolTip, place, units.mapToGlobal(place)))
    assert asked == [units.unit_at(place)]
    assert theme.tokens.ink in colours(units) - before, "and is marked"
    QToolTip.hideText()


def test_shares_are_drawn_from_the_busiest_unit_down(qtbot: QtBot, theme: Theme) -> None:
    curve = UnitShares("Shares", theme)
    qtbot.addWidget(curve)
    curve.resize(200, 44)
    curve.show()
    curve.make_canvas()
    curve.grab()  # nothing to draw
    curve.set_shares(np.array([0.25, 0.0, 1.0, 0.5], np.float32))
    assert curve.shares.tolist() == [1.0, 0.5, 0.25, 0.0]
    assert "100.0 %" in curve.accessibleDescription()
    assert "1 never" in curve.accessibleDescription()
    assert theme.tokens.warn in colours(curve)
    curve.set_shares(np.full(100_000, 0.1, np.float32))
    assert theme.tokens.warn not in colours(curve)
    assert curve.rank_at(curve.x_at(-5)) == 0
    assert curve.rank_at(curve.x_at(500)) == 99_999
