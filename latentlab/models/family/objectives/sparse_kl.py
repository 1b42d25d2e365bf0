"""The sparse autoencoder with a target for the mean activation of each unit."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from latentlab.base.options import option
from latentlab.models.family.objective import Batch, Deterministic, Model

if TYPE_CHECKING:
    from torch import Tensor

_ENOUGH_IMAGES = 256  # for a mean activation; smaller batches are averaged over time
_EDGE = 1e-6


@dataclass(frozen=True)
class SparseKlOptions:
    """Target and weight."""

    target_activation: float = option(
        0.05,
        "Target activation (ρ)",
        "What share of the time, on average, each unit should be on.",
        minimum=0.001,
        maximum=0.5,
        decimals=3,
    )
    sparsity_weight: float = option(
        3.0,
        "Sparsity weight (β)",
        "Weight of the distance between target and real mean activation, summed over the units.",
        minimum=0.0,
        maximum=1000.0,
        decimals=2,
    )


class SparseKl(Deterministic):
    """Loss = reconstruction + β Σ_j KL(ρ ‖ ρ̂_j), ρ̂_j the mean activation of sigmoid unit j.

    Ng 2011 (CS294A lecture notes, section 3). From batches under 256 images ρ̂ is a moving average
    whose gradient flows through the present batch.
    """

    name = "sparse-kl"
    title = "Sparse (KL)"
    sentence = (
        "Wants each sigmoid unit to be on for a small share of the images, so that units "
        "specialise: the code may have more numbers than the image."
    )
    formula = "reconstruction + β · Σ KL(ρ ‖ ρ̂)"
    Options = SparseKlOptions
    penalties = ("sparsity",)
    couples_images = True
    allows_overcomplete = True
    suggests = MappingProxyType({"latent_dim": 64})
    code_activation = "sigmoid"

    @classmethod
    def problem(cls, spec: Any) -> str:  # noqa: D102
        if spec.network == "conv" and spec.code == "map":
            return (
                "Sparse (KL) needs units that can be off, which the sigmoid of an activated "
                "feature map never is; use --code dense, or another sparse objective."
            )
        return ""

    def __init__(self, options: Any, num_images: int = 1) -> None:
        super().__init__(options, num_images)
        self._average: Tensor | None = None

    def add_penalties(  # noqa: D102
        self, model: Model, batch: Batch, mu: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        codes = batch.gather(mu)
        active = codes.mean(0)
        if len(codes) < _ENOUGH_IMAGES and not batch.measuring:
            keep = 1.0 - len(codes) / _ENOUGH_IMAGES
            now = active.detach()
            before = now if self._average is None else self._average
            self._average = before.lerp(now, 1.0 - keep)
            # The value is the average's, the gradient the batch's.
            active = self._average + (active - now)
        active = active.clamp(_EDGE, 1.0 - _EDGE)
        rho: float = self.options.target_activation
        penalty = (rho * (rho / active).log() + (1 - rho) * ((1 - rho) / (1 - active)).log()).sum()
        shown = penalty.expand(len(mu))
        return self.options.sparsity_weight * shown, (shown,)

    def state(self) -> dict[str, Tensor]:  # noqa: D102
        return {} if self._average is None else {"mean_activation": self._average}

    def load_state(self, state: dict[str, Tensor]) -> None:  # noqa: D102
        self._average = state.get("mean_activation")
