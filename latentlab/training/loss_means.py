"""Means of loss terms over steps."""

from __future__ import annotations

import torch
from torch import Tensor

from latentlab.models.family.objective import LossTerms


class LossMeans:
    """Mean of ``count`` numbers over steps, kept on the device until it is asked for.

    Attributes
    ----------
    sums
        float (count,), ``None`` before the first step.
    num_steps
        Steps in the sums.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.sums: Tensor | None = None
        self.num_steps = 0

    def add(self, values: Tensor) -> None:
        """Add the numbers of one step."""
        self.sums = values.clone() if self.sums is None else self.sums + values
        self.num_steps += 1

    def values(self) -> list[float]:
        """Return the means; NaN where there was no step."""
        if self.sums is None:
            return [float("nan")] * self.count
        means: list[float] = torch.div(self.sums, self.num_steps).tolist()
        return means

    def clear(self) -> None:
        """Begin anew."""
        self.sums, self.num_steps = None, 0


@torch.no_grad()
def sums_of(terms: LossTerms) -> Tensor:
    """Return the sums of loss, reconstruction, KL and penalties over the images."""
    parts = (terms.loss, terms.recon_loss, terms.kl, *terms.penalties)
    return torch.stack([part.sum() for part in parts])
