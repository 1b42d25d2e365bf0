"""The plain autoencoder: reconstruction through a narrow code and nothing else."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from latentlab.nn.autoencoder import Autoencoder
from latentlab.nn.objectives.objective import LossTerms, Objective


class Undercomplete(Objective):
    """Loss = reconstruction. A linear network of this kind finds the subspace of PCA."""

    probabilistic = False

    def terms(self, model: Autoencoder, x: Tensor, noise: Tensor) -> LossTerms:
        """Return the loss terms; the noise is not used."""
        mu, _ = model.encode(x)
        recon = model.likelihood.nll(model.decode(mu), x)
        return LossTerms(recon, recon, torch.zeros_like(recon), mu)

    def args(self) -> dict[str, Any]:
        """Return nothing: there is nothing to set."""
        return {}
