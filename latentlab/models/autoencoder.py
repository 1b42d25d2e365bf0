"""An encoder and a decoder with the likelihood that joins them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentlab.models.family.bounded import bounded
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objective import Posterior
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plans import effective, plan_of
from latentlab.models.family.train_spec import TrainSpec

LOGVAR_RANGE = (-10.0, 4.0)  # keeps exp() finite on the worst early step


class Autoencoder(nn.Module):
    """Encoder, decoder and likelihood for images of one shape.

    Parameters
    ----------
    spec
        The settings that name network, objective and likelihood; checked already.
    input_shape
        (height, width, channels) in pixels.

    Attributes
    ----------
    latent_dim
        Length d of the code.
    probabilistic
        Whether the encoder gives a mean and a log-variance.
    """

    def __init__(self, spec: TrainSpec, input_shape: tuple[int, int, int]) -> None:
        super().__init__()
        spec = effective(spec)
        plan = plan_of(spec, input_shape)
        self.input_shape = input_shape
        self.latent_dim = plan.latent_dim
        self.probabilistic = OBJECTIVES[spec.objective].probabilistic
        self.likelihood = LIKELIHOODS[spec.likelihood](spec)
        self.memory_format = (
            torch.channels_last if NETWORKS[spec.network].channels_last else torch.contiguous_format
        )
        self.encoder = nn.Sequential(*(layer.module() for layer in plan.encoder))
        self.decoder = nn.Sequential(*(layer.module() for layer in plan.decoder))
        self.to(memory_format=self.memory_format)  # type: ignore[call-overload]

    def encode(self, x: Tensor) -> Posterior:
        """Return the posterior of images, float (n, c, h, w) in [0, 1]."""
        out = self.encoder(x)
        if not self.probabilistic:
            return Posterior(out, None)
        mu, logvar = out.chunk(2, dim=1)
        return Posterior(mu, bounded(logvar, *LOGVAR_RANGE))

    def decode(self, z: Tensor) -> Tensor:
        """Return the likelihood's parameter for each pixel, float (n, c, h, w)."""
        out: Tensor = self.decoder(z)
        return out

    def decode_mean(self, z: Tensor) -> Tensor:
        """Return the expected images, float (n, c, h, w) in [0, 1]."""
        return self.likelihood.mean(self.decode(z))
