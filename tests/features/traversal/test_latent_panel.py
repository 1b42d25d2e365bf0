"""Sliders of the code numbers: what is shown, what is folded away, and what they do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from latentlab.base.trace import NullTracer
from latentlab.engine.cursor_messages import TraversalEndsDecoded
from latentlab.engine.messages import ModelOpened
from latentlab.features.traversal.dimension_row import DimensionRow
from latentlab.features.traversal.panel import LatentPanel
from latentlab.models.model_document import ModelDocument
from latentlab.widgets.form.disclosure import Disclosure
from latentlab.widgets.form.number_editors import FloatEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.images.image_view import ImageView
from latentlab.workspace.lab import Lab

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Parts:
    """The panel on a lab whose compute thread is never started."""

    def __init__(self) -> None:
        self.lab = Lab(NullTracer())
        self.panel = LatentPanel(self.lab.session, self.lab.explorer, self.lab.explore_controller)

    def open(self, kl: list[float], prior: str = "standard-normal") -> None:
        dims = len(kl)
        document = ModelDocument(
            format_version=1,
            network="mlp",
            network_args={},
            objective="variational",
            objective_args={},
            likelihood="bernoulli",
            input_shape=(4, 4, 1),
            latent_dim=dims,
            latent_mean=[0.5] * dims,
            latent_std=[2.0] * dims,
            latent_kl=kl,
            prior=prior,
            data_name="noise",
            data_fingerprint="",
        )
        self.lab.explorer.set_z(np.zeros(dims, np.float32))
        self.lab.session.set_model(ModelOpened(1, "m", None, document, True, True))

    def rows(self) -> list[int]:
        return [row.number for row in self.panel.findChildren(DimensionRow)]

    def row(self, number: int) -> DimensionRow:
        return next(r for r in self.panel.findChildren(DimensionRow) if r.number == number)


@pytest.fixture
def parts(qtbot: QtBot, qapp: QApplication) -> Iterator[Parts]:
    made = Parts()
    qtbot.addWidget(made.panel)
    yield made
    for timer in (made.lab.traversal_controller._timer, made.lab.grid_controller._timer):
        timer.stop()


def test_eight_sliders_and_the_rest_made_only_when_unfolded(parts: Parts, qtbot: QtBot) -> None:
    kl = [0.02 * i for i in range(128)]
    parts.open(kl)
    assert parts.rows() == list(range(120, 128))
    more = parts.panel.findChild(Disclosure, "other_numbers")
    assert more is not None and not more.isHidden()
    more.set_open(True)
    qtbot.waitUntil(lambda: len(parts.rows()) == 128)
    assert sorted(parts.rows()) == list(range(128))
    parts.open(kl[:9])
    qtbot.waitUntil(lambda: len(parts.rows()) == 8)
    assert parts.rows() == list(range(1, 9))


def test_the_counts_of_sliders_add_up(parts: Parts) -> None:
    parts.open([0.01 * i for i in range(1024)])
    texts = [found.text() for found in parts.panel.findChildren(QLabel)]
    assert any(
        text.startswith("Sliders for 128 of 1,024 dimensions; the other 896") for text in texts
    )


def test_a_slider_moves_one_number_and_no_other(parts: Parts) -> None:
    parts.open([0.5] * 20)
    z = np.linspace(-1, 1, 20, dtype=np.float32)
    parts.lab.explore_controller.move_to(z)
    slider = parts.row(3).findChild(ValueSlider, "z_slider_4")
    assert slider is not None
    slider.setValue(1000)
    expected = z.copy()
    expected[3] = 3.0
    np.testing.assert_array_equal(parts.lab.explorer.z, expected)


def test_sliders_are_in_units_of_the_prior(parts: Parts) -> None:
    for prior, end in (("standard-normal", 3.0), ("mixture", 0.5 + 3 * 2.0)):
        parts.open([0.5] * 4, prior)
        slider = parts.row(1).findChild(ValueSlider, "z_slider_2")
        assert slider is not None
        slider.setValue(0)
        slider.setValue(1000)
        assert parts.lab.explorer.z[1] == end


def test_a_folded_number_is_typed_too(parts: Parts, qtbot: QtBot) -> None:
    parts.open([1.0] * 8 + [0.0, 0.5])
    more = parts.panel.findChild(Disclosure, "other_numbers")
    assert more is not None
    more.set_open(True)
    qtbot.waitUntil(lambda: len(parts.rows()) == 10)
    editor = parts.row(9).findChild(FloatEditor, "z_10")
    assert editor is not None
    editor.setValue(-1.25)
    assert parts.lab.explorer.z[9] == -1.25
    quiet = [parts.row(i).findChild(FloatEditor, f"z_{i + 1}").property("quiet") for i in (8, 9)]
    assert quiet == ["true", ""], "the number that says nothing is greyed"


def test_the_pictures_at_the_ends_are_shown_and_lead_there(parts: Parts) -> None:
    parts.open([1.0, 2.0, 3.0])
    images = np.zeros((4, 6, 6, 1), np.uint8)
    images[:] = np.array([10, 20, 30, 40], np.uint8)[:, None, None, None]
    parts.lab.explorer.set_ends(TraversalEndsDecoded(1, 1, (2, 0), images, 0))
    greys = {}
    for number in (0, 1, 2):
        views = parts.row(number).findChildren(ImageView)
        greys[number] = [
            None if v.image.isNull() else v.image.pixelColor(0, 0).red() for v in views
        ]
    assert greys == {0: [30, 40], 1: [None, None], 2: [10, 20]}
    parts.row(2).findChildren(ImageView)[0].clicked.emit()
    assert parts.lab.explorer.z.tolist() == [0, 0, -3]
    assert len(parts.lab.trail.visits) == 1


def test_maps_of_two_numbers_have_plain_sliders(parts: Parts) -> None:
    parts.open([1.0, 2.0])
    assert parts.rows() == [0, 1]
    assert not parts.panel.findChildren(ImageView)
    more = parts.panel.findChild(Disclosure, "other_numbers")
    assert more is not None and more.isHidden()
