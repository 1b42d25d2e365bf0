"""The regularised autoencoder (Ghosh et al. 2020): small codes, then a density fitted to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latentlab.base.options import option
from latentlab.models.family.objective import Batch, Deterministic, Model

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class RaeOptions:
    """The two weights."""

    code_weight: float = option(
        0.5,
        "Code weight (β)",
        "Weight of half the squared length of the code: keeps the codes together.",
        minimum=0.0,
        maximum=100.0,
        decimals=3,
    )
    decoder_weight: float = option(
        0.01,
        "Decoder weight",
        "Weight of half the squared decoder weights: keeps the decoder smooth.",
        minimum=0.0,
        maximum=10.0,
        decimals=4,
        advanced=True,
    )


class RegularisedAutoencoder(Deterministic):
    """Loss = reconstruction + ½ β ‖z‖² + ½ γ ‖θ_decoder‖² (the paper's equation 11, RAE-L2).

    A mixture of ten Gaussians is fitted to the codes after training; sampling from it is what makes
    the decoder generative.
    """

    name = "rae"
    title = "Regularised (RAE)"
    sentence = (
        "A plain autoencoder with small codes and a smooth decoder; a density fitted to the codes "
        "afterwards says where to sample."
    )
    formula = "reconstruction + ½ β ‖z‖² + ½ γ ‖θ_dec‖²"
    Options = RaeOptions
    penalties = ("code_norm", "decoder_norm")
    prior = "mixture"

    def add_penalties(  # noqa: D102
        self, model: Model, batch: Batch, mu: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        options: RaeOptions = self.options
        size = 0.5 * mu.square().sum(1)
        squares = [p.square().sum() for p in model.decoder.parameters() if p.ndim > 1]
        decoder = 0.5 * sum(squares[1:], squares[0]).expand(len(mu))
        added = options.code_weight * size + options.decoder_weight * decoder
        return added, (size, decoder)
