"""The noise lab's panel on an engine that is turned over by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from noise_parts import NoiseParts
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QPushButton,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot
from qt_turns import let_time_pass
from study_parts import pictures, trained_model

from latentlab.base.trace import NullTracer
from latentlab.features.noise_lab import non_local_means
from latentlab.features.noise_lab.corruption_rows import CorruptionRows
from latentlab.features.noise_lab.drawing_canvas import DrawingCanvas
from latentlab.features.noise_lab.panel import NoisePanel
from latentlab.features.noise_lab.picture_row import difference, verdict
from latentlab.features.noise_lab.strip_plot import StripPlot
from latentlab.images.image_set import ImageSet
from latentlab.widgets.dialogs import open_dialog
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.style.icons import IconSource
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.still_label import StillLabel

# What the offscreen platform cannot do.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise", "grabbing the keyboard")


@pytest.fixture(autouse=True)
def _without_non_local_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds, and has tests of its own."""
    monkeypatch.setattr(non_local_means, "is_available", lambda: False)


class Panel:
    """The panel and what is behind it."""

    def __init__(self, qtbot: QtBot, qapp: QApplication, recent: list[str] | None = None) -> None:
        self.qtbot = qtbot
        self.parts = NoiseParts(recent)
        self.brought: list[str] = []
        self.pasted: list[bool] = []
        theme = Theme(qapp)
        self.panel = NoisePanel(
            self.parts.session,
            self.parts.training,
            self.parts.lab,
            self.parts.controller,
            self.brought.append,
            lambda: self.pasted.append(True),
            IconSource(theme),
            theme,
            NullTracer(),
        )
        self.panel.resize(850, 180)
        qtbot.addWidget(self.panel)
        self.panel.watched.connect(self.parts.controller.set_watched)
        self.panel.show()

    def find(self, kind: type[QWidget], name: str) -> QWidget:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        button = self.find(QAbstractButton, name)
        assert isinstance(button, QAbstractButton)
        assert button.isEnabled(), name
        button.click()

    def rest(self) -> None:
        """Let everything be computed and rendered."""
        self.parts.thread.rest()
        let_time_pass(self.panel)

    def texts(self) -> list[str]:
        return [f"{pane.title} | {pane.measured}" for pane in self.panel.pictures.panes]

    def strip(self) -> StripPlot:
        self.qtbot.waitUntil(lambda: bool(self.parts.asked_strips))
        self.rest()
        found = self.find(StripPlot, "noise_strip")
        assert isinstance(found, StripPlot)
        return found


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, few_digits: ImageSet) -> Iterator[Panel]:
    made = Panel(qtbot, qapp)
    made.parts.open(few_digits)
    yield made
    made.panel.hide()
    made.parts.end()


@pytest.mark.parametrize(
    ("psnr_db", "ssim", "tone"),
    [
        ((10.0, 12.0), (0.5, 0.6), "good"),
        ((10.0, 12.0), (0.5, 0.5), "good"),
        ((10.0, 12.0), (0.5, 0.4), "muted"),
        ((10.0, 9.0), (0.5, 0.6), "warn"),
    ],
)
def test_green_only_where_both_measures_agree(
    panel: Panel, psnr_db: tuple[float, ...], ssim: tuple[float, ...], tone: str
) -> None:
    panel.rest()
    result = panel.parts.lab.result
    assert result is not None
    assert verdict(replace(result, psnr_db=psnr_db, ssim=ssim)) == tone


def test_only_a_changed_corruption_counts_as_by_hand(panel: Panel) -> None:
    panel.rest()
    told: list[float] = []
    panel.panel.pictures.latencyMeasured.connect(lambda computed, painted: told.append(painted))
    panel.parts.controller.refresh()
    panel.rest()
    assert told == [], "nobody moved anything"
    panel.parts.lab.set_noise((("gaussian", 0.4),), 4)
    panel.rest()
    panel.panel.repaint()
    assert len(told) == 1


def test_all_four_pictures_have_their_numbers(panel: Panel) -> None:
    panel.parts.lab.set_noise((("gaussian", 0.3),), 4)
    panel.rest()
    result = panel.parts.lab.result
    assert result is not None
    clean, corrupted, denoised, apart = panel.texts()
    assert clean == f"clean | {panel.parts.lab.image_title}"
    assert corrupted.startswith(f"corrupted | {result.psnr_db[0]:.1f} dB · ")
    assert corrupted.endswith(f"{result.ssim[0]:.2f}")
    assert denoised.startswith(f"denoised | {result.psnr_db[1]:.1f} dB · ")
    rmse = np.sqrt(np.mean((result.images[-1] / 255 - result.clean / 255) ** 2))
    assert apart == f"|difference| | RMSE {rmse:.3f}"


def test_a_code_too_narrow_says_so_and_where_help_is(panel: Panel) -> None:
    hint = panel.find(StillLabel, "noise_hint")
    assert isinstance(hint, StillLabel)
    panel.parts.lab.set_noise((("gaussian", 0.02),), 0)
    panel.rest()
    assert "2 numbers" in hint.text()
    panel.parts.lab.set_noise((("gaussian", 0.9),), 0)
    panel.rest()
    assert hint.text() == ""
    panel.parts.controller.set_denoiser("digits-denoiser")
    panel.parts.lab.set_noise((("contrast", 0.1),), 0)
    panel.rest()
    result = panel.parts.lab.result
    assert result is not None
    assert bool(hint.text()) == (result.psnr_db[1] < result.psnr_db[0])
    panel.click("noise_noisy")
    panel.rest()
    assert hint.text() == "", "there is nothing to compare with"


def test_no_noise_is_infinitely_good(panel: Panel) -> None:
    panel.parts.lab.set_noise((("gaussian", 0.0),), 0)
    panel.rest()
    assert "∞ dB" in panel.texts()[1]


def test_a_noisy_picture_has_nothing_to_be_compared_with(panel: Panel) -> None:
    panel.rest()
    panel.click("noise_noisy")
    panel.rest()
    texts = panel.texts()
    assert texts[0].startswith("your picture")
    assert texts[1] == "given | as it is"
    assert "no comparison" in texts[2] or "no clean picture" in texts[2]
    rows = panel.panel.findChild(CorruptionRows)
    assert rows is not None
    assert not rows.rows[0].isEnabled()
    panel.click("noise_noisy")
    panel.rest()
    assert panel.texts()[1].startswith("corrupted")


def test_slider_number_and_strip_move_the_same_amount(panel: Panel) -> None:
    strip = panel.strip()
    slider = panel.find(ValueSlider, "corruption_slider_0")
    editor = panel.find(QDoubleSpinBox, "corruption_amount_0")
    assert isinstance(slider, ValueSlider)
    assert isinstance(editor, QDoubleSpinBox)
    slider.setValue(300)
    assert panel.parts.lab.steps == (("mask", pytest.approx(0.3)),)
    assert editor.value() == pytest.approx(30)
    assert strip.mark == pytest.approx(0.3)
    editor.setValue(72.5)
    assert panel.parts.lab.steps == (("mask", pytest.approx(0.725)),)
    assert slider.value() == 725
    assert strip.mark == pytest.approx(0.725)
    strip.chosen.emit(0.1)
    assert panel.parts.lab.steps == (("mask", pytest.approx(0.1)),)
    assert slider.value() == 100


def test_corruptions_are_chosen_stacked_and_moved(panel: Panel) -> None:
    choice = panel.find(QComboBox, "corruption_0")
    assert isinstance(choice, QComboBox)
    choice.activated.emit(choice.findData("blur"))
    panel.click("add_corruption")
    assert [name for name, _ in panel.parts.lab.steps] == ["blur", "mask"]
    panel.click("corruption_up_1")
    assert [name for name, _ in panel.parts.lab.steps] == ["mask", "blur"]
    panel.click("corruption_remove_0")
    assert [name for name, _ in panel.parts.lab.steps] == ["blur"]
    panel.click("corruption_remove_0")
    assert panel.parts.lab.steps == ()
    panel.rest()
    assert "Nothing is added" in panel.strip()._empty
    panel.click("add_corruption")
    seed = panel.find(QSpinBox, "noise_seed")
    assert isinstance(seed, QSpinBox)
    seed.setValue(41)
    assert panel.parts.lab.seed == 41
    panel.click("new_noise")
    assert seed.value() == panel.parts.lab.seed != 41


def test_steps_through_the_data(panel: Panel) -> None:
    panel.click("noise_next")
    assert panel.parts.lab.image_index == 1
    panel.click("noise_previous")
    assert panel.parts.lab.image_index == 0
    panel.click("noise_random")
    panel.click("noise_pin")
    index = panel.parts.lab.image_index
    panel.parts.explorer.set_selected(399)
    assert panel.parts.lab.image_index == index


def test_the_difference_shows_its_sign(panel: Panel) -> None:
    panel.rest()
    result = panel.parts.lab.result
    assert result is not None
    panel.click("noise_sign")
    signed = difference(result.clean, result.images[-1], True)
    assert signed.shape == (28, 28, 3)
    darker = result.images[-1].astype(int) < result.clean
    assert (signed[darker[..., 0]][:, 2] >= signed[darker[..., 0]][:, 0]).all(), "blue"
    plain = difference(result.clean, result.images[-1], False)
    np.testing.assert_array_equal(
        plain, np.abs(result.clean.astype(int) - result.images[-1]).astype(np.uint8)
    )
    panel.rest()


def test_passes_are_shown_one_after_another(panel: Panel) -> None:
    chip = panel.find(QPushButton, "strip_passes")
    panel.rest()
    assert chip.isHidden()
    passes = panel.find(QSpinBox, "noise_passes")
    assert isinstance(passes, QSpinBox)
    passes.setValue(5)
    panel.rest()
    assert not chip.isHidden()
    assert "× 5" in panel.texts()[2]
    panel.click("strip_passes")
    strip = panel.find(StripPlot, "noise_strip")
    assert isinstance(strip, StripPlot)
    assert strip.strip is not None
    assert strip.strip.names == ("0", "1", "2", "3", "4", "5")
    result = panel.parts.lab.result
    assert result is not None
    np.testing.assert_array_equal(strip.strip.rows[0][0], result.corrupted)
    np.testing.assert_array_equal(strip.strip.curves["model"], result.psnr_db)
    strip.grab()
    before = panel.parts.lab.steps
    strip.chosen.emit(0.4)
    panel.rest()
    assert passes.value() == 5, "passes are chosen by their number"
    assert panel.parts.lab.steps == before
    passes.setValue(1)
    panel.rest()
    assert chip.isHidden()


def test_denoisers_are_offered_and_chosen(
    qtbot: QtBot, qapp: QApplication, few_digits: ImageSet, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run = trained_model(tmp_path / "my <b>run", few_digits)
    made = Panel(qtbot, qapp, [str(run)])
    made.parts.open(few_digits)
    choice = made.find(QComboBox, "denoiser")
    assert isinstance(choice, QComboBox)
    choice.showPopup()
    choice.hidePopup()
    texts = [choice.itemText(i) for i in range(choice.count())]
    assert texts[0] == "map’s model"
    assert "digits-denoiser" in texts
    assert "my <b>run" in texts
    choice.activated.emit(texts.index("digits-denoiser"))
    made.rest()
    assert made.parts.lab.denoiser == "digits-denoiser"
    assert made.parts.lab.result is not None
    assert made.parts.lab.result.denoiser == "digits-denoiser"
    chosen = str(run / "model.safetensors")
    monkeypatch.setattr("latentlab.features.noise_lab.denoiser_row.ask_for_model", lambda _: chosen)
    choice.activated.emit(choice.count() - 1)
    assert made.parts.lab.denoiser == chosen
    assert choice.currentText() == "my <b>run"
    monkeypatch.setattr("latentlab.features.noise_lab.denoiser_row.ask_for_model", lambda _: "")
    choice.activated.emit(choice.count() - 1)
    assert made.parts.lab.denoiser == chosen, "nothing was chosen"
    (run / "model.safetensors").unlink()
    made.parts.controller.next_image()
    made.rest()
    problem = made.find(QWidget, "noise_problem")
    assert not problem.isHidden()
    made.panel.hide()
    made.parts.end()


def test_pictures_come_in_by_every_door(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "latentlab.features.noise_lab.noise_source.ask_for_picture", lambda _: "/a/b.png"
    )
    panel.click("noise_open")
    assert panel.brought == ["/a/b.png"]
    monkeypatch.setattr("latentlab.features.noise_lab.noise_source.ask_for_picture", lambda _: "")
    panel.click("noise_open")
    assert panel.brought == ["/a/b.png"]
    panel.click("noise_paste")
    assert panel.pasted == [True]
    assert callable(open_dialog.ask_for_picture)


def test_a_drawing_is_placed_corrupted_and_denoised(panel: Panel) -> None:
    panel.click("noise_draw")
    pad = panel.panel.pad
    assert pad is not None
    canvas = pad.canvas
    assert isinstance(canvas, DrawingCanvas)
    assert (
        pad.findChild(QWidget, "drawing_colour_0").isHidden()
        or not pad.findChild(QWidget, "drawing_colour_0").isVisible()
    )
    undo = pad.findChild(QPushButton, "drawing_undo")
    assert not undo.isEnabled()
    panel.qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(40, 40))
    panel.qtbot.mouseMove(canvas, QPoint(40, 90))
    panel.qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(40, 90))
    let_time_pass(pad)
    panel.rest()
    lab = panel.parts.lab
    assert lab.image_title == "Your drawing"
    assert lab.image is not None
    drawn = lab.image[..., 0].astype(float)
    assert drawn.max() == 255
    assert abs(drawn.sum(0) @ np.arange(28) / drawn.sum() - 13.5) < 0.75, "it was drawn at the left"
    assert lab.result is not None
    assert undo.isEnabled()
    pad.findChild(QPushButton, "drawing_eraser").click()
    panel.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(40, 40))
    pad.findChild(QPushButton, "drawing_clear").click()
    let_time_pass(pad)
    assert lab.image is not None
    assert not lab.image.any()
    panel.qtbot.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    undo.click()
    let_time_pass(pad)
    assert lab.image is not None
    assert lab.image.any()
    for _ in range(80):
        panel.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
        undo.click()
    pad.close()


def test_drawings_for_colour_data_begin_on_their_ground(panel: Panel) -> None:
    data = pictures(12, (16, 16, 3))
    data.images[:] = (250, 240, 230)
    panel.parts.session.set_data(data)
    panel.click("noise_draw")
    pad = panel.panel.pad
    assert pad is not None
    assert pad.findChild(QWidget, "drawing_colour_0").isVisible()
    image = pad.image()
    assert image is not None
    np.testing.assert_array_equal(image, np.broadcast_to((250, 240, 230), (16, 16, 3)))
    pad.findChild(QPushButton, "drawing_colour_2").click()
    panel.qtbot.mouseClick(pad.canvas, Qt.MouseButton.LeftButton, pos=QPoint(160, 160))
    drawn = pad.image()
    assert drawn is not None
    assert drawn[8, 8, 0] > drawn[8, 8, 1], "red"
    panel.parts.session.set_data(None)
    assert pad.image() is None
    pad.close()


def test_without_data_only_what_needs_none_is_on(qtbot: QtBot, qapp: QApplication) -> None:
    made = Panel(qtbot, qapp)
    for name in ("noise_next", "noise_draw", "train_denoiser", "noise_noisy"):
        assert not made.find(QWidget, name).isEnabled(), name
    made.panel.grab()
    made.panel.hide()
    made.parts.end()


@pytest.mark.parametrize("size", [(760, 150), (850, 180), (1600, 400)])
def test_no_chip_is_cut(panel: Panel, size: tuple[int, int]) -> None:
    panel.panel.resize(*size)
    panel.rest()
    for button in panel.panel.findChildren(QPushButton):
        if button.isVisibleTo(panel.panel):
            assert button.width() >= button.sizeHint().width(), button.text()
