"""The Wasserstein autoencoder with MMD (Tolstikhin et al. 2018; InfoVAE, Zhao et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentlab.base.options import option
from latentlab.models.family.objective import Batch, Deterministic, Model

if TYPE_CHECKING:
    from torch import Tensor

_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SMALLEST_BATCH = 100  # the estimate from fewer codes is mostly noise


@dataclass(frozen=True)
class WaeOptions:
    """The weight of the distance."""

    mmd_weight: float = option(
        100.0,
        "MMD weight (λ)",
        "Weight of the distance between all codes together and the prior.",
        minimum=0.0,
        maximum=100_000.0,
        decimals=1,
    )


def mmd(codes: Tensor, prior: Tensor) -> Tensor:
    """Return the unbiased estimate of the squared maximum mean discrepancy, a scalar.

    Inverse multiquadric kernels k(a, b) = C / (C + ‖a − b‖²) are summed over
    C = 2d · {0.1, 0.2, 0.5, 1, 2, 5, 10} (Tolstikhin et al. 2018, section 4). It may be negative.

    Parameters
    ----------
    codes, prior
        float (n, d) each, n at least 2.
    """
    import torch

    n, d = codes.shape

    def squared(a: Tensor, b: Tensor) -> Tensor:
        # Written out: the gradient of cdist is not defined where two codes coincide.
        return (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp(min=0.0)

    own, drawn, across = squared(codes, codes), squared(prior, prior), squared(codes, prior)
    off = 1.0 - torch.eye(n, device=codes.device, dtype=codes.dtype)
    total = codes.new_zeros(())
    for scale in _SCALES:
        c = 2.0 * d * scale
        within = (c / (c + own) + c / (c + drawn)) * off
        total = total + within.sum() / (n * (n - 1)) - 2.0 * (c / (c + across)).mean()
    return total


class Wasserstein(Deterministic):
    """Loss = reconstruction + λ MMD²(q(z), N(0, I))."""

    name = "wae"
    title = "Wasserstein (MMD)"
    sentence = (
        "Gives each image one code, and draws the codes of all images together towards a standard "
        "normal: sharper than a variational one, with a prior to sample from."
    )
    formula = "reconstruction + λ · MMD²(q(z), N(0, I))"
    Options = WaeOptions
    penalties = ("mmd",)
    couples_images = True
    min_batch = SMALLEST_BATCH
    prior = "standard-normal"
    code_activation = "linear"

    @classmethod
    def problem(cls, spec: Any) -> str:  # noqa: D102
        if spec.network == "conv" and spec.code == "map":
            return (
                "A Wasserstein autoencoder needs a code that can be negative, which a feature map "
                "behind its activation cannot; use --code dense."
            )
        if spec.batch_size < SMALLEST_BATCH:
            return (
                f"The MMD of a Wasserstein autoencoder needs a batch size of at least "
                f"{SMALLEST_BATCH}, not {spec.batch_size}."
            )
        return ""

    def add_penalties(  # noqa: D102
        self, model: Model, batch: Batch, mu: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        codes, prior = batch.gather(mu), batch.gather(batch.noise)
        distance = mmd(codes, prior) if len(codes) > 1 else mu.sum() * 0.0
        shown = distance.expand(len(mu))
        return self.options.mmd_weight * shown, (shown,)
