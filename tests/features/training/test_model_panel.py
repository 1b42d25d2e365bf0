"""The form of the run: presets, what suits an objective, and what does not fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from latentlab.features.network.panel import NetworkPanel
from latentlab.features.training.model_panel import ModelPanel
from latentlab.images.image_set import ImageSet
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.train_spec import TrainSpec, usual_spec
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.option_form import OptionForm
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.formula_text import formula_text
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Parts:
    """The panel on stores of its own."""

    def __init__(self) -> None:
        self.session = Session()
        self.training = Training()
        # Of the controller the panel only wants to hand over settings.
        self.panel = ModelPanel(self.session, self.training, self.training)  # type: ignore[arg-type]
        form = self.panel.findChild(OptionForm, "train_form")
        presets = self.panel.findChild(FlatComboBox, "preset")
        elsewhere = self.panel.findChild(QLabel, "fit_problem")
        assert form is not None and presets is not None and elsewhere is not None
        self.form, self.presets, self.elsewhere = form, presets, elsewhere

    @property
    def spec(self) -> TrainSpec:
        return self.training.spec

    def open(self, *shape: int) -> None:
        self.session.set_data(ImageSet("few", "Few", np.zeros((4, *shape), np.uint8)))

    def choose(self, name: str, value: Any) -> None:
        editor = self.form.row(name).editor
        assert isinstance(editor, FlatComboBox)
        editor.setCurrentIndex(editor.findData(value))

    def use_preset(self, name: str) -> None:
        place = self.presets.findData(name)
        self.presets.setCurrentIndex(place)
        self.presets.activated.emit(place)


@pytest.fixture
def parts(qtbot: QtBot) -> Iterator[Parts]:
    made = Parts()
    qtbot.addWidget(made.panel)
    made.panel.show()
    yield made


@pytest.mark.parametrize("first", OBJECTIVES)
def test_each_objective_can_be_chosen_after_each_other(parts: Parts, first: str) -> None:
    for second in OBJECTIVES:
        parts.choose("objective", first)
        assert parts.spec == usual_spec(first)
        parts.choose("objective", second)
        assert parts.form.errors == {}
        assert parts.spec == usual_spec(second)
        assert parts.form.row("latent_dim").value() == parts.spec.latent_dim


def test_what_somebody_chose_stays_over_another_objective(parts: Parts) -> None:
    parts.form.row("latent_dim").editor.setValue(20)  # type: ignore[attr-defined]
    parts.choose("objective", "sparse-topk")
    assert parts.spec.latent_dim == 20
    parts.choose("objective", "variational")
    assert parts.spec.latent_dim == 20


def test_the_objective_shows_its_formula_and_says_its_sentence(parts: Parts) -> None:
    note = parts.panel.findChild(QLabel, "objective_note")
    assert note is not None
    for name in ("contractive", "pca", "variational"):
        parts.choose("objective", name)
        assert note.isVisible()
        assert note.text().replace("\u00a0", " ") == OBJECTIVES[name].formula
        assert OBJECTIVES[name].sentence[:30] in note.toolTip()
    parts.choose("network", "lstm")
    assert NETWORKS["lstm"].sentence[:30] in parts.form.row("network").editor.toolTip()
    editor = parts.form.row("network").editor
    assert isinstance(editor, FlatComboBox)
    tips = [editor.itemData(i, Qt.ItemDataRole.ToolTipRole) for i in range(editor.count())]
    assert tips == [network.sentence for network in NETWORKS.values()]


def test_formulas_break_between_their_terms() -> None:
    shown = formula_text("reconstruction + β · KL(q(z|x) ‖ N(0, I))")
    assert shown.split(" ")[:2] == ["reconstruction", "+"]
    assert len(shown.split(" ")) == 3
    assert len(formula_text("reconstruction from the k largest of h").split(" ")) == 7


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_everything_but_the_data(parts: Parts, name: str) -> None:
    parts.training.set_spec(TrainSpec(data="mine.npz", seed=5))
    assert parts.presets.currentData() == ""
    parts.use_preset(name)
    assert parts.spec == PRESETS[name].spec("mine.npz")
    assert parts.presets.currentData() == name
    assert PRESETS[name].sentence[:30] in parts.presets.toolTip()
    parts.form.row("seed").editor.setValue(9)  # type: ignore[attr-defined]
    assert parts.presets.currentText() == "Custom"


def test_choosing_custom_changes_nothing(parts: Parts) -> None:
    parts.use_preset("conv-2d")
    spec = parts.spec
    parts.use_preset("")
    assert parts.spec == spec
    assert parts.presets.currentData() == "conv-2d"


def test_what_does_not_fit_the_images_is_said_below_its_field(parts: Parts) -> None:
    problems: list[str] = []
    parts.panel.problemChanged.connect(problems.append)
    parts.open(4, 4, 1)
    parts.form.row("latent_dim").editor.setValue(20)  # type: ignore[attr-defined]
    assert "wider than an image of 16" in parts.form.row("latent_dim").error
    assert parts.panel.problem == parts.form.row("latent_dim").error == problems[-1]
    assert not parts.elsewhere.isVisible()
    parts.open(28, 28, 1)
    assert parts.form.row("latent_dim").error == ""
    assert parts.panel.problem == problems[-1] == ""


def test_what_is_folded_away_is_said_below_the_form(parts: Parts) -> None:
    parts.open(28, 28, 1)
    parts.training.set_spec(dataclasses.replace(TrainSpec(), ema=7.0))
    assert "Weight averaging" in parts.panel.problem
    assert parts.elsewhere.isVisible()
    assert parts.elsewhere.text() == parts.panel.problem
    parts.form.advanced.set_open(True)
    assert not parts.elsewhere.isVisible()
    assert parts.form.row("ema").error == parts.panel.problem


def test_a_text_that_cannot_be_read_is_a_problem(parts: Parts, qtbot: QtBot) -> None:
    parts.form.advanced.set_open(True)
    edit = parts.form.row("hidden").editor
    qtbot.keyClicks(edit, "x")
    assert "whole numbers" in parts.panel.problem
    parts.form.advanced.set_open(False)
    assert parts.elsewhere.text() == parts.panel.problem
    qtbot.keyClick(edit, Qt.Key.Key_Backspace)
    assert parts.panel.problem == ""
    assert not parts.elsewhere.isVisible()


def test_the_drawing_follows_the_settings(qtbot: QtBot, qapp: QApplication) -> None:
    session, training = Session(), Training()
    panel = NetworkPanel(session, training, Theme(qapp, "light"))
    qtbot.addWidget(panel)
    panel.show()
    summary = panel.findChild(QLabel, "network_summary")
    assert summary is not None
    for network in NETWORKS:
        training.set_spec(TrainSpec(network=network, latent_dim=28))
        assert "28 × narrower" in summary.text()
        assert panel.network_view.drawing is not None
    session.set_data(ImageSet("few", "Few", np.zeros((4, 4, 4, 1), np.uint8)))
    assert "wider than an image" in summary.text()
    assert panel.network_view.drawing is None
    panel.grab()
