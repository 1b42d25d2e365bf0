from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from latentlab.family.drawing import draw
from latentlab.family.networks import NETWORKS
from latentlab.family.train_spec import TrainSpec
from latentlab.ui.network_view import NetworkView
from latentlab.ui.theme import Theme
from latentlab.ui.unit_map import UnitMap

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "dark")


def colours(view: NetworkView | UnitMap) -> set[str]:
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


def test_units_are_as_bright_as_they_are_active(qtbot: QtBot, theme: Theme) -> None:
    units = UnitMap("Units", "unit {0}: {1:.2f}", theme)
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
    for few in (0, 1, 3, 17, 4096):
        units.set_values(np.zeros(few, np.float32))
        units.grab()
