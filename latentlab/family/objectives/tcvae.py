"""The β-TCVAE (Chen et al. 2018): the KL taken apart, and total correlation weighed by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentlab.core.options import option
from latentlab.family.objective import Batch, LossTerms, Model, Objective
from latentlab.family.objectives.variational import kl_per_dim

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TcvaeOptions:
    """The weight of the total correlation."""

    tc_weight: float = option(
        6.0,
        "β (total correlation)",
        "Weight of what the latent dimensions say about each other: higher makes them independent.",
        minimum=0.0,
        maximum=100.0,
        decimals=2,
    )


def decomposed_kl(
    z: Tensor, mu: Tensor, logvar: Tensor, num_images: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return mutual information, total correlation and dimension-wise KL in nats, three scalars.

    Minibatch-weighted estimates (Chen et al. 2018, equation 5, section C.1):
    ln q(z_i) ≈ ln 1/(N M) Σ_j q(z_i|x_j). Their sum estimates the KL without approximation.

    Parameters
    ----------
    z, mu, logvar
        float (m, d) each: one sample of each posterior, and the posteriors.
    num_images
        N, the size of the data set.
    """
    m = len(z)
    log_2pi = math.log(2 * math.pi)
    # (i, j, dimension): sample i under posterior j.
    each = -0.5 * ((z[:, None] - mu[None]).square() / logvar.exp() + logvar[None] + log_2pi)
    scale = math.log(m) + math.log(num_images)
    log_q_joint = each.sum(2).logsumexp(1) - scale
    log_q_product = (each.logsumexp(1) - scale).sum(1)
    log_q_given = (-0.5 * ((z - mu).square() / logvar.exp() + logvar + log_2pi)).sum(1)
    log_prior = (-0.5 * (z.square() + log_2pi)).sum(1)
    return (
        (log_q_given - log_q_joint).mean(),
        (log_q_joint - log_q_product).mean(),
        (log_q_product - log_prior).mean(),
    )


class TotalCorrelation(Objective):
    """Loss = reconstruction + I(x; z) + β TC(z) + Σ_j KL(q(z_j) ‖ p(z_j))."""

    name = "tcvae"
    title = "Total correlation (β-TCVAE)"
    sentence = (
        "A variational autoencoder that pays extra only for latent dimensions that depend on each "
        "other, so that each can come to mean one thing."
    )
    formula = "reconstruction + I(x; z) + β · TC(z) + Σ KL(q(z_j) ‖ p(z_j))"
    Options = TcvaeOptions
    probabilistic = True
    penalties = ("mutual_information", "total_correlation", "dimension_kl")
    couples_images = True
    prior = "standard-normal"
    code_activation = "linear"

    def terms(self, model: Model, batch: Batch) -> LossTerms:
        """Return the loss terms; ``kl`` is the closed form, for comparison with others."""
        mu, logvar = model.encode(batch.seen)
        assert logvar is not None
        z = mu + batch.noise * (0.5 * logvar).exp()
        recon = model.likelihood.nll(model.decode(z), batch.x)
        parts = decomposed_kl(
            batch.gather(z), batch.gather(mu), batch.gather(logvar), self.num_images
        )
        information, correlation, dimension = (part.expand(len(recon)) for part in parts)
        loss = recon + information + self.options.tc_weight * correlation + dimension
        kl = kl_per_dim(mu, logvar).sum(1)
        return LossTerms(loss, recon, kl, mu, (information, correlation, dimension))
