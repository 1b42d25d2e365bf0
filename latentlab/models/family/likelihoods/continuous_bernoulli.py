"""The Bernoulli formula made a true density on [0, 1]."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from latentlab.models.family.bounded import bounded
from latentlab.models.family.likelihood import Likelihood

if TYPE_CHECKING:
    from torch import Tensor

_NEAR_ZERO = 0.05  # logits within which the closed forms cancel and a series is exact to 1e-9
LARGEST_LOGIT = 50.0  # the mean is then 1/50, five grey levels, off black or white


def log_normaliser(logits: Tensor) -> Tensor:
    """Return ln C(λ) of λ = sigmoid(logits), same shape (Loaiza-Ganem and Cunningham 2019, eq. 9).

    C(λ) = 2 artanh(1 − 2λ) / (1 − 2λ), and 2 at λ = ½. With logits a this is a / tanh(a/2), which
    near 0 is 2 (1 + a²/12 − a⁴/720 + …).
    """
    import torch

    size = logits.abs()
    near = size < _NEAR_ZERO
    # The unused branch must be finite as well, or its gradient would be NaN.
    safe = torch.where(near, torch.ones_like(size), size)
    closed = safe.log() - (0.5 * safe).tanh().log()
    squared = torch.where(near, size, torch.zeros_like(size)).square()
    series = math.log(2.0) + (squared / 12 - squared.square() / 720).log1p()
    return torch.where(near, series, closed)


def mean_of(logits: Tensor) -> Tensor:
    """Return the mean of the continuous Bernoulli, same shape (the paper's equation 8).

    λ / (2λ − 1) + 1 / (2 artanh(1 − 2λ)), which with logits a is 1 / (1 − e^−a) − 1/a and near 0
    ½ + a/12 − a³/720.
    """
    import torch

    size = logits.abs()
    near = size < _NEAR_ZERO
    safe = torch.where(near, torch.ones_like(size), size)
    # On the positive side, where nothing overflows; the negative one is its mirror image.
    closed = -1.0 / torch.expm1(-safe) - 1.0 / safe
    closed = torch.where(logits < 0, 1.0 - closed, closed)
    small = torch.where(near, logits, torch.zeros_like(logits))
    return torch.where(near, 0.5 + small / 12 - small**3 / 720, closed)


class ContinuousBernoulli(Likelihood):
    """Cross-entropy with its normaliser; pictures show the mean, which is not λ.

    The density of a pixel that is exactly black or white grows without bound with the logit, and
    training would spend itself on darkening what is black already. Logits are therefore limited to
    :data:`LARGEST_LOGIT`, so that no pixel counts less than −ln 50 = −3.91 nats.
    """

    name = "continuous-bernoulli"
    title = "Continuous Bernoulli"
    sentence = (
        "Cross-entropy with the constant that makes it a density on grey pixels, so that the loss "
        "is a true bound there; a density can exceed 1, so the loss can be below zero."
    )
    formula = "−Σ x ln λ + (1 − x) ln(1 − λ) + ln C(λ)"

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return BCE − ln C(λ), float (n,)."""
        from torch.nn import functional

        logits = _limited(output)
        loss = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        return (loss - log_normaliser(logits)).flatten(1).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        """Return the mean of the distribution."""
        return mean_of(_limited(output)).clamp(0.0, 1.0)

    def output_for(self, mean: Tensor) -> Tensor:
        """Return logits whose mean is about ``mean``: Newton's steps from the Bernoulli's."""
        wanted = mean.clamp(1.0 / LARGEST_LOGIT, 1.0 - 1.0 / LARGEST_LOGIT)
        logits = 3.0 * wanted.logit()
        for _ in range(60):  # the mean grows with the logits, with slope at most 1/12
            logits = logits + 6.0 * (wanted - mean_of(logits)) * (1.0 + logits.square() / 12)
        return logits


def _limited(logits: Tensor) -> Tensor:
    return bounded(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
