"""How the difference between an image and its reconstruction is counted, in nats per image."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Likelihood(Protocol):
    """A distribution of each pixel given the decoder's output."""

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return −ln p(x|z) in nats, float (n,), summed over the pixels.

        Both arguments are float (n, c, h, w), ``x`` in [0, 1].
        """
        ...

    def mean(self, output: Tensor) -> Tensor:
        """Return the expected image, float (n, c, h, w) in [0, 1]."""
        ...

    def output_for(self, mean: Tensor) -> Tensor:
        """Return the decoder's output whose expected image is ``mean``, same shape."""
        ...


class Bernoulli:
    """Cross-entropy of each pixel with logits.

    A density for binary x only: on grey x its floor is the entropy of the image and not 0, so it
    is no bound on a likelihood there; call it BCE.
    """

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return BCE(x, sigmoid(output)), float (n,)."""
        loss = functional.binary_cross_entropy_with_logits(output, x, reduction="none")
        return loss.flatten(1).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        """Return sigmoid(output)."""
        return torch.sigmoid(output)

    def output_for(self, mean: Tensor) -> Tensor:
        """Return the logits, for means kept off 0 and 1."""
        return torch.logit(mean.clamp(0.003, 0.997))


class Gaussian:
    """Normal distribution of each pixel with a fixed standard deviation around the output.

    Parameters
    ----------
    sigma
        Standard deviation on the intensity scale of 0 to 1.
    """

    def __init__(self, sigma: float = 0.1) -> None:
        self.sigma = sigma

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return Σ (x − output)² / 2σ² + ln σ√(2π), float (n,)."""
        squared = (output - x).square().flatten(1).sum(1)
        constant = x[0].numel() * math.log(self.sigma * math.sqrt(2 * math.pi))
        return squared / (2 * self.sigma**2) + constant

    def mean(self, output: Tensor) -> Tensor:
        """Return the output limited to [0, 1]."""
        return output.clamp(0.0, 1.0)

    def output_for(self, mean: Tensor) -> Tensor:
        """Return the mean itself."""
        return mean


LIKELIHOOD_CLASSES: dict[str, type[Bernoulli] | type[Gaussian]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
}
