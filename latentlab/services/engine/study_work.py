"""The tabs that study a model and its data, behind one door of the engine."""

from __future__ import annotations

from collections.abc import Callable

import torch

from latentlab.core.messages import Result
from latentlab.services.engine.live_model import LiveModel
from latentlab.services.engine.mailbox import Mailbox
from latentlab.services.engine.matrix_work import MatrixWork
from latentlab.services.engine.outlier_work import OutlierWork
from latentlab.services.engine.variation_work import VariationWork


class StudyWork:
    """Variations, which somebody waits for, and outliers and the matrix, which take their time.

    Parameters
    ----------
    mailbox
        Where the requests come from.
    emit
        Takes the results.
    """

    def __init__(self, mailbox: Mailbox, emit: Callable[[Result], None]) -> None:
        self._variations = VariationWork(mailbox, emit)
        self._outliers = OutlierWork(mailbox, emit)
        self._matrix = MatrixWork(mailbox, emit)

    def wants_serving(self) -> bool:
        """Whether somebody waits for variations."""
        return self._variations.has_work()

    def serve(self, model: LiveModel | None) -> None:
        """Do a piece of what somebody waits for."""
        self._variations.advance(model)

    def has_work(self) -> bool:
        """Whether there is anything to do, long work included."""
        return self._variations.has_work() or self._outliers.has_work() or self._matrix.has_work()

    def advance(self, model: LiveModel | None, device: torch.device) -> None:
        """Do a piece of long work. Not beside training: it would take the time of hours."""
        if self._outliers.has_work():
            self._outliers.advance(model)
        else:
            self._matrix.advance(model, device)

    def close(self) -> None:
        """End what goes on."""
        self._outliers.close()
