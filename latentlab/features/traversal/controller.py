"""Keeps the small pictures at both ends of the sliders up to date."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.cursor_messages import TraversalEndsDecoded, TraversalEndsRequest
from latentlab.engine.training_messages import TrainProgress
from latentlab.features.traversal.measure import end_codes, shown_numbers, slider_range
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.session import Session

_AT_REST_MS = 150  # the hand needs the decoder more than small pictures do
_REFRESH_EVERY_MS = 600  # while the weights change
_MOST_NUMBERS = 65_536  # of a code: longer ones would take too long to copy


class TraversalController(QObject):
    """Asks for the ends where the cursor rests, for codes of more than two numbers."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        explorer: Explorer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._explorer = explorer
        self._sequence = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._request)
        thread.resulted.connect(self._take)
        explorer.zChanged.connect(self._wait_for_rest)
        session.modelChanged.connect(self._wait_for_rest)
        session.engineChanged.connect(self._wait_for_rest)

    @Slot()
    def _wait_for_rest(self) -> None:
        if len(self._explorer.z) > 2:
            self._timer.start(_AT_REST_MS)

    @Slot()
    def _request(self) -> None:
        model, z = self._session.model, self._explorer.z
        if model is None or self._session.engine_status != "ready":
            return
        document = model.document
        if len(z) != document.latent_dim or not 2 < len(z) <= _MOST_NUMBERS:
            return
        numbers = shown_numbers(document)
        self._sequence += 1
        self._thread.request(
            TraversalEndsRequest(
                model.session_epoch,
                self._sequence,
                tuple(numbers),
                end_codes(np.asarray(z), numbers, *slider_range(document)),
            )
        )

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case TraversalEndsDecoded():
                if result.session_epoch == self._session.session_epoch:
                    self._explorer.set_ends(result)
            case TrainProgress():
                if len(self._explorer.z) > 2 and not self._timer.isActive():
                    self._timer.start(_REFRESH_EVERY_MS)
