"""Networks by name: each entry builds an encoder and a decoder for one image shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from latentlab.nn.networks.conv import build_conv
from latentlab.nn.networks.mlp import build_mlp

Shape = tuple[int, int, int]
NetworkBuilder = Callable[..., tuple[nn.Module, nn.Module]]

NETWORK_BUILDERS: dict[str, NetworkBuilder] = {
    "mlp": build_mlp,
    "conv": build_conv,
}

# The fields of TrainSpec that each network takes.
NETWORK_FIELDS: dict[str, tuple[str, ...]] = {
    "mlp": ("hidden",),
    "conv": ("channels",),
}


def build_network(
    name: str, shape: Shape, *, code_width: int, latent_dim: int, dropout: float, **args: Any
) -> tuple[nn.Module, nn.Module]:
    """Return (encoder, decoder).

    The encoder maps float (n, c, h, w) in [0, 1] to float (n, code_width); the decoder maps codes
    (n, latent_dim) to float (n, c, h, w), the parameter of the likelihood for each pixel.
    """
    return NETWORK_BUILDERS[name](
        shape, code_width=code_width, latent_dim=latent_dim, dropout=dropout, **args
    )
