"""Which plane the map shows, and that the cursor never loses its code."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from wide_model import DIMS, KL, codes_of, document

from latentlab.base.errors import UsageError
from latentlab.engine.messages import ModelOpened
from latentlab.features.view.controller import WIDE_DIMS, ViewController
from latentlab.images.image_set import ImageSet
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.image_plane import ImagePlane
from latentlab.latent.planes.pca_plane import PcaPlane
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session


class Parts:
    """The controller on stores of its own."""

    def __init__(self) -> None:
        self.session, self.explorer = Session(), Explorer()
        self.map_view = MapView()
        self.view = ViewController(self.session, self.explorer, self.map_view)
        self.extents = 0
        self.map_view.extentChanged.connect(self._count)

    def _count(self) -> None:
        self.extents += 1

    def open(self, kl: list[float], *, epoch: int = 1, dims: int = DIMS, seed: int = 0) -> None:
        model = ModelOpened(epoch, "m", None, document(kl, dims, seed), True, True)
        self.session.set_model(model)

    def show_data(self) -> None:
        self.map_view.set_codes(codes_of(), None)
        self.explorer.set_z(self.map_view.codes[7])

    @property
    def axes(self) -> tuple[int, int]:
        plane = self.map_view.plane
        assert isinstance(plane, AxisPlane)
        return plane.axes


@pytest.fixture
def parts(qapp: QApplication) -> Parts:
    made = Parts()
    made.map_view.set_codes(np.empty((0, DIMS), np.float32), None)
    made.open(KL)
    made.show_data()
    return made


def test_a_model_is_first_shown_along_what_says_most(parts: Parts) -> None:
    assert parts.axes == (1, 4)
    assert parts.extents == 1


def test_every_view_leaves_the_code_of_the_cursor_bit_for_bit(parts: Parts) -> None:
    z = np.random.default_rng(1).normal(size=DIMS).astype(np.float32) * np.float32(1 / 3)
    parts.explorer.set_z(z)
    for index in (3, 30, 50):
        parts.explorer.set_selected(index)
    changes: list[bytes] = []
    parts.explorer.zChanged.connect(lambda: changes.append(parts.explorer.z.tobytes()))
    shown = []
    for show in (
        lambda: parts.view.show_axes(5, 2),
        parts.view.show_pca,
        parts.view.show_picked,
        parts.view.show_best_axes,
    ):
        show()
        shown.append(type(parts.map_view.plane))
        assert parts.explorer.z.tobytes() == z.tobytes()
    assert shown == [AxisPlane, PcaPlane, ImagePlane, AxisPlane]
    assert not changes
    plane = parts.map_view.plane
    np.testing.assert_array_equal(plane.to_latent(plane.to_plane(z[None]))[0], z)
    assert parts.extents == 5, "each time the positions mean something else"


def test_positions_follow_the_view(parts: Parts) -> None:
    codes = parts.map_view.codes
    parts.view.show_axes(5, 2)
    np.testing.assert_array_equal(parts.map_view.positions, codes[:, [5, 2]])
    parts.view.show_pca()
    expected = parts.map_view.plane.to_plane(codes)
    np.testing.assert_array_equal(parts.map_view.positions, expected)
    assert not np.allclose(expected, codes[:, [5, 2]])


@pytest.mark.parametrize("axes", [(2, 2), (0, DIMS), (-1, 1)])
def test_axes_must_be_two_numbers_of_the_code(parts: Parts, axes: tuple[int, int]) -> None:
    with pytest.raises(UsageError):
        parts.view.show_axes(*axes)
    assert parts.axes == (1, 4)


def test_the_last_three_selected_points_are_picked(parts: Parts) -> None:
    for index, picked in (
        (5, (5,)),
        (9, (5, 9)),
        (5, (9, 5)),
        (None, (9, 5)),
        (7, (9, 5, 7)),
        (8, (5, 7, 8)),
    ):
        parts.explorer.set_selected(index)
        assert parts.map_view.picked == picked
        if len(picked) < 3:
            with pytest.raises(UsageError, match="three points"):
                parts.view.show_picked()
    parts.view.show_picked()
    plane = parts.map_view.plane
    assert isinstance(plane, ImagePlane) and plane.indices == (5, 7, 8)
    # Further clicks choose; only a wish changes the plane.
    parts.explorer.set_selected(20)
    assert parts.map_view.plane is plane


def test_what_cannot_be_shown_leaves_the_view_as_it_was(parts: Parts) -> None:
    before = parts.map_view.plane
    codes = codes_of()
    codes[[1, 2]] = codes[0]
    parts.map_view.set_codes(codes, None)
    for index in (0, 1, 2):
        parts.explorer.set_selected(index)
    with pytest.raises(UsageError, match="same code"):
        parts.view.show_picked()
    parts.map_view.set_codes(np.empty((0, DIMS), np.float32), None)
    with pytest.raises(UsageError):
        parts.view.show_pca()
    with pytest.raises(UsageError):
        parts.view.show_picked()
    assert parts.map_view.plane is before


def test_chosen_axes_outlive_the_end_of_their_run_but_not_the_model(parts: Parts) -> None:
    parts.view.show_axes(5, 2)
    parts.open([9.0, 8.0, 0, 0, 0, 0])
    assert parts.axes == (5, 2)
    parts.open(KL, epoch=2, seed=5)
    assert parts.axes == (1, 4), "the numbers of another code mean something else"


def test_the_pca_plane_is_found_anew_for_another_model(parts: Parts) -> None:
    parts.view.show_pca()
    parts.open(KL, epoch=2, seed=5)
    codes = codes_of()[:, ::-1] + np.float32(3)
    parts.map_view.set_codes(np.full((60, DIMS), np.nan, np.float32), None)
    parts.map_view.set_codes(codes, None)
    plane = parts.map_view.plane
    assert isinstance(plane, PcaPlane)
    assert np.allclose(plane.flat.origin, codes.mean(0), atol=1e-4)
    np.testing.assert_array_equal(parts.map_view.positions, plane.to_plane(codes))
    parts.open([1.0] * 4, epoch=3, dims=4)
    assert parts.axes == (0, 1), "a code of another length has other planes"
    parts.view._follow_timer.stop()


def test_a_view_that_nobody_chose_follows_what_is_measured(parts: Parts) -> None:
    parts.open([], epoch=2, seed=1)
    assert parts.axes == (0, 1)
    parts.open([9.0, 0, 8.0, 0, 0, 0], epoch=2, seed=1)
    assert parts.axes == (0, 2)


def test_planes_of_data_follow_their_codes(parts: Parts) -> None:
    for index in (3, 30, 50):
        parts.explorer.set_selected(index)
    parts.view.show_picked()
    parts.map_view.set_codes(codes_of() * np.float32(3), None)
    parts.view._follow_codes()
    three = parts.map_view.codes[[3, 30, 50]]
    np.testing.assert_allclose(parts.map_view.plane.distance(three), 0, atol=1e-4)
    parts.view.show_pca()
    parts.map_view.set_codes(codes_of() + np.float32(5), None)
    parts.view._follow_codes()
    plane = parts.map_view.plane
    assert isinstance(plane, PcaPlane)
    assert np.allclose(plane.flat.origin, parts.map_view.codes.mean(0), atol=1e-4)
    parts.map_view.set_codes(np.full((60, DIMS), np.nan, np.float32), None)
    parts.view._follow_codes()
    assert parts.map_view.plane is plane
    parts.view._follow_timer.stop()


def test_other_data_end_a_plane_through_images(parts: Parts) -> None:
    for index in (3, 30, 50):
        parts.explorer.set_selected(index)
    parts.view.show_picked()
    parts.session.set_data(ImageSet("other", "Other", np.zeros((60, 4, 4, 1), np.uint8)))
    assert parts.axes == (1, 4)
    assert parts.map_view.picked == ()


def test_two_numbers_have_one_plane(qapp: QApplication) -> None:
    parts = Parts()
    parts.open([1.0, 2.0], dims=2)
    assert parts.axes == (0, 1) and parts.extents == 0
    parts.map_view.set_codes(codes_of(dims=2), None)
    assert parts.map_view.closeness is None
    assert parts.map_view.positions is parts.map_view.codes


def wide_codes(seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(60, WIDE_DIMS)).astype(np.float32)


def test_wide_codes_are_first_shown_along_their_plane(qapp: QApplication) -> None:
    parts = Parts()
    parts.explorer.set_z(np.zeros(WIDE_DIMS, np.float32))
    parts.open([0.1] * WIDE_DIMS, dims=WIDE_DIMS)
    assert isinstance(parts.map_view.plane, AxisPlane), "no code is known yet"
    few = np.full((60, WIDE_DIMS), np.nan, np.float32)
    few[:2] = wide_codes()[:2]
    parts.map_view.set_codes(few, None)
    assert isinstance(parts.map_view.plane, AxisPlane), "two are too few"
    parts.map_view.set_codes(wide_codes(), None)
    assert isinstance(parts.map_view.plane, PcaPlane)
    parts.view.show_axes(3, 4)
    parts.map_view.set_codes(wide_codes(6), None)
    parts.open([0.2] * WIDE_DIMS, dims=WIDE_DIMS)
    assert parts.axes == (3, 4), "what was chosen stays"
    parts.view.show_best_axes()
    assert isinstance(parts.map_view.plane, AxisPlane)
    parts.map_view.set_codes(wide_codes(7), None)
    assert isinstance(parts.map_view.plane, AxisPlane)


def test_axes_chosen_before_the_codes_are_known_stay(qapp: QApplication) -> None:
    parts = Parts()
    parts.explorer.set_z(np.zeros(WIDE_DIMS, np.float32))
    parts.open([0.1] * WIDE_DIMS, dims=WIDE_DIMS)
    parts.view.show_axes(8, 9)
    parts.map_view.set_codes(wide_codes(), None)
    assert parts.axes == (8, 9)
