"""The decoded grid follows the plane that is shown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from answering_thread import AnsweringThread
from PySide6.QtWidgets import QApplication
from wide_model import DIMS, KL, codes_of, document

from latentlab.engine.messages import ModelOpened
from latentlab.features.grid.controller import GridController
from latentlab.features.grid.messages import TilesDecoded, TilesRequest
from latentlab.latent.camera import Camera
from latentlab.latent.grid_mosaic import GridMosaic
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.pca_plane import pca_plane
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session


class Grid:
    """The controller, with a network that paints every cell in one grey."""

    def __init__(self) -> None:
        self.thread, self.session = AnsweringThread(), Session()
        self.map_view = MapView()
        self.controller = GridController(self.thread, self.session, self.map_view)  # type: ignore[arg-type]
        self.map_view.set_camera(Camera(width=300, height=200, scale=60.0))
        self.map_view.set_codes(codes_of(), None)
        self.map_view.set_plane(AxisPlane(np.zeros(DIMS, np.float32), (1, 4)))
        self.session.set_engine_status("ready")
        self.session.set_model(ModelOpened(1, "m", None, document(KL), True, True))

    def ask(self) -> TilesRequest:
        self.controller._request()
        return self.thread.of(TilesRequest)[-1]

    def answer(self, request: TilesRequest, grey: int) -> None:
        images = np.full((len(request.keys), 4, 4, 1), grey, np.uint8)
        self.thread.resulted.emit(
            TilesDecoded(1, request.sequence, request.level, request.keys, images, 0)
        )

    def fill(self, grey: int) -> None:
        """Answer until nothing is missing."""
        while len(self.mosaic.stale_keys(0)):
            self.answer(self.ask(), grey)

    @property
    def mosaic(self) -> GridMosaic:
        assert self.map_view.mosaic is not None
        return self.map_view.mosaic


@pytest.fixture
def grid(qapp: QApplication) -> Iterator[Grid]:
    made = Grid()
    made.fill(100)
    assert (made.mosaic.pixels == 100).all()
    yield made
    made.controller._timer.stop()


def test_cells_are_decoded_where_the_plane_has_them(grid: Grid) -> None:
    anchor = np.arange(DIMS, dtype=np.float32)
    grid.map_view.set_plane(AxisPlane(anchor, (1, 4)))
    request = grid.ask()
    assert np.array_equal(np.delete(request.z, [1, 4], axis=1)[0], np.delete(anchor, [1, 4]))
    cells = (request.keys + 0.5) * 2.0**-request.level
    np.testing.assert_allclose(request.z[:, [1, 4]], cells)


def test_a_drag_along_the_plane_forgets_nothing(grid: Grid) -> None:
    asked = len(grid.thread.asked)
    along = np.array([0, 7, 0, 0, -3, 0], np.float32)
    grid.map_view.set_plane(grid.map_view.plane.through(along))
    grid.controller._request()
    assert len(grid.thread.asked) == asked
    assert not len(grid.mosaic.stale_keys(0))


def test_a_moved_anchor_keeps_old_cells_until_new_ones_come(grid: Grid) -> None:
    grid.map_view.set_plane(grid.map_view.plane.through(np.ones(DIMS, np.float32)))
    assert (grid.mosaic.pixels == 100).all()
    assert len(grid.mosaic.stale_keys(0)) > 0
    grid.fill(50)
    assert (grid.mosaic.pixels == 50).all()


def test_another_view_shows_no_cell_of_the_one_before(grid: Grid) -> None:
    grid.map_view.set_plane(pca_plane(grid.map_view.codes))
    assert not grid.mosaic.pixels.any()
    grid.fill(50)
    assert (grid.mosaic.pixels == 50).all()


def test_cells_that_come_late_are_not_taken_for_those_of_the_new_view(grid: Grid) -> None:
    grid.map_view.set_plane(grid.map_view.plane.through(np.ones(DIMS, np.float32)))
    late = grid.ask()
    grid.map_view.set_plane(pca_plane(grid.map_view.codes))
    grid.answer(late, 200)
    assert not grid.mosaic.pixels.any()
    assert len(grid.mosaic.unknown_keys()) > 0


def test_cells_that_come_late_stand_in_where_only_the_anchor_has_moved(grid: Grid) -> None:
    grid.map_view.set_plane(grid.map_view.plane.through(np.ones(DIMS, np.float32)))
    late = grid.ask()
    grid.map_view.set_plane(grid.map_view.plane.through(np.full(DIMS, 2, np.float32)))
    grid.answer(late, 200)
    assert (grid.mosaic.pixels == 200).all(), "the picture advances"
    assert len(grid.mosaic.stale_keys(0)) == len(late.keys), "and is still wanted afresh"
