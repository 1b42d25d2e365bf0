"""The whole family in the real window: what can be trained, drawn, seen and copied."""

from __future__ import annotations

import dataclasses

from lab_window import LabWindow
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QDockWidget, QScrollArea, QTabWidget, QWidget
from qt_turns import settle

from latentlab.images.image_set import ImageSet
from latentlab.models.family.command_line import command_line
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.train_spec import TrainSpec, usual_spec
from latentlab.widgets.form.option_form import OptionForm
from latentlab.window.toast_area import ToastArea


def train_action(lab_window: LabWindow) -> QAction:
    action = lab_window.window.findChild(QAction, "train_action")
    assert action is not None
    return action


def test_what_train_does_is_said_and_copied(lab_window: LabWindow) -> None:
    _train_is_off_with_the_reason_while_the_settings_do_not_fit(lab_window)
    _the_same_run_can_be_copied_as_a_line_for_a_shell(lab_window)


def _train_is_off_with_the_reason_while_the_settings_do_not_fit(lab_window: LabWindow) -> None:
    action = train_action(lab_window)
    usual = action.toolTip()
    assert action.isEnabled()
    lab_window.lab.training.set_spec(TrainSpec(latent_dim=1000))
    assert not action.isEnabled()
    assert "wider than an image of 784" in action.toolTip()
    lab_window.lab.training.set_spec(TrainSpec(latent_dim=10))
    assert action.isEnabled()
    assert action.toolTip() == usual


def _the_same_run_can_be_copied_as_a_line_for_a_shell(lab_window: LabWindow) -> None:
    spec = PRESETS["contractive-one-layer"].spec()
    lab_window.lab.training.set_spec(dataclasses.replace(spec, data="other", seed=3))
    lab_window.trigger("copy_command_action")
    line = QGuiApplication.clipboard().text()
    images = ((28, 28, 1), 10_000)
    assert line == command_line(dataclasses.replace(spec, seed=3), images=images)
    assert line.startswith(
        "latentlab train digits --objective contractive --contraction 1.0 --hidden '' "
    )
    toasts = lab_window.window.findChild(ToastArea).toasts
    assert line in toasts[-1].sentence.replace("\u2060", "")


def test_an_objective_chosen_by_hand_trains(lab_window: LabWindow, few_digits: ImageSet) -> None:
    training = lab_window.lab.training
    lab_window.lab.session_controller.use_data(few_digits)
    lab_window.wait(lambda: lab_window.lab.session.data is few_digits)
    form = lab_window.window.findChild(OptionForm, "train_form")
    units = lab_window.window.findChild(QWidget, "units_panel")
    assert form is not None and units is not None
    for objective in ("sparse-topk", "rae"):
        training.set_spec(TrainSpec(epochs=1, batch_size=50))
        editor = form.row("objective").editor
        editor.setCurrentIndex(editor.findData(objective))  # type: ignore[attr-defined]
        assert training.spec == dataclasses.replace(usual_spec(objective), epochs=1, batch_size=50)
        lab_window.trigger("train_action")
        lab_window.wait(lambda: training.is_active)
        lab_window.wait(lambda: not training.is_active, 60_000)
        assert training.second_terms == OBJECTIVES[objective].penalties
        assert units.isHidden() == (objective != "sparse-topk")


def test_no_setting_and_no_size_lets_docks_cover_each_other_or_cut_their_columns(
    lab_window: LabWindow,
) -> None:
    form = lab_window.window.findChild(OptionForm, "train_form")
    assert form is not None
    form.advanced.set_open(True)
    for objective in OBJECTIVES:
        for network in NETWORKS:
            lab_window.lab.training.set_spec(
                dataclasses.replace(usual_spec(objective), network=network)
            )
    tabs = lab_window.window.findChild(QTabWidget, "bottom_tabs")
    left, right, bottom = (
        lab_window.window.findChild(QDockWidget, f"{name}_dock")
        for name in ("left", "right", "bottom")
    )
    for size in ((1024, 700), (860, 560)):
        lab_window.window.resize(*size)
        settle()
        for dock in (left, right):
            area = dock.widget()
            assert isinstance(area, QScrollArea)
            assert area.widget().minimumSizeHint().width() <= area.viewport().width(), size
        for place in range(tabs.count()):
            tabs.setCurrentIndex(place)
            settle()
            assert not bottom.geometry().intersects(left.geometry())
            assert not bottom.geometry().intersects(right.geometry())
