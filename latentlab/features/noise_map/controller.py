"""Keeps the noise layers of the map up to date: path and cloud, and the denoising field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Slot

from latentlab.base.trace import now_s
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.messages import Embedded, Failed
from latentlab.engine.training_messages import TrainProgress
from latentlab.features.noise_lab.store import NoiseLab
from latentlab.features.noise_map.field import field_order
from latentlab.features.noise_map.messages import (
    NoiseCodes,
    NoiseCodesRequest,
    NoiseField,
    NoiseFieldRequest,
)
from latentlab.features.noise_map.store import FieldArrows, NoiseMap
from latentlab.images.image_set import ImageSet
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

MOST_ARROWS = 3072  # for one view; they take a few tenths of a second with a small network
MOST_ARROWS_IN_TRAINING = 512
ENOUGH_ARROWS = 256  # make a field that is worth showing in the place of the one before
KEPT_VIEWS = 4  # so many times the arrows of one view are kept when the view moves
_MOST_BYTES = 16 << 20  # of the codes of one view's arrows: those of wide codes are fewer
_SOON_MS = 12
_AT_REST_MS = 150  # after the view has moved
_REFRESH_EVERY_S = 1.0  # while the weights change


class NoiseMapController(QObject):
    """Asks for what is switched on and can be shown, and for nothing else."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        training: Training,
        map_view: MapView,
        noise_lab: NoiseLab,
        noise_map: NoiseMap,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._training = training
        self._map_view = map_view
        self._noise_lab = noise_lab
        self._noise_map = noise_map
        self._layers = self._layers_now()
        self._is_watched = False
        self._epoch = session.session_epoch
        self._weights_version = 0
        self._sequence = 0
        self._shown_sequence = 0
        self._field_sequence = 0
        self._is_asked = False  # arrows are on their way
        self._is_wanted_again = False  # as soon as those that come are worth showing
        self._asked_s = -1e9
        self._camera = map_view.camera  # at that time
        self._indices = np.empty(0, np.int64)  # of the last request
        self._num_taken = 0  # of its arrows
        self._key: tuple[object, ...] = ()  # what the arrows were computed with
        self._known = np.empty(0, bool)  # data images that have an arrow or will get it
        self._starts: list[NDArray[np.float32]] = []
        self._ends: list[NDArray[np.float32]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._request_field)
        thread.resulted.connect(self._take)
        noise_lab.imageChanged.connect(self._request_codes)
        noise_lab.noiseChanged.connect(self._on_noise_changed)
        map_view.layersChanged.connect(self._on_layers_changed)
        map_view.cameraChanged.connect(self._on_camera_changed)
        session.modelChanged.connect(self._on_session_changed)
        session.dataChanged.connect(self._on_data_changed)
        session.engineChanged.connect(self._on_session_changed)

    def set_watched(self, watched: bool) -> None:
        """Note whether somebody works in the noise lab.

        Path and cloud are shown only then: the lab has a picture from the beginning, and nobody
        wants its path who has not asked for noise. A change of the noise counts as well.
        """
        if watched != self._is_watched:
            self._is_watched = watched
            self._request_codes()

    # --- what changes --------------------------------------------------------------------------

    @Slot()
    def _on_noise_changed(self) -> None:
        self._thread.touch()
        self._is_watched = True
        self._request_codes()
        self._schedule_field(_SOON_MS)

    @Slot()
    def _on_layers_changed(self) -> None:
        # Also called for each step of an opacity slider.
        before, self._layers = self._layers, self._layers_now()
        if before[:2] != self._layers[:2]:
            self._request_codes()
        if before[2] != self._layers[2]:
            self._schedule_field(_SOON_MS)

    @Slot()
    def _on_camera_changed(self) -> None:
        if self._layers[2]:
            self._timer.start(_AT_REST_MS)

    @Slot()
    def _on_session_changed(self) -> None:
        if self._session.session_epoch != self._epoch:
            self._epoch = self._session.session_epoch
            self._weights_version = 0
            self._noise_map.set_codes(None)
            self._forget_field()
        self._request_codes()
        self._schedule_field(_SOON_MS)

    @Slot()
    def _on_data_changed(self) -> None:
        self._forget_field()
        self._schedule_field(_SOON_MS)

    def _on_weights_changed(self, weights_version: int) -> None:
        if weights_version == self._weights_version:
            return
        self._weights_version = weights_version
        self._request_codes()
        if not self._is_asked:  # otherwise those that come are waited for
            self._schedule_refresh()

    def _layers_now(self) -> tuple[bool, bool, bool]:
        view = self._map_view
        return (
            view.opacity("noise_path") > 0,
            view.opacity("noise_cloud") > 0,
            view.opacity("noise_field") > 0,
        )

    # --- path and cloud ------------------------------------------------------------------------

    @Slot()
    def _request_codes(self) -> None:
        image, steps = self._noise_lab.image, self._noise_lab.steps
        if not self._noise_lab.has_clean or not self._is_watched:
            image = None  # what is noisy itself gets no further noise
        wants_path, wants_cloud, _ = self._layers
        if image is None or not steps or not (wants_path or wants_cloud):
            self._shown_sequence = self._sequence  # what is on its way is not wanted any more
            self._noise_map.set_codes(None)
            return
        model = self._session.model
        if model is None or self._session.engine_status != "ready":
            return
        self._sequence += 1
        self._thread.request(
            NoiseCodesRequest(
                model.session_epoch,
                self._sequence,
                image,
                tuple(steps),
                self._noise_lab.seed,
                wants_path,
                wants_cloud,
            )
        )

    # --- the field -----------------------------------------------------------------------------

    def _schedule_field(self, after_ms: int) -> None:
        is_needed = self._layers[2] or self._is_asked or self._noise_map.field is not None
        if not is_needed:
            return
        if not self._timer.isActive() or self._timer.remainingTime() > after_ms:
            self._timer.start(after_ms)

    def _schedule_refresh(self) -> None:
        """Compute the field anew under other weights, not more often than it is worth."""
        if self._layers[2]:
            due_ms = (self._asked_s + _REFRESH_EVERY_S - now_s()) * 1e3
            self._schedule_field(max(_SOON_MS, round(due_ms)))

    def _forget_field(self) -> None:
        self._is_asked = self._is_wanted_again = False
        self._key = ()
        self._field_sequence += 1  # what is on its way is dropped
        self._noise_map.set_field(None)

    @Slot()
    def _request_field(self) -> None:
        model, data, steps = self._session.model, self._session.data, self._noise_lab.steps
        if model is None or self._session.engine_status != "ready":
            return
        if data is None or not steps or not self._layers[2]:
            was_asked = self._is_asked
            self._forget_field()
            if was_asked and data is not None:
                self._send(model.session_epoch, data, np.empty(0, np.int64))  # ends the work
                self._is_asked = False
            return
        key = (model.session_epoch, self._weights_version, data, tuple(steps))
        if key != self._key:
            if self._is_asked and self._num_arrows() < ENOUGH_ARROWS:
                # Under a moving hand each field would end before it says anything.
                self._is_wanted_again = True
                return
            self._begin(key, len(data))
        elif self._is_asked:
            if self._map_view.camera == self._camera:
                return
            self._known[self._indices[self._num_taken :]] = False
        wanted = self._wanted(data)
        if len(wanted) and self._num_arrows() + len(wanted) > KEPT_VIEWS * self._most_arrows():
            self._begin(key, len(data))
            wanted = self._wanted(data)
        if len(wanted):
            self._known[wanted] = True
            self._send(model.session_epoch, data, wanted)

    def _begin(self, key: tuple[object, ...], count: int) -> None:
        self._key = key
        self._known = np.zeros(count, bool)
        self._starts, self._ends = [], []

    def _wanted(self, data: ImageSet) -> NDArray[np.int64]:
        """Return the images that the view needs arrows of."""
        positions = self._map_view.positions
        if len(positions) != len(data):  # codes of these data are still to come
            positions = np.full((len(data), 2), np.nan, np.float32)
        order = field_order(positions, self._map_view.camera.bounds(), self._most_arrows())
        return order[~self._known[order]]

    def _most_arrows(self) -> int:
        is_training = self._training.status == "running"
        most = MOST_ARROWS_IN_TRAINING if is_training else MOST_ARROWS
        row_bytes = 2 * 4 * self._map_view.plane.latent_dim
        return min(most, max(ENOUGH_ARROWS, _MOST_BYTES // row_bytes))

    def _send(self, session_epoch: int, data: ImageSet, indices: NDArray[np.int64]) -> None:
        self._field_sequence += 1
        self._is_asked, self._is_wanted_again = True, False
        self._indices, self._num_taken = indices, 0
        self._asked_s = now_s()
        self._camera = self._map_view.camera
        self._thread.request(
            NoiseFieldRequest(
                session_epoch, self._field_sequence, data, indices, tuple(self._noise_lab.steps)
            )
        )

    def _num_arrows(self) -> int:
        return sum(map(len, self._starts))

    # --- answers -------------------------------------------------------------------------------

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case NoiseCodes():
                self._take_codes(result)
            case NoiseField():
                self._take_field(result)
            case TrainProgress():
                self._on_weights_changed(result.weights_version)
            case Embedded():
                if result.complete and result.session_epoch == self._session.session_epoch:
                    self._on_weights_changed(result.weights_version)
                    self._schedule_field(_AT_REST_MS)  # now it is known where the images lie
            case Failed(origin="noise_field"):
                if result.sequence == self._field_sequence:
                    self._is_asked = False  # the next change asks again
                    self._known[self._indices[self._num_taken :]] = False
            case Failed(origin="noise_codes"):
                if result.sequence == self._sequence:
                    self._shown_sequence = self._sequence
                    self._noise_map.set_codes(None)

    def _take_codes(self, codes: NoiseCodes) -> None:
        if codes.session_epoch != self._session.session_epoch:
            return
        if codes.sequence <= self._shown_sequence:
            return
        self._shown_sequence = codes.sequence
        self._noise_map.set_codes(codes)

    def _take_field(self, field: NoiseField) -> None:
        if field.session_epoch != self._session.session_epoch:
            return
        if field.sequence != self._field_sequence or not self._is_asked:
            return
        self._starts.append(field.starts)
        self._ends.append(field.ends)
        self._num_taken += len(field.starts)
        self._is_asked = not field.complete
        is_enough = field.complete or self._num_arrows() >= ENOUGH_ARROWS
        if is_enough or self._noise_map.field is None:
            # One array each, so that many small reports are not put together again and again.
            self._starts = [np.concatenate(self._starts)]
            self._ends = [np.concatenate(self._ends)]
            self._noise_map.set_field(FieldArrows(self._starts[0], self._ends[0]))
        if self._is_wanted_again and is_enough:
            self._request_field()
        elif field.complete and self._weights_version != self._key[1]:
            self._schedule_refresh()
