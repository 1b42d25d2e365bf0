"""Cross-entropy of each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.models.family.likelihood import Likelihood

if TYPE_CHECKING:
    from torch import Tensor


class Bernoulli(Likelihood):
    """Cross-entropy of each pixel with logits.

    A density for binary x only: on grey x its floor is the entropy of the image and not 0, so it
    is no bound on a likelihood there; call it BCE.
    """

    name = "bernoulli"
    title = "Bernoulli (BCE)"
    sentence = (
        "Cross-entropy of each pixel; the usual choice for digits. On grey pixels its floor "
        "is not 0."
    )
    formula = "−Σ x ln x̂ + (1 − x) ln(1 − x̂)"

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return BCE(x, sigmoid(output)), float (n,)."""
        from torch.nn import functional

        loss = functional.binary_cross_entropy_with_logits(output, x, reduction="none")
        return loss.flatten(1).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        """Return sigmoid(output)."""
        return output.sigmoid()

    def output_for(self, mean: Tensor) -> Tensor:
        """Return the logits, for means kept off 0 and 1."""
        return mean.clamp(0.003, 0.997).logit()
