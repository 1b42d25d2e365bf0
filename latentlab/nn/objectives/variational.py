"""The variational autoencoder (Kingma and Welling 2014; Rezende et al. 2014), with β."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from latentlab.nn.autoencoder import Autoencoder
from latentlab.nn.objectives.objective import LossTerms, Objective


def kl_per_dim(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return KL(N(mu, σ²) ‖ N(0, 1)) of each code number in nats, same shape as ``mu``.

    ½ (μ² + σ² − ln σ² − 1): Kingma and Welling 2014, appendix B.
    """
    return 0.5 * (mu.square() + logvar.exp() - logvar - 1.0)


class Variational(Objective):
    """Loss = reconstruction + β · KL(q(z|x) ‖ N(0, I)), one reparameterised sample per image."""

    probabilistic = True

    def terms(self, model: Autoencoder, x: Tensor, noise: Tensor) -> LossTerms:
        """Return the loss terms with z = μ + σ · noise."""
        mu, logvar = model.encode(x)
        assert logvar is not None
        z = mu + noise * (0.5 * logvar).exp()
        recon = model.likelihood.nll(model.decode(z), x)
        kl = kl_per_dim(mu, logvar).sum(1)
        return LossTerms(recon + self.spec.beta * kl, recon, kl, mu)

    def args(self) -> dict[str, Any]:
        """Return β."""
        return {"beta": self.spec.beta}
