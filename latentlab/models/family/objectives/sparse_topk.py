"""The sparse autoencoder that keeps the k largest activations (Makhzani and Frey 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from latentlab.base.options import option
from latentlab.latent.code_units import DEAD_SAMPLE, is_active, is_dead
from latentlab.models.family.layers import Activation, Layer, TopK
from latentlab.models.family.objective import Batch, Deterministic, LossTerms, Model
from latentlab.models.family.objectives.sparse_code import reading_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

_MARGIN = 1e-3  # by which a dead unit is let in


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
    """Loss = reconstruction from the k largest units; dead ones are brought back.

    A unit that is not among the k largest has no gradient, so one that no image has used for long
    never comes back by itself. Its bias is raised until, for one image of the step, it is: then it
    is trained as all others. The decoder's weights for each unit have norm 1, so that a unit's
    size is its activation.

    The units of a feature map share their biases, and are left to training.
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
        self._raise: Tensor | None = None

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
        """Return the reconstruction, and the fraction of units that are dead at present."""
        import torch

        terms = super().terms(model, batch)
        if batch.measuring:
            return terms._replace(penalties=(terms.loss.new_zeros(len(terms.loss)),))
        self._note_use(terms.mu, batch)
        assert self._unused_for is not None
        dead = self._unused_for >= DEAD_SAMPLE
        head = self._head(model)
        if isinstance(head, torch.nn.Linear) and bool(dead.any()):
            with torch.no_grad():
                h = batch.seen
                for layer in list(model.encoder.children())[: -len(self.code_layers(self.options))]:
                    h = layer(h)
                h = batch.gather(h)
                enough = h.topk(min(self.options.k, h.shape[1]), dim=1).values[:, -1:].relu()
                missing = (enough - h).amin(0).clamp(min=0.0) + _MARGIN
                self._raise = torch.where(dead, missing, 0.0)
        share = dead.float().mean().expand(len(terms.loss))
        return terms._replace(penalties=(share,))

    def _head(self, model: Model) -> nn.Module:
        """Return the layer whose outputs compete."""
        return list(model.encoder.children())[-1 - len(self.code_layers(self.options))]

    def _note_use(self, mu: Tensor, batch: Batch) -> None:
        """Count the images since each unit was used."""
        import torch

        codes = batch.gather(mu.detach())
        used = _active(codes).any(0)
        if self._unused_for is None:
            self._unused_for = torch.zeros(len(used), device=used.device)
        self._unused_for = torch.where(used, 0.0, self._unused_for + len(codes))

    def tally(self, mu: Tensor) -> Tensor:  # noqa: D102
        return _active(mu).sum(0, dtype=mu.dtype)

    def of_tally(self, counts: Tensor) -> dict[str, float]:  # noqa: D102
        return {"dead_units": float(is_dead(counts.cpu().numpy()).mean())}

    def after_step(self, model: Model) -> None:
        """Bring dead units back, and give the decoder's weights of each unit norm 1 again."""
        import torch

        with torch.no_grad():
            if self._raise is not None:
                self._head(model).bias.add_(self._raise)  # type: ignore[operator]
                self._raise = None
            weights = reading_weights(model)
            norms = weights.flatten(1).norm(dim=1).clamp(min=1e-8)
            weights.div_(norms.view(-1, *[1] * (weights.ndim - 1)))

    def state(self) -> dict[str, Tensor]:  # noqa: D102
        return {} if self._unused_for is None else {"unused_for": self._unused_for}

    def load_state(self, state: dict[str, Tensor]) -> None:  # noqa: D102
        self._unused_for = state.get("unused_for")


def _active(codes: Tensor) -> Tensor:
    """Return whether each unit of each code (n, d) is active, as everywhere else."""
    import torch

    return torch.from_numpy(is_active(codes.float().cpu().numpy())).to(codes.device)
