"""Squared error with a fixed standard deviation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentlab.base.options import option
from latentlab.models.family.likelihood import Likelihood

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class GaussianOptions:
    """The standard deviation."""

    sigma: float = option(
        0.1,
        "σ (pixel noise)",
        "Standard deviation of a pixel around its reconstruction: smaller counts errors more, "
        "which acts like a smaller β.",
        minimum=0.001,
        maximum=10.0,
        decimals=3,
        advanced=True,
    )


class Gaussian(Likelihood):
    """Normal distribution of each pixel with a fixed standard deviation around the output."""

    name = "gaussian"
    title = "Gaussian (fixed σ)"
    sentence = (
        "Squared error of each pixel with a fixed standard deviation; the usual choice for "
        "colour pictures. A density can exceed 1, so the loss can be below zero."
    )
    formula = "Σ (x − x̂)² / 2σ² + ln σ√(2π)"
    Options = GaussianOptions

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return Σ (x − output)² / 2σ² + ln σ√(2π), float (n,)."""
        sigma: float = self.options.sigma
        squared = (output - x).square().flatten(1).sum(1)
        constant = x[0].numel() * math.log(sigma * math.sqrt(2 * math.pi))
        return squared / (2 * sigma**2) + constant

    def mean(self, output: Tensor) -> Tensor:
        """Return the output limited to [0, 1]."""
        return output.clamp(0.0, 1.0)

    def output_for(self, mean: Tensor) -> Tensor:
        """Return the mean itself."""
        return mean
