"""Compares the picture at the cursor with that of the nearest image, between two moves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latentlab.core.messages import DecodeRequest, NearestCompared, Result
from latentlab.core.trace import now_s
from latentlab.services.engine.live_model import LiveModel
from latentlab.services.engine.mailbox import Mailbox

_EVERY_S = 0.04  # as often as numbers are shown; a second picture for each move would be felt


class NearestComparison:
    """Waits with the second picture until nobody waits for the first.

    Parameters
    ----------
    mailbox
        Where newer requests would lie.
    emit
        Takes the results.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None]) -> None:
        self._mailbox = mailbox
        self._emit = emit
        self._waiting: tuple[DecodeRequest, NDArray[np.uint8]] | None = None
        self._due_s = 0.0

    def note(self, request: DecodeRequest, image: NDArray[np.uint8]) -> None:
        """Take the picture of a request, uint8 (h, w, c)."""
        self._waiting = None if request.nearest_z is None else (request, image)

    def has_work(self) -> bool:
        """Whether a picture waits to be compared."""
        return self._waiting is not None

    def serve(self, model: LiveModel | None) -> None:
        """Compare, if it is time for it."""
        if self._waiting is None or now_s() < self._due_s:
            return
        request, image = self._waiting
        self._waiting = None
        nearest = request.nearest_z
        if model is None or model.session_epoch != request.session_epoch or nearest is None:
            return
        other = model.decode(nearest[None])[0]
        apart = (image.astype(np.float32) - other) / np.float32(255.0)
        rmse = float(np.sqrt(np.square(apart).mean()))
        self._emit(NearestCompared(request.session_epoch, request.sequence, rmse))
        self._due_s = now_s() + _EVERY_S
