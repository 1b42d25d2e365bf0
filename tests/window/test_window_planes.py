"""A model of more than two numbers on the map, with the real compute thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from lab_window import LabMap
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from latentlab.images.image_set import ImageSet
from latentlab.latent.planes.image_plane import ImagePlane
from latentlab.latent.planes.pca_plane import PcaPlane
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.run import TrainingRun
from latentlab.training.run_folder import RunFolder


@pytest.fixture(scope="module")
def wide_run(few_digits: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with five numbers, hardly trained."""
    folder = tmp_path_factory.mktemp("wide") / "run"
    spec = TrainSpec(latent_dim=5, hidden=(16,), epochs=1, batch_size=100)
    run = TrainingRun(spec, few_digits, device=torch.device("cpu"))
    keeper = RunFolder(folder, run)
    for _ in run.run():
        pass
    keeper.finish()
    return folder


@pytest.fixture
def wide_map(qtbot: QtBot, wide_run: Path) -> Iterator[LabMap]:
    opened = LabMap(qtbot, str(wide_run))
    opened.wait(lambda: opened.lab.session.engine_status == "ready")
    opened.wait(lambda: opened.lab.map_view.codes.shape[1] == 5)
    opened.wait(lambda: opened.lab.map_view.index is not None)
    yield opened
    opened.close()


def test_the_first_plane_goes_through_an_image(wide_map: LabMap) -> None:
    z = wide_map.lab.explorer.z
    assert (wide_map.lab.map_view.codes == z).all(1).any()


@pytest.mark.parametrize("kind", ["axes", "pca", "images"])
def test_a_drag_writes_where_the_view_says_and_nowhere_else(wide_map: LabMap, kind: str) -> None:
    lab, view = wide_map.lab, wide_map.lab.view_controller
    for index in (10, 200, 3000):
        lab.explore_controller.select(index)
    before = lab.explorer.z.copy()
    {"axes": lambda: view.show_axes(4, 0), "pca": view.show_pca, "images": view.show_picked}[kind]()
    assert lab.explorer.z.tobytes() == before.tobytes()
    wide_map.press((300, 200))
    for step in range(5):
        wide_map.move((300 + 9 * step, 200 + 5 * step))
    at = (336, 220)
    place = lab.map_view.camera.to_latent(at)
    z = lab.explorer.z
    assert np.allclose(lab.map_view.plane.to_plane(z[None])[0], place, atol=1e-4)
    if kind == "axes":
        assert np.allclose(z[[4, 0]], place, atol=1e-5)
        np.testing.assert_array_equal(z[1:4], before[1:4])
    wide_map.wait(lambda: np.array_equal(lab.explorer.decoded.z, lab.explorer.z))
    wide_map.release(at)


def test_arrow_keys_step_along_the_axes_shown(wide_map: LabMap) -> None:
    lab = wide_map.lab
    lab.view_controller.show_axes(3, 1)
    before, step = lab.explorer.z.copy(), 10 / lab.map_view.camera.scale
    wide_map.qtbot.keyClick(wide_map.map, Qt.Key.Key_Right)
    wide_map.qtbot.keyClick(wide_map.map, Qt.Key.Key_Down)
    moved = lab.explorer.z - before
    assert np.allclose(moved, [0, -step, 0, step, 0], atol=1e-5)


def test_a_click_on_a_point_keeps_its_whole_code_in_every_view(wide_map: LabMap) -> None:
    lab, view = wide_map.lab, wide_map.lab.view_controller
    for show in (lambda: view.show_axes(2, 3), view.show_pca):
        show()
        wide_map.click(wide_map.on_screen(77))
        chosen = lab.explorer.selected
        assert chosen is not None
        np.testing.assert_array_equal(lab.explorer.z, lab.map_view.codes[chosen])
        plane = lab.map_view.plane
        there = plane.to_plane(lab.explorer.z[None])
        off = plane.to_latent(there)[0] - lab.explorer.z
        # What the PCA plane has beside it is shrunk, so it leads past an image.
        if not isinstance(plane, PcaPlane):
            assert np.abs(off).max() < 1e-3, "the plane shown goes through that image"
        assert np.allclose(plane.to_plane(plane.to_latent(there)), there, atol=1e-3)


def test_points_fade_with_their_distance_from_the_plane(wide_map: LabMap) -> None:
    view = wide_map.lab.map_view
    distance, opacity = view.plane.distance(view.codes), view.closeness
    order = np.argsort(distance)
    assert opacity is not None and (np.diff(opacity[order]) <= 1e-6).all()
    assert opacity[order[0]] > 0.9
    assert opacity[order[-1]] < 0.5
    before = wide_map.map.grab().toImage()
    wide_map.lab.explore_controller.move_to(wide_map.lab.explorer.z + np.float32(4))
    wide_map.wait(lambda: wide_map.map.grab().toImage() != before)
    assert view.closeness is not opacity and view.closeness.mean() < opacity.mean()


def test_the_grid_covers_every_view(wide_map: LabMap) -> None:
    lab, view = wide_map.lab, wide_map.lab.view_controller
    for index in (10, 200, 3000):
        lab.explore_controller.select(index)
    for show in (view.show_pca, view.show_picked, lambda: view.show_axes(1, 2)):
        show()
        wide_map.wait(lambda: not len(lab.map_view.mosaic.stale_keys(0)))
        assert lab.map_view.mosaic.pixels.any()


def test_the_three_images_are_in_view(wide_map: LabMap) -> None:
    lab = wide_map.lab
    outliers = np.argsort(-np.abs(lab.map_view.codes).max(1))[:3]
    for index in outliers.tolist():
        lab.explore_controller.select(index)
    lab.view_controller.show_picked()
    plane, (left, bottom, right, top) = lab.map_view.plane, lab.map_view.camera.bounds()
    assert isinstance(plane, ImagePlane)
    assert (plane.corners >= (left, bottom)).all() and (plane.corners <= (right, top)).all()


def test_the_ends_of_the_sliders_come_where_the_cursor_rests(wide_map: LabMap) -> None:
    lab = wide_map.lab
    wide_map.wait(lambda: lab.explorer.ends is not None)
    first = lab.explorer.ends
    assert first.numbers == (0, 1, 2, 3, 4)
    lab.explore_controller.move_to(np.full(5, 0.7, np.float32))
    wide_map.wait(lambda: lab.explorer.ends is not first)
    assert not np.array_equal(lab.explorer.ends.images, first.images)
