"""The panel that chooses the plane of the map, on stores of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from latentlab.engine.messages import ModelOpened
from latentlab.features.view.controller import ViewController
from latentlab.features.view.panel import ViewPanel
from latentlab.images.image_set import ImageSet
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.fidelity import fidelity
from latentlab.latent.planes.image_plane import ImagePlane
from latentlab.latent.planes.pca_plane import PcaPlane
from latentlab.map.layers.plane_marks import axis_names
from latentlab.models.model_document import ModelDocument
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.images.image_strip import ImageStrip
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.still_label import StillLabel
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
W = TypeVar("W", bound=QWidget)
DIMS = 5
KL = [0.5, 3.0, 0.0, 4.0, 1.0]


class Parts:
    """The panel with its stores and controller."""

    def __init__(self, theme: Theme) -> None:
        self.session, self.explorer = Session(), Explorer()
        self.map_view = MapView()
        self.view = ViewController(self.session, self.explorer, self.map_view)
        self.panel = ViewPanel(self.session, self.explorer, self.map_view, self.view, theme)

    def open(self, dims: int, kl: list[float] | None = None) -> None:
        document = ModelDocument(
            format_version=1,
            network="mlp",
            network_args={},
            objective="variational",
            objective_args={},
            likelihood="bernoulli",
            input_shape=(4, 4, 1),
            latent_dim=dims,
            latent_mean=[0.0] * dims,
            latent_std=[1.0 + i / 10 for i in range(dims)],
            latent_kl=kl or [],
            prior="standard-normal",
            data_name="noise",
            data_fingerprint="",
        )
        codes = np.random.default_rng(0).normal(size=(40, dims)).astype(np.float32)
        self.session.set_data(ImageSet("n", "N", np.zeros((40, 4, 4, 1), np.uint8)))
        self.map_view.set_codes(codes, None)
        self.explorer.set_z(codes[0])
        self.session.set_model(ModelOpened(1, "m", None, document, True, True))

    def combo(self, name: str) -> FlatComboBox:
        return self.find(FlatComboBox, name)

    def text(self, name: str) -> str:
        return self.find(StillLabel, name).text()

    def find(self, kind: type[W], name: str) -> W:
        found = self.panel.findChild(kind, name)
        assert found is not None
        return found

    def choose(self, name: str, place: int) -> None:
        combo = self.combo(name)
        combo.setCurrentIndex(place)
        combo.activated.emit(place)

    def choose_axis(self, name: str, axis: int) -> None:
        self.choose(name, self.combo(name).findData(axis))


@pytest.fixture
def parts(qtbot: QtBot, qapp: QApplication) -> Iterator[Parts]:
    made = Parts(Theme(qapp, "dark"))
    qtbot.addWidget(made.panel)
    yield made
    made.view._follow_timer.stop()


@pytest.mark.parametrize(("dims", "hidden"), [(1, True), (2, True), (3, False)])
def test_two_numbers_need_no_choice(parts: Parts, dims: int, hidden: bool) -> None:
    parts.open(dims)
    assert parts.panel.isHidden() is hidden
    assert (axis_names(parts.map_view.plane) == ("", "")) is hidden


def test_axes_are_listed_by_what_they_say(parts: Parts) -> None:
    parts.open(DIMS, KL)
    combo = parts.combo("view_across")
    listed = [combo.itemText(i) for i in range(combo.count())]
    assert listed == [
        "z₄ · KL 4.00",
        "z₂ · KL 3.00",
        "z₅ · KL 1.00",
        "z₁ · KL 0.50",
        "z₃ · KL 0.00",
    ]
    assert combo.currentText() == "z₂ · KL 3.00"
    assert parts.combo("view_up").currentText() == "z₄ · KL 4.00"
    assert axis_names(parts.map_view.plane) == ("z₂ →", "z₄ ↑")
    parts.open(3)
    assert combo.itemText(0) == "z₃ · σ 1.20"


def test_an_axis_is_chosen_and_two_of_the_same_are_exchanged(parts: Parts) -> None:
    parts.open(DIMS, KL)
    z = parts.explorer.z.tobytes()
    for name, axis, axes in (
        ("view_across", 0, (0, 3)),
        ("view_up", 2, (0, 2)),
        ("view_across", 2, (2, 0)),
        ("view_up", 2, (0, 2)),
    ):
        parts.choose_axis(name, axis)
        plane = parts.map_view.plane
        assert isinstance(plane, AxisPlane) and plane.axes == axes
        shown = tuple(parts.combo(n).currentData() for n in ("view_across", "view_up"))
        assert shown == axes
    assert parts.explorer.z.tobytes() == z


def test_the_pca_plane_and_back(parts: Parts) -> None:
    parts.open(DIMS, KL)
    parts.choose("view_kind", 1)
    assert isinstance(parts.map_view.plane, PcaPlane)
    assert parts.combo("view_across").isHidden() or parts.combo("view_across").parent().isHidden()
    assert axis_names(parts.map_view.plane)[0].startswith("PC 1 · ")
    parts.choose("view_kind", 0)
    assert isinstance(parts.map_view.plane, AxisPlane)


def test_three_images_are_counted_until_there_is_a_plane(parts: Parts) -> None:
    parts.open(DIMS, KL)
    parts.choose("view_kind", 2)
    button, hint = parts.find(QPushButton, "show_picked"), parts.find(QWidget, "picked_hint")
    said = []
    for index in (3, 9, 27):
        assert not button.isEnabled()
        said.append(hint.text())
        parts.explorer.set_selected(index)
        # The cursor's plane goes on through each image, and the choice is not taken back by it.
        parts.explorer.set_z(parts.map_view.codes[index])
        parts.map_view.set_plane(parts.map_view.plane.through(parts.explorer.z))
        assert parts.combo("view_kind").currentIndex() == 2
    assert [text.split(":")[0] for text in said] == [
        "Click three points on the map.",
        "One image chosen",
        "Two images chosen",
    ]
    assert isinstance(parts.map_view.plane, AxisPlane)
    assert button.isEnabled()
    button.click()
    plane = parts.map_view.plane
    assert isinstance(plane, ImagePlane) and plane.indices == (3, 9, 27)
    assert button.isHidden()
    items = parts.find(ImageStrip, "picked_images").items
    captions = [items.image_item(row).captions[0][0] for row in range(items.rowCount())]
    assert captions == ["A", "B", "C"]
    assert axis_names(plane) == ("A – B →", "C ↑")


def test_images_without_a_plane_are_refused_in_the_panel(parts: Parts) -> None:
    parts.open(DIMS, KL)
    codes = parts.map_view.codes.copy()
    codes[1] = codes[2] = codes[0]
    parts.map_view.set_codes(codes, None)
    for index in (0, 1, 2):
        parts.explorer.set_selected(index)
    parts.choose("view_kind", 2)
    error = parts.find(QWidget, "view_error")
    assert not error.isHidden() and "same code" in error.text()
    assert isinstance(parts.map_view.plane, AxisPlane)
    parts.explorer.set_selected(5)
    assert error.isHidden()


def test_it_says_what_the_view_keeps(parts: Parts, qtbot: QtBot) -> None:
    parts.open(DIMS, KL)
    for kind in (0, 1):
        parts.choose("view_kind", kind)
        found = fidelity(parts.map_view.plane, parts.map_view.codes)
        assert found is not None
        expected = (f"{100 * found.kept_share:.0f} %", f"{found.round_trip:.2f}")
        qtbot.waitUntil(
            lambda e=expected: (parts.text("view_kept"), parts.text("view_round_trip")) == e
        )
    parts.map_view.set_codes(np.empty((0, DIMS), np.float32), None)
    qtbot.waitUntil(lambda: parts.text("view_kept") == "–")


def test_it_says_when_the_cursor_is_off_the_plane(parts: Parts, qtbot: QtBot) -> None:
    parts.open(DIMS, KL)
    assert parts.text("view_sentence") == "The other 3 numbers keep the values of the cursor."
    parts.choose("view_kind", 1)
    plane = parts.map_view.plane
    z = parts.explorer.z + np.float32(2)
    parts.explorer.set_z(z)
    off = np.linalg.norm(plane.to_latent(plane.to_plane(z[None]))[0] - z)
    qtbot.waitUntil(
        lambda: (
            parts.text("view_sentence")
            == f"The cursor is {off:.2f} off the plane until you drag it on the map."
        )
    )
    assert parts.explorer.z.tobytes() == z.tobytes()
