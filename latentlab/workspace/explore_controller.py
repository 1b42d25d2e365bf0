"""From the hand to the decoded picture and what is near it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from latentlab.base.errors import DataError
from latentlab.base.trace import now_s
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.cursor_messages import (
    CompareRequest,
    Decoded,
    DecodeRequest,
    NearestCompared,
    PictureScaleMeasured,
    Reconstructed,
    ReconstructRequest,
)
from latentlab.engine.messages import DataOpened, Failed, ModelOpened
from latentlab.engine.training_messages import TrainProgress
from latentlab.latent.neighbours import Neighbours
from latentlab.models.prior_samples import sample_prior
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.neighbour_search import NeighbourSearch
from latentlab.workspace.session import Session
from latentlab.workspace.trail import Trail

NUM_NEAREST = 5


class ExploreController(QObject):
    """Moves the cursor, asks for its picture, and takes the answers.

    The newest request wins, and the picture always advances: an answer is dropped only if it is
    older than what is shown, or of another model.
    """

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        trail: Trail,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._trail = trail
        self._sequence = 0
        self._shown_sequence = 0
        self._event_s = now_s()
        self._reconstruct_sequence = 0
        self._wants_anchor = False
        self._rmse_epoch = 0
        self._search = NeighbourSearch(self)
        self._search.found.connect(self._take_neighbours)
        thread.resulted.connect(self._take)
        explorer.zChanged.connect(self._on_z_changed)
        explorer.selectedChanged.connect(self._request_reconstruction)
        map_view.codesChanged.connect(self._on_codes_changed)
        session.engineChanged.connect(self.refresh)

    # --- intents -------------------------------------------------------------------------------

    def move_to(self, z: NDArray[np.float32], event_s: float | None = None) -> None:
        """Put the cursor on a code, float (d,); ``event_s`` is when the hand asked for it."""
        self._event_s = now_s() if event_s is None else event_s
        self._wants_anchor = False
        self._explorer.set_z(z)

    def move_on_map(self, point: tuple[float, float], event_s: float | None = None) -> None:
        """Put the cursor on a map position."""
        plane = self._map_view.plane
        self.move_to(plane.to_latent(np.array([point], np.float32))[0], event_s)

    def move_to_image(self, index: int, event_s: float | None = None) -> None:
        """Put the cursor on the code of a data image."""
        codes = self._map_view.codes
        if 0 <= index < len(codes):
            self.move_to(codes[index], event_s)

    def rest(self) -> None:
        """Note that the hand has come to rest: the place joins the trail."""
        self._trail.visit(self._explorer.z)

    def go_to_random(self) -> None:
        """Put the cursor on a random sample of the model's own prior; see :func:`sample_prior`."""
        model = self._session.model
        if model is None:
            return
        seed = int(np.random.default_rng().integers(2**63))
        codes = self._map_view.codes
        self.move_to(sample_prior(model.document, model.prior, 1, seed, codes)[0])
        self.rest()

    def undo(self) -> None:
        """Go back to the place visited before."""
        z = self._trail.undo()
        if z is not None:
            self.move_to(z)

    def redo(self) -> None:
        """Go to the place visited after."""
        z = self._trail.redo()
        if z is not None:
            self.move_to(z)

    def select(self, index: int | None) -> None:
        """Select a data image and put the cursor on its code."""
        self._explorer.set_selected(index)
        if index is not None:
            self.move_to_image(index)

    @Slot()
    def refresh(self) -> None:
        """Ask again for the picture at the cursor, under the present weights."""
        self._request_decode(now_s(), by_hand=False)
        self._request_reconstruction()

    # --- requests ------------------------------------------------------------------------------

    @Slot()
    def _on_z_changed(self) -> None:
        plane = self._map_view.plane
        if len(self._explorer.z) == plane.latent_dim:
            self._map_view.set_plane(plane.through(self._explorer.z))
        self._thread.touch()
        self._find_neighbours()
        self._request_decode(self._event_s, by_hand=True)

    def _request_decode(self, event_s: float, *, by_hand: bool) -> None:
        model = self._session.model
        if model is None or self._session.engine_status != "ready":
            return
        z = self._explorer.z
        if len(z) != model.document.latent_dim:
            return
        self._sequence += 1
        self._thread.request(
            DecodeRequest(model.session_epoch, self._sequence, z, event_s, by_hand)
        )

    @Slot()
    def compare_nearest(self) -> None:
        """Ask how far the picture at the cursor is from that of the nearest image."""
        model, nearest = self._session.model, self._nearest_code()
        if model is None or nearest is None or self._session.engine_status != "ready":
            return
        self._thread.request(
            CompareRequest(model.session_epoch, self._sequence, self._explorer.z, nearest)
        )

    def _nearest_code(self) -> NDArray[np.float32] | None:
        found, codes = self._explorer.neighbours, self._map_view.codes
        if found is None or not len(found.indices) or found.indices[0] >= len(codes):
            return None
        nearest = codes[found.indices[0]]
        is_code = nearest.shape == self._explorer.z.shape and np.isfinite(nearest).all()
        return np.array(nearest) if is_code else None

    @Slot()
    def _request_reconstruction(self) -> None:
        model, data, index = self._session.model, self._session.data, self._explorer.selected
        if model is None or data is None or index is None:
            return
        if self._session.engine_status != "ready" or index >= len(data):
            return
        try:
            image = np.ascontiguousarray(data.images[index])
        except DataError as error:  # their file has changed
            self._thread.resulted.emit(Failed("ReconstructRequest", error.sentence, error.details))
            return
        self._reconstruct_sequence += 1
        self._thread.request(
            ReconstructRequest(model.session_epoch, self._reconstruct_sequence, index, image)
        )

    def _find_neighbours(self) -> None:
        index = self._map_view.index
        z = self._explorer.z
        if index is None or index.codes.shape[1] != len(z):
            self._search.drop()
            self._explorer.set_neighbours(None)
            return
        found = self._search.query(index, z, NUM_NEAREST)
        if found is not None:
            self._explorer.set_neighbours(found)

    @Slot(object)
    def _take_neighbours(self, found: Neighbours | None) -> None:
        self._explorer.set_neighbours(found)
        self._anchor_on_image()

    @Slot()
    def _on_codes_changed(self) -> None:
        self._find_neighbours()
        self._anchor_on_image()

    def close(self) -> None:
        """End a search for neighbours."""
        self._search.close()

    def _anchor_on_image(self) -> None:
        """Put the cursor of a newly opened model on an image, through which the map then goes.

        The mean of many numbers is a code of no image, and neither are the planes through it.
        """
        found = self._explorer.neighbours
        if self._wants_anchor and found is not None and len(found.indices):
            codes = self._map_view.codes
            if np.isfinite(codes).all():
                self.move_to_image(int(found.indices[0]))

    # --- answers -------------------------------------------------------------------------------

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case Decoded():
                self._take_decoded(result)
            case Reconstructed():
                if (
                    result.session_epoch == self._session.session_epoch
                    and result.index == self._explorer.selected
                ):
                    self._explorer.set_reconstructed(result)
            case Failed():
                self._take_failure(result)
            case NearestCompared():
                if result.session_epoch == self._session.session_epoch:
                    self._explorer.set_nearest_rmse(result.rmse)
            case PictureScaleMeasured():
                if result.session_epoch == self._session.session_epoch:
                    self._explorer.set_picture_scale(result.scale)
            case TrainProgress():
                self.refresh()
            case DataOpened():
                self._explorer.set_picture_scale(math.nan)
            case ModelOpened():
                self._take_model(result)

    def _take_failure(self, failed: Failed) -> None:
        if failed.origin == "decode" and failed.sequence > self._shown_sequence:
            # The picture of another place would be wrong here.
            self._shown_sequence = failed.sequence
            self._explorer.set_decoded(None)
        elif failed.origin == "reconstruct" and failed.sequence == self._reconstruct_sequence:
            self._explorer.set_reconstructed(None)

    def _take_decoded(self, decoded: Decoded) -> None:
        if decoded.session_epoch != self._session.session_epoch:
            return
        if decoded.sequence <= self._shown_sequence:
            return
        self._shown_sequence = decoded.sequence
        self._explorer.set_decoded(decoded)

    def _take_model(self, model: ModelOpened) -> None:
        if model.session_epoch != self._rmse_epoch:
            self._rmse_epoch = model.session_epoch
            self._explorer.set_nearest_rmse(math.nan)
        if len(self._explorer.z) != model.document.latent_dim:
            self._trail.clear()
            self.move_to(np.array(model.document.latent_mean, np.float32))
            self._wants_anchor = model.document.latent_dim > 2
        self.refresh()
