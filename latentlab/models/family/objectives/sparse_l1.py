"""The sparse autoencoder with an absolute-value penalty."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from latentlab.base.options import option
from latentlab.models.family.objective import Batch, Deterministic, Model
from latentlab.models.family.objectives.sparse_code import reading_norms

if TYPE_CHECKING:
    from torch import Tensor

_WARM_UP = 0.05  # at full weight from the start, units die before they have learned anything


@dataclass(frozen=True)
class SparseL1Options:
    """The weight of the penalty."""

    sparsity: float = option(
        1.0,
        "Sparsity (λ)",
        "Weight of the sum of all activations: higher leaves fewer units active for an image.",
        minimum=0.0,
        maximum=1000.0,
        decimals=2,
    )


class SparseL1(Deterministic):
    """Loss = reconstruction + λ Σ_j |h_j| · ‖w_j‖, w_j being what the decoder reads unit j with.

    Without the norm, small activations with large weights would escape the penalty.
    """

    name = "sparse-l1"
    title = "Sparse (L1)"
    sentence = (
        "Pays for each active unit, so that an image is described by few of many: the code may "
        "have more numbers than the image."
    )
    formula = "reconstruction + λ · Σ |h| ‖w_dec‖"
    Options = SparseL1Options
    penalties = ("sparsity",)
    allows_overcomplete = True
    suggests = MappingProxyType({"latent_dim": 64})
    code_activation = "relu"

    def add_penalties(  # noqa: D102
        self, model: Model, batch: Batch, mu: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        penalty = (mu.abs() * reading_norms(model, mu.shape[1])).sum(1)
        weight = self.options.sparsity * min(1.0, batch.progress / _WARM_UP)
        return weight * penalty, (penalty,)
