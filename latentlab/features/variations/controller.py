"""Asks for variations of the chosen picture and for class centroids while somebody looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Slot

from latentlab.base.trace import now_s
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.training_messages import TrainProgress
from latentlab.features.variations.messages import (
    AVERAGING,
    VARYING,
    CentroidsOptions,
    VariationNoise,
    VaryOptions,
)
from latentlab.features.variations.store import Variations
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.job_client import JobDesk
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session

_REFRESH_EVERY_MS = 700  # while the weights change
_CENTROIDS_SOON_MS = 120  # codes come in several times a second while they are computed


class VariationController(QObject):
    """Between the tab of variations and the compute thread.

    The newest request wins, and the sheets always advance. While the tab is hidden nothing is
    computed.
    """

    def __init__(
        self,
        thread: ComputeThread,
        jobs: JobDesk,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        variations: Variations,
        explore: ExploreController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._variations = variations
        self._explore = explore
        self._is_shown = False
        self._asked_s = -1e9
        self._varying, self._averaging = jobs.client(VARYING), jobs.client(AVERAGING)
        for client in (self._varying, self._averaging):
            client.set_shown(False)
        self._varying.changed.connect(self._on_varying_changed)
        self._averaging.changed.connect(self._on_averaging_changed)
        self._again = self._timer(self._request)
        self._centroids_soon = self._timer(self._request_centroids)
        thread.resulted.connect(self._take)
        variations.settingsChanged.connect(self._on_settings_changed)
        explorer.selectedChanged.connect(self._on_source_changed)
        explorer.broughtChanged.connect(self._on_brought_changed)
        session.modelChanged.connect(self._on_session_changed)
        session.dataChanged.connect(self._on_session_changed)
        session.engineChanged.connect(self._on_session_changed)
        map_view.codesChanged.connect(self._on_codes_changed)
        self._image = self._source()

    def _timer(self, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        return timer

    # --- intents -------------------------------------------------------------------------------

    def set_shown(self, shown: bool) -> None:
        """Note whether somebody looks at the variations."""
        if shown == self._is_shown:
            return
        self._is_shown = shown
        for client in (self._varying, self._averaging):
            client.set_shown(shown)
        if shown:
            self._request()
            self._request_centroids()
        else:
            self._again.stop()
            self._centroids_soon.stop()

    def set_noise(self, noise: VariationNoise) -> None:
        """Measure the noise in other units."""
        self._variations.set_noise(noise)

    def set_sigma(self, sigma: float) -> None:
        """Make more or less noise."""
        self._variations.set_sigma(sigma)

    def set_count(self, count: int) -> None:
        """Make more or fewer variations."""
        self._variations.set_count(count)

    def set_seed(self, seed: int) -> None:
        """Draw other noise."""
        self._variations.set_seed(seed)

    def draw_again(self) -> None:
        """Draw other noise, with the next seed."""
        self._variations.set_seed(self._variations.seed + 1)

    def go_to_variation(self, place: int) -> None:
        """Put the cursor on the code of a variation."""
        varied = self._variations.varied
        if varied is not None and 0 <= place < len(varied.codes):
            self._go_to(varied.codes[place])

    def go_to_centroid(self, place: int) -> None:
        """Put the cursor on the mean code of a class, by its place among those that have one."""
        centroids = self._variations.centroids
        if centroids is not None and 0 <= place < len(centroids.codes):
            self._go_to(centroids.codes[place])

    def _go_to(self, z: NDArray[np.float32]) -> None:
        model = self._session.model
        if model is not None and len(z) == model.document.latent_dim:
            self._explore.move_to(z)
            self._explore.rest()

    # --- what changes --------------------------------------------------------------------------

    def _source(self) -> NDArray[np.uint8] | None:
        """Return the chosen picture, uint8 (h, w, c): the selected image, or the brought one."""
        data, index = self._session.data, self._explorer.selected
        if data is not None and index is not None and index < len(data):
            return data.shown_image(index)
        brought = self._explorer.brought
        return None if brought is None else brought.picture

    @Slot()
    def _on_settings_changed(self) -> None:
        self._thread.touch()
        self._request()

    @Slot()
    def _on_source_changed(self) -> None:
        image = self._source()
        if image is None:
            self._forget()
        self._image = image
        self._request()

    @Slot()
    def _on_brought_changed(self) -> None:
        # It comes again with all new weights, which are asked for in their own time.
        image, before = self._source(), self._image
        is_same = image is not None and before is not None and np.array_equal(image, before)
        if not is_same and not (image is None and before is None):
            self._on_source_changed()

    @Slot()
    def _on_session_changed(self) -> None:
        self._on_source_changed()
        self._centroids_soon.start(_CENTROIDS_SOON_MS) if self._is_shown else None

    @Slot()
    def _on_codes_changed(self) -> None:
        if self._is_shown and not self._centroids_soon.isActive():
            self._centroids_soon.start(_CENTROIDS_SOON_MS)

    def _forget(self) -> None:
        self._varying.cancel()

    # --- requests ------------------------------------------------------------------------------

    @Slot()
    def _request(self) -> None:
        model, image = self._session.model, self._image
        if not self._is_shown or model is None or image is None:
            return
        if self._session.engine_status != "ready":
            return
        self._again.stop()
        self._asked_s = now_s()
        settings = self._variations
        self._varying.ask(
            VaryOptions(image, settings.noise, settings.sigma, settings.count, settings.seed)
        )

    @Slot()
    def _request_centroids(self) -> None:
        model, data = self._session.model, self._session.data
        if not self._is_shown or model is None or self._session.engine_status != "ready":
            return
        codes = self._map_view.codes
        labels = None if data is None else data.labels
        fits = labels is not None and codes.shape == (len(labels), model.document.latent_dim)
        if data is None or labels is None or not fits or not len(labels):
            self._averaging.cancel()
            return
        num_classes = max(len(data.class_names), int(labels.max()) + 1)
        self._averaging.ask(CentroidsOptions(codes, labels, num_classes))

    # --- answers -------------------------------------------------------------------------------

    @Slot()
    def _on_varying_changed(self) -> None:
        varying = self._varying
        if varying.state == "failed":
            self._variations.set_varied(None, varying.problem)
        elif varying.answer is not self._variations.varied:
            self._variations.set_varied(varying.answer)

    @Slot()
    def _on_averaging_changed(self) -> None:
        averaging = self._averaging
        self._variations.set_centroids(None if averaging.state == "failed" else averaging.answer)

    @Slot(object)
    def _take(self, result: object) -> None:
        if isinstance(result, TrainProgress) and self._is_shown and not self._again.isActive():
            left_ms = _REFRESH_EVERY_MS - (now_s() - self._asked_s) * 1e3
            self._again.start(max(0, round(left_ms)))
