"""Keeps the decoded grid behind the points up to date: coarse first, then fine, then fresh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from latentlab.base.trace import now_s
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.messages import Failed
from latentlab.engine.training_messages import TrainProgress
from latentlab.features.grid.messages import TilesDecoded, TilesRequest
from latentlab.latent.grid_mosaic import STAND_IN, GridMosaic
from latentlab.latent.tiles import COARSE_LEVELS, CellBlock, level_for, tile_shape, visible_block
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session

CELL_PX = 24.0  # cells are shown between this and twice this size
_MARGIN_CELLS = 2  # decoded around the view, so that a small pan shows no gap
_REFRESH_EVERY_MS = 600  # how often cells follow the weights in training
_REQUEST_AFTER_MS = 12  # a zoom or pan makes many views; only where it pauses is asked for


class GridController(QObject):
    """Compares what the view needs with what is decoded, and asks for the difference."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        map_view: MapView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._map_view = map_view
        self._sequence = 0
        self._in_flight = False
        self._requested_s = 0.0
        self._in_flight_cells = 0
        self._weights_version = 0
        self._model_epoch = -1
        self._plane = map_view.plane
        self._outdated_sequence = 0  # decoded before the plane moved: stand-ins
        self._foreign_sequence = 0  # decoded on another plane: nothing to show
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._request)
        thread.resulted.connect(self._take)
        map_view.cameraChanged.connect(self._on_view_changed)
        map_view.planeChanged.connect(self._on_plane_changed)
        map_view.layersChanged.connect(self._schedule)
        session.modelChanged.connect(self._on_model_changed)
        session.engineChanged.connect(self._schedule)

    @Slot()
    def _on_view_changed(self) -> None:
        # A wheel sends many views between two frames; covering each of them would take longer
        # than painting does, so it waits for the timer as well.
        self._thread.touch()
        self._restart()

    @Slot()
    def _on_plane_changed(self) -> None:
        before, self._plane = self._plane, self._map_view.plane
        mosaic = self._map_view.mosaic
        self._outdated_sequence = self._sequence
        if self._plane.continues(before):
            if mosaic is not None:
                mosaic.forget()
        else:
            # The same place means something else now: an old picture there would be wrong.
            self._foreign_sequence = self._sequence
            if mosaic is not None:
                mosaic.clear()
                self._map_view.mosaicChanged.emit()
        self._restart()

    @Slot()
    def _on_model_changed(self) -> None:
        model = self._session.model
        if model is None:
            return
        mosaic = self._map_view.mosaic
        shape = tile_shape(model.document.input_shape)
        if mosaic is None or mosaic.image_shape != shape:
            self._map_view.mosaic = GridMosaic(shape)
        elif model.session_epoch != self._model_epoch and self._model_epoch >= 0:
            mosaic.forget()
        if model.session_epoch != self._model_epoch:
            self._model_epoch = model.session_epoch
            self._weights_version = 0
        self._cover_view()
        self._restart()

    def adopt(self, level: int, keys: np.ndarray, images: np.ndarray) -> None:
        """Show cells that were decoded before, such as those stored beside a bundled model."""
        if self._map_view.mosaic is not None:
            self._map_view.mosaic.put(level, keys, images, 0)
            self._map_view.mosaicChanged.emit()

    def _cover_view(self) -> None:
        mosaic = self._map_view.mosaic
        if mosaic is None:
            return
        block = self._block()
        if block != mosaic.block:
            mosaic.cover(block)
            self._map_view.mosaicChanged.emit()

    def _block(self) -> CellBlock:
        camera = self._map_view.camera
        block = visible_block(camera, level_for(camera, CELL_PX))
        m = _MARGIN_CELLS
        return CellBlock(
            block.level, block.left - m, block.bottom - m, block.right + m, block.top + m
        )

    def _restart(self) -> None:
        """What is being decoded is not wanted any more."""
        self._in_flight = False
        self._schedule()

    @Slot()
    def _schedule(self) -> None:
        if not self._in_flight and not self._timer.isActive():
            self._timer.start(_REQUEST_AFTER_MS)

    def _schedule_refresh(self) -> None:
        """Decode anew what shows older weights, not more often than eyes need."""
        if not self._in_flight and not self._timer.isActive():
            due_ms = _REFRESH_EVERY_MS - (now_s() - self._requested_s) * 1e3
            self._timer.start(max(_REQUEST_AFTER_MS, round(due_ms)))

    @Slot()
    def _request(self) -> None:
        self._cover_view()
        model, mosaic = self._session.model, self._map_view.mosaic
        if model is None or mosaic is None or mosaic.block is None:
            return
        if self._session.engine_status != "ready" or self._map_view.opacity("grid") == 0.0:
            return
        if self._map_view.plane.latent_dim != model.document.latent_dim:
            return
        level = mosaic.block.level
        unknown = mosaic.unknown_keys()
        if len(unknown):
            level -= COARSE_LEVELS
            coarse = unknown >> COARSE_LEVELS
            _, first = np.unique(coarse, axis=0, return_index=True)
            keys = coarse[np.sort(first)]
        else:
            keys = mosaic.stale_keys(self._weights_version)
        if len(keys) == 0:
            return
        centres = replace(mosaic.block, level=level).centres(keys)
        self._sequence += 1
        self._in_flight = True
        self._requested_s = now_s()
        self._in_flight_cells = len(keys)
        self._thread.request(
            TilesRequest(
                model.session_epoch,
                self._sequence,
                level,
                keys,
                self._map_view.plane.to_latent(centres),
            )
        )

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case TilesDecoded():
                self._take_tiles(result)
            case Failed(origin="grid"):
                if result.sequence == self._sequence:
                    self._in_flight = False  # another view or other weights ask again
            case TrainProgress():
                self._weights_version = max(self._weights_version, result.weights_version)
                self._schedule_refresh()

    def _take_tiles(self, tiles: TilesDecoded) -> None:
        mosaic = self._map_view.mosaic
        if mosaic is None or tiles.session_epoch != self._session.session_epoch:
            return
        if tiles.sequence <= self._foreign_sequence:
            return
        self._weights_version = max(self._weights_version, tiles.weights_version)
        if tiles.sequence == self._sequence:
            self._in_flight_cells -= len(tiles.keys)
            if self._in_flight_cells <= 0:
                self._in_flight = False
                coarse = tiles.level < (mosaic.block.level if mosaic.block else tiles.level)
                if coarse:
                    self._schedule()
                else:
                    self._schedule_refresh()
            version = tiles.weights_version
            if tiles.sequence <= self._outdated_sequence:
                version = STAND_IN
            mosaic.put(tiles.level, tiles.keys, tiles.images, version)
            self._map_view.mosaicChanged.emit()
