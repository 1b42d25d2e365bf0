"""An encoder and a decoder with the likelihood that joins them."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from latentlab.nn.likelihoods import LIKELIHOOD_CLASSES
from latentlab.nn.networks import build_network

LOGVAR_RANGE = (-10.0, 4.0)  # keeps exp() finite on the worst early step


class Posterior(NamedTuple):
    """What the encoder says of a batch: ``mu`` (n, d), and ``logvar`` (n, d) if it is a density."""

    mu: Tensor
    logvar: Tensor | None


class Autoencoder(nn.Module):
    """Encoder, decoder and likelihood for images of one shape.

    Parameters
    ----------
    network, network_args
        Name in ``NETWORK_BUILDERS`` and its arguments.
    input_shape
        (height, width, channels) in pixels.
    latent_dim
        Length d of the code.
    probabilistic
        Whether the encoder gives a mean and a log-variance.
    likelihood
        Name in ``LIKELIHOOD_CLASSES``.
    dropout
        Share of the encoder's hidden units left out in training.
    """

    def __init__(
        self,
        *,
        network: str,
        network_args: dict[str, Any],
        input_shape: tuple[int, int, int],
        latent_dim: int,
        probabilistic: bool,
        likelihood: str,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.latent_dim = latent_dim
        self.probabilistic = probabilistic
        self.likelihood = LIKELIHOOD_CLASSES[likelihood]()
        # Convolutions on a CPU run up to three times faster with channels last.
        self.memory_format = torch.channels_last if network != "mlp" else torch.contiguous_format
        self.encoder, self.decoder = build_network(
            network,
            input_shape,
            code_width=latent_dim * (2 if probabilistic else 1),
            latent_dim=latent_dim,
            dropout=dropout,
            **network_args,
        )
        self.to(memory_format=self.memory_format)  # type: ignore[call-overload]

    def encode(self, x: Tensor) -> Posterior:
        """Return the posterior of images, float (n, c, h, w) in [0, 1]."""
        out = self.encoder(x)
        if not self.probabilistic:
            return Posterior(out, None)
        mu, logvar = out.chunk(2, dim=1)
        return Posterior(mu, logvar.clamp(*LOGVAR_RANGE))

    def decode(self, z: Tensor) -> Tensor:
        """Return the likelihood's parameter for each pixel, float (n, c, h, w)."""
        out: Tensor = self.decoder(z)
        return out

    def decode_mean(self, z: Tensor) -> Tensor:
        """Return the expected images, float (n, c, h, w) in [0, 1]."""
        return self.likelihood.mean(self.decode(z))
