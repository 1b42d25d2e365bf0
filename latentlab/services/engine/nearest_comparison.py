"""Compares the picture at the cursor with that of the nearest image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from latentlab.core.messages import CompareRequest, NearestCompared, Result
from latentlab.services.engine.live_model import LiveModel
from latentlab.services.engine.mailbox import Mailbox


class NearestComparison:
    """Serves requests to compare, after those that a hand waits for.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes the results.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None]) -> None:
        self._mailbox = mailbox
        self._emit = emit

    def serve(self, model: LiveModel | None) -> None:
        """Compare, if that is asked for."""
        request = self._mailbox.take(CompareRequest)
        if request is None or model is None or request.session_epoch != model.session_epoch:
            return
        here, nearest = model.decode(np.stack([request.z, request.nearest_z])).astype(np.float32)
        rmse = float(np.sqrt(np.square((here - nearest) / 255.0).mean()))
        self._emit(NearestCompared(request.session_epoch, rmse))
