"""The tabs Vary, Outliers and Noise matrix on an engine that is turned over by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from lab_window import LabWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot
from study_parts import StudyParts, pictures, trained_model

from latentlab.features.noise_matrix.choices import ModelChoice, NoiseChoice
from latentlab.features.noise_matrix.diverging_colour import diverging_colour, text_colour
from latentlab.features.noise_matrix.heat_map import NoiseHeatMap
from latentlab.features.noise_matrix.panel import NoiseMatrixPanel
from latentlab.features.outliers.gallery import OutlierGallery
from latentlab.features.outliers.measure import OutlierScores
from latentlab.features.outliers.messages import OutliersFound
from latentlab.features.outliers.panel import OutliersPanel
from latentlab.features.outliers.roc_plot import RocPlot
from latentlab.features.variations.panel import VaryPanel
from latentlab.images.image_set import ImageSet
from latentlab.widgets.form.number_editors import FloatEditor, IntEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.images.image_grid import ImageGrid
from latentlab.widgets.style.theme import Theme

T = TypeVar("T", bound=QWidget)


class Tabs:
    """The three panels on the same parts."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.parts = StudyParts()
        p, s = self.parts, self.parts.studies
        self.vary = VaryPanel(p.session, p.explorer, s.variations, s.variation_controller)
        self.outliers = OutliersPanel(
            p.session, p.training, p.explorer, s.outliers, s.outlier_controller, theme
        )
        self.matrix = NoiseMatrixPanel(
            p.session, p.training, s.noise_matrix, s.noise_matrix_controller, theme
        )
        for panel in (self.vary, self.outliers, self.matrix):
            qtbot.addWidget(panel)
            panel.resize(872, 170)

    def text(self, panel: QWidget, name: str) -> str:
        found = panel.findChild(QLabel, name)
        assert found is not None, name
        return found.text()


def child(panel: QWidget, kind: type[T], name: str = "") -> T:
    found = panel.findChild(kind, name) if name else panel.findChild(kind)
    assert found is not None, name
    return found


def choose(combo: QComboBox, value: object) -> None:
    place = combo.findData(value)
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> Theme:
    return Theme(qapp, request.param)


@pytest.fixture
def tabs(qtbot: QtBot, qapp: QApplication) -> Iterator[Tabs]:
    yield Tabs(qtbot, Theme(qapp, "dark"))
    StudyParts.end_all()


@pytest.fixture
def digits(tabs: Tabs, few_digits: ImageSet) -> Tabs:
    tabs.parts.open(few_digits)
    return tabs


# --- Vary ----------------------------------------------------------------------------------------


def test_vary_shows_both_sheets_and_says_how_much_they_change(digits: Tabs, qtbot: QtBot) -> None:
    panel, parts = digits.vary, digits.parts
    panel.show()
    latent = child(panel, ImageGrid, "latent_variations")
    assert not latent.isVisibleTo(panel)
    assert child(panel, QLabel, "vary_nothing").isVisibleTo(panel)
    parts.explore.select(7)
    parts.thread.rest()
    qtbot.waitUntil(lambda: latent.count == 24)
    varied = parts.studies.variations.varied
    assert varied is not None
    assert child(panel, ImageGrid, "pixel_variations").count == 24
    assert f"{varied.change:.3f}" in digits.text(panel, "latent_caption") or (
        f"{varied.change:.4f}" in digits.text(panel, "latent_caption")
    )
    latent.chosen.emit(3)
    assert np.array_equal(parts.explorer.z, varied.codes[3])
    centroids = child(panel, ImageGrid, "class_centroids")
    qtbot.waitUntil(lambda: centroids.count == 10)
    centroids.chosen.emit(0)
    known = parts.studies.variations.centroids
    assert known is not None and np.array_equal(parts.explorer.z, known.codes[0])


def test_vary_settings_reach_the_store_and_come_back(digits: Tabs) -> None:
    panel, settings = digits.vary, digits.parts.studies.variations
    choose(child(panel, QComboBox, "vary_noise"), "isotropic")
    child(panel, FloatEditor, "vary_sigma").setValue(2.5)
    child(panel, IntEditor, "vary_count").setValue(9)
    child(panel, QPushButton, "vary_again").click()
    assert (settings.noise, settings.sigma, settings.count, settings.seed) == (
        "isotropic",
        2.5,
        9,
        1,
    )
    child(panel, ValueSlider, "vary_sigma_slider").moved.emit(0.75)
    assert child(panel, FloatEditor, "vary_sigma").value() == 0.75
    settings.set_seed(44)
    assert child(panel, IntEditor, "vary_seed").value() == 44


def test_vary_offers_no_posterior_that_is_not_there(
    digits: Tabs, few_digits: ImageSet, tmp_path: Path
) -> None:
    combo = child(digits.vary, QComboBox, "vary_noise")
    digits.parts.studies.variations.set_noise("posterior")
    assert combo.currentData() == "posterior"
    run = trained_model(tmp_path / "run", few_digits, objective="undercomplete")
    digits.parts.open(None, run)
    assert combo.currentData() == "prior"
    assert not combo.model().item(0).isEnabled()  # type: ignore[attr-defined]


def test_vary_without_classes_shows_no_centroids(tabs: Tabs) -> None:
    tabs.vary.show()
    sheet = child(tabs.vary, ImageGrid, "class_centroids")
    assert not sheet.isVisibleTo(tabs.vary), "without data"
    tabs.parts.open(pictures(20))
    assert not sheet.isVisibleTo(tabs.vary)


# --- Outliers ------------------------------------------------------------------------------------


def test_outliers_are_found_shown_and_linked(digits: Tabs, qtbot: QtBot) -> None:
    panel, parts = digits.outliers, digits.parts
    panel.show()
    find = child(panel, QPushButton, "find_outliers")
    gallery = child(panel, OutlierGallery)
    assert not gallery.isVisibleTo(panel)
    find.click()
    assert find.text() == "Cancel"
    parts.thread.rest()
    assert find.text() == "Find outliers" and gallery.isVisibleTo(panel)
    outliers = parts.studies.outliers
    assert gallery.count == 400
    gallery.setCurrentIndex(gallery.items.index(2, 0))
    assert parts.explorer.selected == outliers.order[2]
    visits = len(parts.trail.visits)
    parts.explore.select(int(outliers.order[11]))
    assert gallery.currentIndex().row() == 11
    assert len(parts.trail.visits) == visits, "what the map selects is not chosen again"
    parts.explore.select(None)
    assert not gallery.currentIndex().isValid()
    text = gallery.items.data(gallery.items.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert f"Image {outliers.order[0]:,}" in str(text)
    gallery.grab()


def test_outliers_threshold_counts_and_both_ways(digits: Tabs) -> None:
    panel, outliers = digits.outliers, digits.parts.studies.outliers
    digits.parts.studies.outlier_controller.compute()
    digits.parts.thread.rest()
    assert digits.text(panel, "outliers_above") == "20 of 400 above · 5.0 %"
    child(panel, ValueSlider, "outlier_slider").moved.emit(0.25)
    assert outliers.num_above == 100
    editor = child(panel, FloatEditor, "outlier_threshold")
    assert editor.value() == pytest.approx(outliers.threshold, rel=1e-3)
    editor.setValue(0.0)
    assert digits.text(panel, "outliers_above") == "400 of 400 above · 100.0 %"
    choose(child(panel, QComboBox, "outlier_score"), "both")
    assert not editor.isEnabled() and outliers.score == "both"


def test_outliers_of_an_abnormal_class_have_curves(digits: Tabs) -> None:
    panel, outliers = digits.outliers, digits.parts.studies.outliers
    combo, plot = child(panel, QComboBox, "abnormal_class"), child(panel, RocPlot)
    assert combo.count() == 11
    choose(combo, 4)
    digits.parts.studies.outlier_controller.compute()
    digits.parts.thread.rest()
    recon, latent = outliers.curves()
    assert recon is not None and latent is not None
    assert f"AUC {recon.auc:.3f}" in digits.text(panel, "auc_recon")
    assert f"AUC {latent.auc:.3f}" in digits.text(panel, "auc_latent")
    assert f"{recon.auc:.3f}" in plot.accessibleDescription()
    outliers.set_num_above(400)
    assert plot.threshold == (1.0, 1.0)
    plot.grab()
    choose(combo, None)
    assert plot.curves == (None, None) and plot.threshold is None


def test_outliers_without_classes_or_data(tabs: Tabs, few_digits: ImageSet) -> None:
    panel = tabs.outliers
    panel.show()
    find, plot = child(panel, QPushButton, "find_outliers"), child(panel, RocPlot)
    assert not find.isEnabled() and not plot.isVisibleTo(panel)
    tabs.parts.open(pictures(30))
    assert find.isEnabled() and not plot.isVisibleTo(panel)
    one = ImageSet("one", "One", few_digits.images[:9], np.zeros(9, np.int32), ("a",))
    tabs.parts.open(one)
    assert plot.isVisibleTo(panel)
    find.click()
    tabs.parts.thread.rest()
    choose(child(panel, QComboBox, "abnormal_class"), 0)
    assert tabs.text(panel, "auc_recon") == "All shown are of one kind."


def test_outliers_are_written_and_a_failure_is_said(digits: Tabs, tmp_path: Path) -> None:
    digits.parts.studies.outlier_controller.compute()
    digits.parts.thread.rest()
    digits.outliers.export(tmp_path / "out.csv")
    assert len((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()) == 401
    assert "out.csv" in digits.text(digits.outliers, "outliers_said")
    digits.outliers.export(tmp_path / "nowhere" / "out.csv")
    assert "cannot be written" in digits.text(digits.outliers, "outliers_said")


def test_the_gallery_makes_pictures_for_what_is_seen_only(tabs: Tabs) -> None:
    count = 100_000
    data = ImageSet("many", "Many", np.zeros((count, 2, 2, 1), np.uint8))
    scores = OutlierScores(np.arange(count, dtype=float), np.full(count, np.nan))
    tabs.outliers.show()
    tabs.parts.session.set_data(data)
    tabs.parts.studies.outliers.set_found(OutliersFound(data, scores), None)
    gallery = child(tabs.outliers, OutlierGallery)
    gallery.grab()
    assert gallery.count == count
    assert 0 < gallery.items.num_kept < 100
    gallery.scrollToBottom()
    gallery.grab()
    last = gallery.items.image_item(count - 1)
    assert last.text == "Image 0" and gallery.viewport().rect().contains(
        gallery.cell_rect(count - 1)
    )


# --- Noise matrix --------------------------------------------------------------------------------


def test_matrix_is_computed_and_its_cells_show_examples(digits: Tabs, qtbot: QtBot) -> None:
    panel, parts = digits.matrix, digits.parts
    panel.show()
    compute = child(panel, QPushButton, "compute_matrix")
    compute.click()
    assert compute.text() == "Cancel"
    parts.thread.rest()
    assert compute.text() == "Compute"
    heat, matrix = child(panel, NoiseHeatMap), parts.studies.noise_matrix
    assert len(matrix.cells) == 2 * 5
    assert "40 held-out images" in digits.text(panel, "matrix_measured")
    centre = heat.cell_rect(1, 2).center()
    assert heat.cell_at(centre) == (1, 2)
    qtbot.mouseClick(heat, Qt.MouseButton.LeftButton, pos=centre)
    sheet = child(panel, ImageGrid, "matrix_examples")
    assert sheet.count == 15 and matrix.selected == (1, 2)
    assert "digits-denoiser" in heat.accessibleDescription()
    assert "trained with: mixed 1" in heat.accessibleDescription()
    qtbot.keyClick(heat, Qt.Key.Key_Left)
    qtbot.keyClick(heat, Qt.Key.Key_Up)
    qtbot.keyClick(heat, Qt.Key.Key_Up)
    assert matrix.selected == (0, 1)
    compute.click()
    assert matrix.selected is None and not matrix.cells and sheet.count == 0
    compute.click()
    parts.thread.rest()


def test_matrix_gains_have_signs_and_colours(digits: Tabs) -> None:
    digits.parts.studies.noise_matrix_controller.compute()
    digits.parts.thread.rest()
    heat, cells = child(digits.matrix, NoiseHeatMap), digits.parts.studies.noise_matrix.cells
    for (row, column), cell in cells.items():
        text = heat.gain_text(row, column)
        assert text[0] == ("+" if cell.gain_db >= 0 else "−")
    digits.matrix.show()
    before = heat.size()
    image = heat.picture()
    assert heat.size() == before
    assert image.width() > 2 * (230 + 5 * 112), "room for long names"
    middle = image.pixelColor(2 * (230 + 4), 2 * (41 + 6))
    fill = diverging_colour(cells[0, 0].gain_db / heat._scale_db(), is_dark=heat._theme.is_dark)
    assert middle == fill


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_colours_tell_gain_from_loss_in_both_themes(is_dark: bool) -> None:
    gain, loss = (diverging_colour(s, is_dark=is_dark) for s in (1.0, -1.0))
    assert gain.blue() > gain.red() and loss.red() > loss.blue()
    for share in np.linspace(-1, 1, 21):
        fill = diverging_colour(float(share), is_dark=is_dark)
        assert contrast(fill, text_colour(fill)) > 3.5


def contrast(a: QColor, b: QColor) -> float:
    def luminance(colour: QColor) -> float:
        parts = [colour.redF(), colour.greenF(), colour.blueF()]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_matrix_choices(digits: Tabs) -> None:
    panel, matrix = digits.matrix, digits.parts.studies.noise_matrix
    models, noises = child(panel, ModelChoice), child(panel, NoiseChoice)
    assert (models.text(), noises.text()) == ("Models: 2", "Noises: 5")
    models.boxes[1].setChecked(False)
    noises.boxes["blur"].setChecked(False)
    child(panel, FloatEditor, "matrix_amount_mask").setValue(0.25)
    assert [model.name for model in matrix.chosen_models] == [""]
    assert matrix.chosen_noises[0] == ("mask", 0.25) and len(matrix.chosen_noises) == 4
    assert (models.text(), noises.text()) == ("Models: 1", "Noises: 4")
    models.boxes[0].setChecked(False)
    compute = child(panel, QPushButton, "compute_matrix")
    assert not compute.isEnabled() and compute.toolTip() == "Choose a model first."


def test_matrix_is_exported(digits: Tabs, tmp_path: Path) -> None:
    panel = digits.matrix
    csv, png = (child(panel, QPushButton, f"export_matrix_{kind}") for kind in ("csv", "png"))
    assert not csv.isEnabled() and not png.isEnabled()
    digits.parts.studies.noise_matrix_controller.compute()
    digits.parts.thread.rest()
    assert csv.isEnabled() and png.isEnabled()
    panel.export_csv(tmp_path / "m.csv")
    panel.export_png(tmp_path / "m.png")
    assert len((tmp_path / "m.csv").read_text("utf-8-sig").splitlines()) == 11
    assert not QImage(str(tmp_path / "m.png")).isNull()
    panel.export_png(tmp_path / "nowhere" / "m.png")
    assert "cannot be written" in digits.text(panel, "matrix_said")


# --- All -----------------------------------------------------------------------------------------


def test_all_can_be_painted_in_both_themes(
    qtbot: QtBot, theme: Theme, few_digits: ImageSet
) -> None:
    tabs = Tabs(qtbot, theme)
    try:
        tabs.parts.open(few_digits)
        tabs.vary.show()
        tabs.parts.explore.select(1)
        tabs.parts.studies.outliers.set_abnormal(1)
        tabs.parts.studies.outlier_controller.compute()
        tabs.parts.studies.noise_matrix_controller.compute()
        tabs.parts.thread.rest()
        for panel in (tabs.vary, tabs.outliers, tabs.matrix):
            assert not panel.grab().isNull()
    finally:
        StudyParts.end_all()


def test_controls_have_names_and_tips(digits: Tabs) -> None:
    for panel in (digits.vary, digits.outliers, digits.matrix):
        for kind in (QPushButton, QComboBox, FloatEditor, IntEditor, ValueSlider):
            for control in panel.findChildren(kind):
                assert control.accessibleName(), control.objectName()


def test_in_the_window_a_selected_point_leaves_these_tabs_open(lab_window: LabWindow) -> None:
    bottom = lab_window.control(QTabWidget, "bottom_tabs")
    assert isinstance(bottom, QTabWidget)
    titles = [bottom.tabText(i) for i in range(bottom.count())]
    assert {"Vary", "Outliers", "Noise matrix"} <= set(titles)
    lab_window.wait(lambda: lab_window.lab.map_view.index is not None)
    for title, stays in (("Vary", True), ("Outliers", True), ("Trail", False)):
        bottom.setCurrentIndex(titles.index(title))
        lab_window.lab.explore_controller.select(None)
        lab_window.lab.explore_controller.select(3)
        assert (bottom.tabText(bottom.currentIndex()) == title) == stays
    bottom.setCurrentIndex(titles.index("Vary"))
    variations = lab_window.lab.studies.variations
    lab_window.wait(lambda: variations.varied is not None)
    lab_window.wait(lambda: variations.centroids is not None)
    lab_window.window.resize(860, 560)
    assert lab_window.window.width() <= 900, "they scroll instead of widening the window"
