"""What every objective provides: words, options, and the loss of a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from latentlab.models.family.layers import Layer
from latentlab.models.family.network import NoOptions

if TYPE_CHECKING:
    from torch import Tensor, nn

    from latentlab.models.family.likelihood import Likelihood


class Posterior(NamedTuple):
    """What the encoder says of a batch: ``mu`` (n, d), and ``logvar`` (n, d) if it is a density."""

    mu: Tensor
    logvar: Tensor | None


class Model(Protocol):
    """What an objective needs of an autoencoder."""

    likelihood: Likelihood
    encoder: nn.Sequential
    decoder: nn.Sequential

    def encode(self, x: Tensor) -> Posterior:
        """Return the posterior of images (n, c, h, w)."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """Return the likelihood's parameter for codes (n, d)."""
        ...


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
    penalties
        float (n,) each, unweighted, in the order of :attr:`Objective.penalties`.
    """

    loss: Tensor
    recon_loss: Tensor
    kl: Tensor
    mu: Tensor
    penalties: tuple[Tensor, ...] = ()


def _alone(own: Tensor) -> Tensor:
    return own


@dataclass(frozen=True, eq=False)
class Batch:
    """Images of one optimiser step, or of a part of it, with what the loss needs beside them.

    Attributes
    ----------
    x
        float (n, c, h, w) in [0, 1], what is to be rebuilt.
    seen
        Same shape, what the encoder is given.
    noise
        float (n, d), standard normal.
    progress
        Share of the training that is done, 0 to 1; 1 when measuring.
    measuring
        Whether this is a measurement and not a step.
    gather
        Returns a tensor (n, ...) with the rows of all processes that share the step, in their
        order; gradients flow through the own rows, scaled so that a loss of the whole batch has
        the same gradient on any number of processes.
    """

    x: Tensor
    seen: Tensor
    noise: Tensor
    progress: float = 1.0
    measuring: bool = False
    gather: Callable[[Tensor], Tensor] = _alone


class Objective(ABC):
    """A loss on a batch of images.

    Losses are sums over pixels and latent dimensions for each image; the loop takes their mean, so
    a batch can be split without changing the gradient, unless :attr:`couples_images`.

    Parameters
    ----------
    options
        An instance of :attr:`Options` (or of a class derived from it).
    num_images
        Training images.

    Attributes
    ----------
    name, title, sentence, formula
        The word on the command line, the word in the form, what it does, and the loss in one line.
    Options
        Frozen dataclass of its own settings, made with :func:`latentlab.base.options.option`.
    probabilistic
        Whether the encoder gives a density for each image.
    penalties
        Names of what is added to the reconstruction besides the KL, for logs and curves.
    couples_images
        Whether the loss of an image depends on the others of its batch.
    min_batch
        Images that a step needs at least.
    allows_overcomplete
        Whether a code with more numbers than the image makes sense.
    code_activation
        Name in ``layers.ACTIVATIONS`` that the code must have, ``None`` where it may have any.
    suggests
        Options and values that suit it better than the usual ones.
    without
        Names of general options that have no meaning for it.
    closed_form
        Whether there is nothing to descend: :meth:`solve` gives the model at once.
    prior
        ``"standard-normal"``, or what is fitted to the codes after training: ``"fitted-normal"``
        or ``"mixture"``.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    formula: ClassVar[str]
    Options: ClassVar[type] = NoOptions
    probabilistic: ClassVar[bool] = False
    penalties: ClassVar[tuple[str, ...]] = ()
    couples_images: ClassVar[bool] = False
    min_batch: ClassVar[int] = 1
    allows_overcomplete: ClassVar[bool] = False
    code_activation: ClassVar[str | None] = None
    suggests: ClassVar[Mapping[str, Any]] = {}
    without: ClassVar[frozenset[str]] = frozenset()
    closed_form: ClassVar[bool] = False
    prior: ClassVar[str] = "fitted-normal"

    def __init__(self, options: Any, num_images: int = 1) -> None:
        self.options = options
        self.num_images = num_images

    @classmethod
    def problem(cls, spec: Any) -> str:
        """Return a sentence that says why these settings cannot be used, empty if they can."""
        return ""

    @classmethod
    def code_layers(cls, options: Any) -> tuple[Layer, ...]:
        """Return what follows the encoder's last layer to make the code."""
        return ()

    def corrupt(self, x: Tensor, seed: int) -> Tensor:
        """Return what the encoder is given for the images of a whole step, same shape."""
        return x

    @abstractmethod
    def terms(self, model: Model, batch: Batch) -> LossTerms:
        """Return the loss terms of a batch."""

    def tally(self, mu: Tensor) -> Tensor | None:
        """Return what is counted over the sampled codes (n, d) of a measurement, ``None`` if
        nothing is.

        Float (k,); the counts of all batches and processes are added up.
        """
        return None

    def of_tally(self, counts: Tensor) -> dict[str, float]:
        """Return the penalties that only all codes of a measurement together tell, by name."""
        return {}

    def after_step(self, model: Model) -> None:  # noqa: B027 - most need nothing
        """Do what must follow each optimiser step; nothing by default."""

    def state(self) -> dict[str, Tensor]:
        """Return what it has gathered over the steps, for an exact resume."""
        return {}

    def load_state(self, state: dict[str, Tensor]) -> None:  # noqa: B027 - most need nothing
        """Take back what :meth:`state` gave."""


class Deterministic(Objective):
    """An objective whose encoder gives one code for each image: reconstruction and penalties."""

    def terms(self, model: Model, batch: Batch) -> LossTerms:
        """Return reconstruction plus the weighted penalties of :meth:`add_penalties`."""
        mu, _ = model.encode(batch.seen)
        recon = model.likelihood.nll(model.decode(mu), batch.x)
        added, penalties = self.add_penalties(model, batch, mu)
        loss = recon if added is None else recon + added
        return LossTerms(loss, recon, recon.new_zeros(len(recon)), mu, penalties)

    def add_penalties(
        self, model: Model, batch: Batch, mu: Tensor
    ) -> tuple[Tensor | None, tuple[Tensor, ...]]:
        """Return what is added to the loss, float (n,) or ``None``, and the unweighted penalties.

        A penalty of the whole batch is given as the same number for each image.
        """
        return None, ()
