"""Notices the first loss that is not a number, and keeps the weights from before it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from latentlab.base.errors import TrainingError

_REMEMBER_EVERY_S = 1.0


class LossWatch:
    """Losses that nobody has looked at yet, and the last good weights.

    Parameters
    ----------
    model
        The live weights.
    penalties
        Names of the numbers of a step after loss, reconstruction and KL.

    Attributes
    ----------
    good_weights, good_step
        Weights at some moment at most a second before the last look, and their step.
    """

    def __init__(self, model: nn.Module, penalties: Sequence[str]) -> None:
        self._model = model
        self._names = ("the reconstruction loss", "the KL term", *penalties)
        self._unseen: list[tuple[int, Tensor]] = []
        self._due_s = time.monotonic() + _REMEMBER_EVERY_S
        self.good_weights = copied_weights(model)
        self.good_step = 0

    def add(self, step: int, means: Tensor) -> int:
        """Take the loss terms of a step, float (3 + penalties,); return how many are unseen."""
        self._unseen.append((step, means))
        return len(self._unseen)

    def look(self, step: int) -> None:
        """Look at what is unseen, and remember the weights, of ``step``, now and then.

        Raises
        ------
        TrainingError
            At the first loss that is not a number.
        """
        if not self._unseen:
            return
        values = torch.stack([means for _, means in self._unseen]).cpu().numpy()
        steps = [number for number, _ in self._unseen]
        self._unseen.clear()
        bad = np.flatnonzero(~np.isfinite(values).all(1))
        if len(bad):
            _, *parts = values[bad[0]]
            wrong = [n for n, v in zip(self._names, parts, strict=True) if not math.isfinite(v)]
            raise TrainingError(
                f"Training stopped at step {steps[bad[0]]:,}: {(wrong or ['the loss'])[0]} is not "
                f"a number any more. The last good weights, of step {self.good_step:,}, were kept; "
                "try a lower learning rate.",
                f"loss, recon_loss, kl, penalties = {values[bad[0]].tolist()}",
            )
        if time.monotonic() >= self._due_s:
            self.remember(step)

    def remember(self, step: int) -> None:
        """Keep the present weights, unless something in them is not a number."""
        self._due_s = time.monotonic() + _REMEMBER_EVERY_S
        weights = copied_weights(self._model)
        if all(bool(torch.isfinite(w).all()) for w in weights.values()):
            self.good_weights, self.good_step = weights, step


def copied_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return a model's weights by name, as they are now."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
