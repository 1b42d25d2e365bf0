"""The contractive autoencoder (Rifai et al. 2011): codes that hardly move with their image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentlab.base.options import option
from latentlab.models.family.layers import SMOOTH_ACTIVATIONS
from latentlab.models.family.objective import Batch, LossTerms, Model, Objective

if TYPE_CHECKING:
    from torch import Tensor

_SETTLING = 5.0  # nats; any weight has the same optimum, this one gets there in time
_EXACT_DIMS = 16  # up to here one backward pass for each code number, above random probes


@dataclass(frozen=True)
class ContractiveOptions:
    """The weight of the penalty."""

    contraction: float = option(
        10.0,
        "Contraction (λ)",
        "Weight of the squared norm of the encoder's Jacobian, relative to the total variance of "
        "the codes: higher makes codes move less when the image changes a little.",
        minimum=0.0,
        maximum=1e6,
        decimals=2,
    )


def squared_jacobian_norm(mu: Tensor, x: Tensor, probes: Tensor | None = None) -> Tensor:
    """Return ‖∂mu/∂x‖²_F of each image, float (n,), differentiable.

    Parameters
    ----------
    mu
        float (n, d), codes that depend on ``x`` image by image.
    x
        float (n, ...), images that require a gradient.
    probes
        float (n, d) of random signs: then the norm is estimated without bias from one
        vector-Jacobian product (Hutchinson 1990), E‖vᵀJ‖² = ‖J‖²_F; ``None`` takes one product for
        each of the d code numbers and is exact.
    """
    import torch

    if probes is not None:
        (product,) = torch.autograd.grad(mu, x, probes, create_graph=True)
        return product.square().flatten(1).sum(1)
    total = mu.new_zeros(len(mu))
    for unit in range(mu.shape[1]):
        (row,) = torch.autograd.grad(mu[:, unit].sum(), x, create_graph=True)
        total = total + row.square().flatten(1).sum(1)
    return total


class Contractive(Objective):
    """Loss = reconstruction + λ ‖J_f(x)‖²_F / tr Cov z + 5 ln² v, v the mean variance of z.

    The penalty is what a small change of the image does to the code, relative to how far the codes
    of different images are apart, whatever the size of the code and its number of dimensions.
    Without the division the encoder could shrink its codes and the decoder blow them up again,
    which drives the penalty to 0 and changes nothing. The size of the codes then costs nothing
    either way; where nothing bounds it, the last term settles it at variance 1, so that Jacobians
    of different runs can be compared.
    """

    name = "contractive"
    title = "Contractive"
    sentence = (
        "Penalises how fast the code changes with the image, so that small changes of a picture "
        "leave its code where it is."
    )
    formula = "reconstruction + λ · ‖∂z/∂x‖²_F / tr Cov z"
    Options = ContractiveOptions
    penalties = ("contraction",)
    couples_images = True
    allows_overcomplete = True

    @classmethod
    def problem(cls, spec: Any) -> str:  # noqa: D102
        if spec.activation not in SMOOTH_ACTIVATIONS or spec.code_activation == "relu":
            return (
                "The contractive penalty needs a smooth activation, because the slope of ReLU "
                f"jumps; use one of: {', '.join(SMOOTH_ACTIVATIONS)}."
            )
        return ""

    def terms(self, model: Model, batch: Batch) -> LossTerms:
        """Return reconstruction and penalty; the images are encoded once for both."""
        import torch

        with torch.enable_grad():
            x = batch.seen.detach().clone().requires_grad_()
            mu = model.encode(x).mu
            exact = mu.shape[1] <= _EXACT_DIMS
            norms = squared_jacobian_norm(mu, x, None if exact else batch.noise.sign())
        recon = model.likelihood.nll(model.decode(mu), batch.x)
        each = batch.gather(mu).var(0, unbiased=False)
        total = each.sum().clamp(min=1e-12)
        penalty = (batch.gather(norms).mean() / total).expand(len(mu))
        loss = recon + self.options.contraction * penalty
        if self.options.code_activation in ("auto", "linear"):
            loss = loss + _SETTLING * (total / len(each)).log().square()
        return LossTerms(loss, recon, recon.new_zeros(len(recon)), mu, (penalty,))
