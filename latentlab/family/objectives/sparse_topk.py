"""The sparse autoencoder that keeps the k largest activations (Makhzani and Frey 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from latentlab.core.options import option
from latentlab.family.layers import Activation, Layer, TopK
from latentlab.family.objective import Batch, Deterministic, LossTerms, Model
from latentlab.family.objectives.sparse_code import reading_weights

if TYPE_CHECKING:
    from torch import Tensor

_DEAD_AFTER_IMAGES = 3_000  # without being among the k largest once
_REVIVAL_WEIGHT = 1 / 4


@dataclass(frozen=True)
class SparseTopKOptions:
    """How many units stay."""

    k: int = option(
        16,
        "Active units (k)",
        "How many units of the code stay active for each image; all others are set to 0.",
        unit="units",
        minimum=1,
        maximum=4096,
    )


class SparseTopK(Deterministic):
    """Loss = reconstruction from the k largest units, plus a way back for dead ones.

    Units that no image has used for long get a gradient from rebuilding images by themselves, with
    a small weight, in the spirit of the auxiliary loss of Gao et al. 2024 (section A.2). The
    decoder's weights for each unit have norm 1, so that a unit's size is its activation.
    """

    name = "sparse-topk"
    title = "Sparse (top-k)"
    sentence = (
        "Keeps the k strongest units of each image and nothing else: never more than asked, "
        "with a code that may have more numbers than the image."
    )
    formula = "reconstruction from the k largest of h"
    Options = SparseTopKOptions
    penalties = ("dead_units",)
    allows_overcomplete = True
    suggests = MappingProxyType({"latent_dim": 64})
    code_activation = "linear"

    def __init__(self, options: Any, num_images: int = 1) -> None:
        super().__init__(options, num_images)
        self._unused_for: Tensor | None = None

    @classmethod
    def problem(cls, spec: Any) -> str:  # noqa: D102
        if spec.network == "conv" and spec.code == "map":
            return ""
        if spec.k > spec.latent_dim:
            return (
                f"Top-k cannot keep {spec.k} units of a code of {spec.latent_dim}; raise "
                "the latent dimensions or lower k."
            )
        return ""

    @classmethod
    def code_layers(cls, options: Any) -> tuple[Layer, ...]:  # noqa: D102
        return (TopK(options.k), Activation("relu"))

    def terms(self, model: Model, batch: Batch) -> LossTerms:
        """Return reconstruction, and that from dead units where there are any."""
        import torch

        terms = super().terms(model, batch)
        zero = terms.loss.new_zeros(len(terms.loss))
        if batch.measuring:
            return terms._replace(penalties=(zero,))
        used = (batch.gather(terms.mu.detach()) > 0).any(0)
        if self._unused_for is None:
            self._unused_for = torch.zeros(len(used), device=used.device)
        num_images = len(batch.gather(batch.noise))
        self._unused_for = torch.where(used, 0.0, self._unused_for + num_images)
        dead = self._unused_for > _DEAD_AFTER_IMAGES
        share = dead.float().mean().expand(len(zero))
        if not bool(dead.any()):
            return terms._replace(penalties=(share,))
        # The encoder ends with the choice of the largest and the cut at 0, which let nothing
        # through to a dead unit: here it is taken as it comes, and the largest dead ones stand in.
        h = batch.seen
        for layer in list(model.encoder.children())[: -len(self.code_layers(self.options))]:
            h = layer(h)
        count = min(self.options.k, int(dead.sum()))
        places = h.masked_fill(~dead, -torch.inf).topk(count, dim=1, sorted=False).indices
        alone = torch.zeros_like(h).scatter(1, places, h.gather(1, places))
        revival = model.likelihood.nll(model.decode(alone), batch.x)
        return terms._replace(loss=terms.loss + _REVIVAL_WEIGHT * revival, penalties=(share,))

    def after_step(self, model: Model) -> None:
        """Give the decoder's weights of each unit norm 1 again."""
        import torch

        with torch.no_grad():
            weights = reading_weights(model)
            norms = weights.flatten(1).norm(dim=1).clamp(min=1e-8)
            weights.div_(norms.view(-1, *[1] * (weights.ndim - 1)))

    def state(self) -> dict[str, Tensor]:  # noqa: D102
        return {} if self._unused_for is None else {"unused_for": self._unused_for}

    def load_state(self, state: dict[str, Tensor]) -> None:  # noqa: D102
        self._unused_for = state.get("unused_for")
