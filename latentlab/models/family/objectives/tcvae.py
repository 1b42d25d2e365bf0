"""The β-TCVAE (Chen et al. 2018): the KL taken apart, and total correlation weighed by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentlab.base.options import option
from latentlab.models.family.objective import Batch, LossTerms, Model, Objective
from latentlab.models.family.objectives.variational import kl_per_dim

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


def log_aggregate(log_densities: Tensor, num_images: int) -> Tensor:
    """Return ln q(z_i) of the aggregate posterior, float (m, ...), estimated from a batch.

    Sample i was drawn from posterior i, which is one of the N of the data; the other m − 1 of the
    batch stand for the remaining N − 1: q(z_i) ≈ 1/N q(z_i|x_i) + (N−1)/N mean_{j≠i} q(z_i|x_j).
    These are the stratified weights of Chen et al. 2018 (section C.2), with equal weights for all
    that are drawn at random. The estimate of q is without bias and exact for m = N; that of its
    logarithm is too low on average. As its own posterior always counts, ln q(z_i|x_i) − ln q(z_i)
    is at most ln N.

    Parameters
    ----------
    log_densities
        float (m, m, ...), ln q(z_i|x_j) at i, j.
    num_images
        N, the size of the data set.
    """
    import torch

    m = len(log_densities)
    if m == 1:
        return log_densities[:, 0]  # there is nothing else to compare with
    # A single image would leave the others of a batch no weight at all.
    n = max(2, num_images)
    weights = torch.full((m, m), (n - 1) / (n * (m - 1)), dtype=log_densities.dtype)
    weights.fill_diagonal_(1 / n)
    log_weights = weights.log().to(log_densities.device)
    return (log_densities + log_weights.view(m, m, *[1] * (log_densities.ndim - 2))).logsumexp(1)


def decomposed_kl(
    z: Tensor, mu: Tensor, logvar: Tensor, num_images: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return mutual information, total correlation and dimension-wise KL in nats, three scalars.

    Chen et al. 2018, equation 2, with the aggregate posterior of :func:`log_aggregate`. Whatever
    that is, their sum is ln q(z|x) − ln p(z), which estimates the KL without bias.

    Parameters
    ----------
    z, mu, logvar
        float (m, d) each: one sample of each posterior, and the posteriors.
    num_images
        N, the size of the data set.
    """
    log_2pi = math.log(2 * math.pi)
    # (i, j, dimension): sample i under posterior j.
    each = -0.5 * ((z[:, None] - mu[None]).square() / logvar.exp() + logvar[None] + log_2pi)
    log_q_joint = log_aggregate(each.sum(2), num_images)
    log_q_product = log_aggregate(each, num_images).sum(1)
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
