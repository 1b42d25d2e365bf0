"""The variational autoencoder (Kingma and Welling 2014; Rezende et al. 2014), with β."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentlab.base.options import option
from latentlab.models.family.objective import Batch, LossTerms, Model, Objective

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class BetaOptions:
    """The weight of the KL term."""

    beta: float = option(
        1.0,
        "β (KL weight)",
        "Weight of the KL term: above 1 smoother and blurrier, below 1 sharper with more holes.",
        minimum=0.0,
        maximum=100.0,
        decimals=2,
    )


@dataclass(frozen=True)
class VariationalOptions(BetaOptions):
    """β, its warm-up, and free bits."""

    warm_up: float = option(
        0.0,
        "β warm-up",
        "Share of the training over which β grows from 0 to its value; keeps codes from collapsing "
        "early on.",
        minimum=0.0,
        maximum=0.9,
        decimals=2,
        advanced=True,
    )
    free_bits: float = option(
        0.0,
        "Free bits",
        "KL of each latent dimension that costs nothing; keeps all dimensions in use.",
        unit="nats",
        minimum=0.0,
        maximum=10.0,
        decimals=2,
        advanced=True,
    )


def kl_per_dim(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return KL(N(mu, σ²) ‖ N(0, 1)) of each code number in nats, same shape as ``mu``.

    ½ (μ² + σ² − ln σ² − 1): Kingma and Welling 2014, appendix B.
    """
    return 0.5 * (mu.square() + logvar.exp() - logvar - 1.0)


class Variational(Objective):
    """Loss = reconstruction + β · KL(q(z|x) ‖ N(0, I)), one reparameterised sample per image.

    With free bits (Kingma et al. 2016, equation 15) the KL of each dimension, averaged over the
    batch, costs only what exceeds them; what is reported is always the raw KL.
    """

    name = "variational"
    title = "Variational"
    sentence = (
        "Encodes each image as a small cloud and draws all clouds towards one standard normal, so "
        "that close points decode alike and every point of the prior decodes to something."
    )
    formula = "reconstruction + β · KL(q(z|x) ‖ N(0, I))"
    Options = VariationalOptions
    probabilistic = True
    prior = "standard-normal"
    code_activation = "linear"

    def __init__(self, options: VariationalOptions, num_images: int = 1) -> None:
        super().__init__(options, num_images)
        # Only then does the loss of an image depend on the others.
        self.couples_images = options.free_bits > 0  # type: ignore[misc]

    def terms(self, model: Model, batch: Batch) -> LossTerms:
        """Return the loss terms with z = μ + σ · noise."""
        options: VariationalOptions = self.options
        mu, logvar = model.encode(batch.seen)
        assert logvar is not None
        z = mu + batch.noise * (0.5 * logvar).exp()
        recon = model.likelihood.nll(model.decode(z), batch.x)
        each = kl_per_dim(mu, logvar)
        kl = each.sum(1)
        beta = options.beta
        if batch.progress < options.warm_up:
            beta *= batch.progress / options.warm_up
        counted = kl
        if options.free_bits:
            mean = batch.gather(each).mean(0)
            counted = mean.clamp(min=options.free_bits).sum().expand(len(kl))
        return LossTerms(recon + beta * counted, recon, kl, mu)
