"""Squared error with the standard deviation that fits each image best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from latentlab.models.family.likelihood import Likelihood

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST_SIGMA = 1 / 255  # a difference of one grey level cannot be seen


class OptimalGaussian(Likelihood):
    """Normal distribution with the σ of greatest likelihood for each image (Rybkin et al. 2021).

    D/2 · ln(2πe · MSE) where the root of the MSE is above :data:`SMALLEST_SIGMA`. The σ belongs to
    one image, so that a batch can be split without changing the loss.
    """

    name = "gaussian-optimal"
    title = "Gaussian (optimal σ)"
    sentence = (
        "Squared error whose σ is always the best one, so that reconstruction and KL are weighed "
        "without a number to choose; no σ is taken below 1/255. A density can exceed 1, so the "
        "loss can be below zero."
    )
    formula = "D/2 · ln(2πe · MSE)"

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return the negative log-density at the best σ, float (n,)."""
        pixels = x[0].numel()
        squared = (output - x).square().flatten(1).sum(1)
        variance = (squared / pixels).clamp(min=SMALLEST_SIGMA**2)
        return 0.5 * (pixels * (2 * math.pi * variance).log() + squared / variance)

    def mean(self, output: Tensor) -> Tensor:
        """Return the output limited to [0, 1]."""
        return output.clamp(0.0, 1.0)

    def output_for(self, mean: Tensor) -> Tensor:
        """Return the mean itself."""
        return mean
