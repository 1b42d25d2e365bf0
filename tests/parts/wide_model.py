"""The description of a model with more than two code numbers, and codes for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.models.model_document import ModelDocument

DIMS = 6
KL = [0.1, 3.0, 0.0, 0.5, 4.0, 0.2]


def document(kl: list[float], dims: int = DIMS, seed: int = 0) -> ModelDocument:
    return ModelDocument(
        format_version=1,
        network="mlp",
        network_args={},
        objective="variational",
        objective_args={},
        likelihood="bernoulli",
        input_shape=(4, 4, 1),
        latent_dim=dims,
        latent_mean=[0.0] * dims,
        latent_std=[1.0 + bool(kl)] * dims,
        latent_kl=kl,
        prior="standard-normal",
        data_name="noise",
        data_fingerprint="",
        spec={"seed": seed},
    )


def codes_of(count: int = 60, dims: int = DIMS) -> NDArray[np.float32]:
    scale = np.linspace(2, 1, dims)
    return (np.random.default_rng(0).normal(size=(count, dims)) * scale).astype(np.float32)
