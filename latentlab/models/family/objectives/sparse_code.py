"""What the sparse objectives share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.models.family.objective import Model

if TYPE_CHECKING:
    from torch import Tensor, nn


def reading_layer(model: Model) -> nn.Module:
    """Return the first layer of the decoder with weights: what reads the code."""
    return next(m for m in model.decoder.modules() if getattr(m, "weight", None) is not None)


def reading_weights(model: Model) -> Tensor:
    """Return the decoder's weights that read the code, a view with its units (or channels) first.

    Units of a feature map share the weights of their channel.
    """
    from torch import nn

    layer = reading_layer(model)
    weight: Tensor = layer.weight  # type: ignore[assignment]
    # Of all layers, only transposed convolutions have their inputs first.
    return weight if isinstance(layer, nn.ConvTranspose2d) else weight.transpose(0, 1)


def reading_norms(model: Model, latent_dim: int) -> Tensor:
    """Return the Euclidean norm of the decoder's weights that read each code unit, float (d,)."""
    norms: Tensor = reading_weights(model).flatten(1).norm(dim=1)
    return norms.repeat_interleave(latent_dim // len(norms))
