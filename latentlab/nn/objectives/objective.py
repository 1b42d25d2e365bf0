"""What every objective provides to the training loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

from torch import Tensor

from latentlab.core.train_spec import TrainSpec
from latentlab.nn.autoencoder import Autoencoder


class LossTerms(NamedTuple):
    """The loss of each image of a batch and what it is made of, all in nats.

    Attributes
    ----------
    loss
        float (n,), what is minimised.
    recon_loss
        float (n,), −ln p(x|z).
    kl
        float (n,), KL from the prior at weight 1; zero for deterministic objectives.
    mu
        float (n, d), the codes, for the map.
    """

    loss: Tensor
    recon_loss: Tensor
    kl: Tensor
    mu: Tensor


class Objective(ABC):
    """A loss on a batch.

    Losses are sums over pixels and latent dimensions for each image; the loop takes their mean, so
    a batch can be split without changing the gradient.
    """

    probabilistic: ClassVar[bool]

    def __init__(self, spec: TrainSpec) -> None:
        self.spec = spec

    @abstractmethod
    def terms(self, model: Autoencoder, x: Tensor, noise: Tensor) -> LossTerms:
        """Return the loss terms of images ``x``, float (n, c, h, w), with noise float (n, d)."""

    @abstractmethod
    def args(self) -> dict[str, Any]:
        """Return what a model file should say about this objective."""
