"""The noise lab in the real window: under the hand, while models change, and while it closes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lab_window import LabWindow, OpenLab
from PIL import Image
from PySide6.QtWidgets import QPushButton, QTabWidget
from pytestqt.qtbot import QtBot

from latentlab.features.noise_lab import non_local_means
from latentlab.features.noise_lab.panel import NoisePanel
from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.window.status_bar import LabStatusBar


@pytest.fixture(autouse=True)
def _without_non_local_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds, and has tests of its own."""
    monkeypatch.setattr(non_local_means, "is_available", lambda: False)


def panel_of(lab_window: LabWindow) -> NoisePanel:
    panel = lab_window.control(NoisePanel, "noise_panel")
    assert isinstance(panel, NoisePanel)
    return panel


def test_its_place_in_the_window(lab_window: LabWindow) -> None:
    _it_is_the_first_tab_and_works_from_the_beginning(lab_window)
    _a_selected_point_becomes_the_picture_and_the_tab_stays(lab_window)
    _the_command_search_finds_the_tabs(lab_window)


def _it_is_the_first_tab_and_works_from_the_beginning(lab_window: LabWindow) -> None:
    tabs = lab_window.control(QTabWidget, "bottom_tabs")
    assert isinstance(tabs, QTabWidget)
    assert tabs.currentIndex() == 0
    assert tabs.tabText(0) == "Noise lab"
    lab = lab_window.lab.noise_lab
    lab_window.wait(lambda: lab.result is not None)
    index = lab.image_index
    assert index is not None
    (
        np.testing.assert_allclose(
            lab_window.lab.map_view.codes[index], lab_window.lab.explorer.z, atol=2e-3
        ),
        "it is the picture under the cursor",
    )
    measured: list[tuple[float, float]] = []
    panel = panel_of(lab_window)
    panel.pictures.latencyMeasured.connect(lambda *ms: measured.append(ms))
    lab_window.lab.noise_controller.set_amount(0, 0.8)
    lab_window.wait(lambda: bool(measured))
    status = lab_window.window.findChild(LabStatusBar)
    assert status is not None
    assert "denoise" in status._latency.text()


def _a_selected_point_becomes_the_picture_and_the_tab_stays(lab_window: LabWindow) -> None:
    tabs = lab_window.control(QTabWidget, "bottom_tabs")
    assert isinstance(tabs, QTabWidget)
    lab_window.lab.explore_controller.select(123)
    assert tabs.currentIndex() == 0
    assert lab_window.lab.noise_lab.image_index == 123
    lab_window.choose_tab("Trail")
    lab_window.lab.explore_controller.select(124)
    assert tabs.tabText(tabs.currentIndex()) == "Selection"


def _the_command_search_finds_the_tabs(lab_window: LabWindow) -> None:
    tabs = lab_window.control(QTabWidget, "bottom_tabs")
    assert isinstance(tabs, QTabWidget)
    dock = tabs.parentWidget()
    dock.hide()
    lab_window.window.search_commands()
    palette = lab_window.window._search.palette
    assert palette is not None
    palette.hide()
    action = next(a for a in lab_window.window._tab_actions.actions if "Outliers" in a.text())
    action.trigger()
    assert tabs.tabText(tabs.currentIndex()) == "Outliers"
    assert not dock.isHidden()


def test_a_dropped_picture_is_the_input(open_lab: OpenLab, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    digit = np.asarray(open_lab.lab.session.data.images[5])[:, :, 0]
    Image.fromarray(digit).resize((2800, 2100), Image.Resampling.NEAREST).save(path)
    open_lab.lab.picture_controller.bring_file(path)
    lab = open_lab.lab.noise_lab
    open_lab.wait(lambda: lab.image_title == "large.png")
    open_lab.wait(lambda: lab.result is not None)
    assert lab.result.clean.shape == (28, 28, 1)


def test_amounts_and_models_change_in_a_storm(open_lab: OpenLab) -> None:
    lab, controller = open_lab.lab.noise_lab, open_lab.lab.noise_controller
    for number in range(300):
        controller.set_amount(0, (number % 97) / 97)
        if number % 40 == 0:
            controller.set_denoiser("" if number % 80 else "digits-denoiser")
        if number % 60 == 0:
            open_lab.lab.session_controller.open_path("digits-vae")
        if number % 25 == 0:
            controller.random_image()
        if number % 10 == 0:
            open_lab.rest()
    controller.set_denoiser("digits-denoiser")
    controller.set_amount(0, 0.25)
    last = open_lab.lab.noise_controller._sequence
    open_lab.wait(lambda: lab.result is not None and lab.result.sequence >= last)
    assert lab.result.denoiser == "digits-denoiser"
    np.testing.assert_array_equal(lab.result.clean, lab.image)


def test_it_goes_on_and_improves_while_a_denoiser_is_trained(
    lab_window: LabWindow, few_digits: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, training = lab_window.lab.noise_lab, lab_window.lab.training
    lab_window.lab.session_controller.use_data(few_digits)
    lab_window.wait(lambda: lab_window.lab.session.data is few_digits)
    lab.set_noise((("gaussian", 0.5),), 3)
    spec = TrainSpec(
        objective="denoising", network="mlp", hidden=(128,), latent_dim=32, epochs=100,
        batch_size=20, corruption="gaussian", amount=0.5,
    )  # fmt: skip
    monkeypatch.setattr("latentlab.features.noise_lab.controller.denoiser_spec", lambda *_: spec)
    button = lab_window.control(QPushButton, "train_denoiser")
    assert isinstance(button, QPushButton)
    lab_window.wait(button.isEnabled)
    button.click()
    lab_window.wait(lambda: training.status == "running")
    assert not button.isEnabled()
    lab_window.wait(lambda: lab.result is not None and lab.result.weights_version > 0)
    first = lab.result.psnr_db[1]
    lab_window.wait(lambda: lab.result is not None and lab.result.psnr_db[1] > first + 1)
    lab_window.trigger("stop_action")
    lab_window.wait(lambda: training.status == "idle")


@pytest.mark.parametrize("moment", ["strip", "storm"])
def test_it_closes_at_any_moment(qtbot: QtBot, moment: str) -> None:
    opened = OpenLab(qtbot)
    opened.wait_ready()
    controller = opened.lab.noise_controller
    if moment == "strip":
        controller.set_watched(True)
        opened.wait(lambda: opened.lab.noise_lab.strip is not None)
        first = opened.lab.noise_lab.strip
        controller.add_step()
        opened.wait(lambda: opened.lab.noise_lab.strip is not first)
    else:
        for number in range(50):
            controller.set_amount(0, number / 50)
    opened.close()


@pytest.mark.qt_log_ignore("propagateSizeHints", "raise")  # which is nothing for an offscreen pad
def test_the_window_closes_while_somebody_draws(qtbot: QtBot) -> None:
    window = LabWindow(qtbot)
    window.wait_ready()
    panel = panel_of(window)
    panel.draw()
    assert panel.pad is not None
    panel.pad.canvas.clear()
    window.close()
