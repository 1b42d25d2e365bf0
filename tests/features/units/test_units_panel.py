"""Which units of a wide or sparse code are active."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from latentlab.engine.messages import ModelOpened
from latentlab.features.traversal.panel import MAX_SLIDERS, shown_numbers
from latentlab.features.units.panel import UnitsPanel
from latentlab.features.units.unit_shares import UnitShares
from latentlab.models.model_document import ModelDocument
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.still_label import StillLabel
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def document_of(objective: str, dims: int, std: list[float] | None = None) -> ModelDocument:
    return ModelDocument(
        format_version=1,
        network="mlp",
        network_args={},
        objective=objective,
        objective_args={},
        likelihood="bernoulli",
        likelihood_args={},
        input_shape=(28, 28, 1),
        latent_dim=dims,
        latent_mean=[0.0] * dims,
        latent_std=std or [1.0] * dims,
        prior="standard-normal",
        data_name="digits",
        data_fingerprint="",
    )


class Parts:
    """The panel on stores of its own."""

    def __init__(self, theme: Theme) -> None:
        self.session, self.explorer = Session(), Explorer()
        self.map_view = MapView()
        self.panel = UnitsPanel(self.session, self.explorer, self.map_view, theme)

    def open(self, objective: str, dims: int) -> None:
        document = document_of(objective, dims)
        self.session.set_model(ModelOpened(1, "model", None, document, True, True))

    def text(self, name: str) -> str:
        found = self.panel.findChild(StillLabel, name)
        assert found is not None
        return found.text()


@pytest.fixture
def parts(qtbot: QtBot, qapp: QApplication) -> Parts:
    made = Parts(Theme(qapp, "dark"))
    qtbot.addWidget(made.panel)
    return made


@pytest.mark.parametrize(
    ("objective", "dims", "shown"),
    [
        ("variational", 2, False),
        ("variational", 16, False),
        ("variational", 17, True),
        ("sparse-l1", 2, False),
        ("sparse-l1", 3, True),
        ("sparse-topk", 1024, True),
    ],
)
def test_only_sparse_and_wide_codes_have_units(
    parts: Parts, objective: str, dims: int, shown: bool
) -> None:
    assert parts.panel.isHidden()
    parts.open(objective, dims)
    assert parts.panel.isHidden() != shown
    parts.open("variational", 2)
    assert parts.panel.isHidden()


def test_the_units_at_the_cursor_are_counted(parts: Parts, qtbot: QtBot) -> None:
    parts.open("sparse-topk", 1024)
    z = np.zeros(1024, np.float32)
    z[:14] = np.linspace(1, 2, 14)
    z[20] = 0.001
    parts.explorer.set_z(z)
    qtbot.waitUntil(lambda: parts.text("units_active") == "14 of 1,024 units active (1.4 %)")
    assert parts.panel._unit_text(0) == "unit 1: 1.000"


def test_shares_over_the_data_and_dead_units(parts: Parts) -> None:
    parts.open("sparse-topk", 4)
    curve = parts.panel.findChild(UnitShares, "unit_shares")
    assert curve is not None
    assert curve.isHidden(), "while the codes are not known"
    codes = np.array([[1, 0, 0, 0], [1, 1, 0, 0]], np.float32)
    parts.map_view.set_codes(codes, None)
    parts.panel._render_data()
    assert not curve.isHidden()
    assert curve.shares.tolist() == [1.0, 0.5, 0.0, 0.0]
    assert parts.text("units_over_data") == "over the data: 37.5 % active on average"
    assert parts.text("units_dead") == "2 of 4 never active (50.0 %)"
    assert parts.panel._unit_text(1) == "unit 2: 0.000 · active for 50.0 % of the images"
    assert parts.panel._unit_text(2).endswith("active for none of the images")
    # The codes of another model are on their way out.
    parts.map_view.set_codes(codes[:, :2], None)
    parts.panel._render_data()
    assert curve.isHidden()


def test_sliders_are_for_the_numbers_that_say_most() -> None:
    std = [0.0] * 1024
    for number in (5, 700, 1023):
        std[number] = 2.0
    found = shown_numbers(document_of("sparse-topk", 1024, std))
    assert len(found) == MAX_SLIDERS
    assert {5, 700, 1023} < set(found)
    assert found == sorted(found)
    assert shown_numbers(document_of("variational", 3)) == [0, 1, 2]
