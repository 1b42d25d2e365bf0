"""What every kind of network provides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from latentlab.models.family.plan import Plan


@dataclass(frozen=True)
class NoOptions:
    """Nothing to set."""


@dataclass(frozen=True)
class CodeSize:
    """What a network must take in and give out.

    Attributes
    ----------
    latent_dim
        Length of the code that the decoder takes.
    numbers
        Numbers for each value of the code that the encoder gives: 1, or 2 for mean and
        log-variance.
    """

    latent_dim: int
    numbers: int

    @property
    def encoder_width(self) -> int:
        """Outputs of the encoder."""
        return self.latent_dim * self.numbers


class Network(ABC):
    """A kind of layers of encoder and decoder.

    Attributes
    ----------
    name
        The word on the command line and in files.
    title
        The word in the form.
    sentence
        What it is good for.
    formula
        The layers in one line.
    Options
        Frozen dataclass of its own settings, made with :func:`latentlab.base.options.option`.
    channels_last
        Whether its tensors are laid out channels last, which runs convolutions on a CPU up to
        three times faster.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    formula: ClassVar[str]
    Options: ClassVar[type] = NoOptions
    channels_last: ClassVar[bool] = True

    @abstractmethod
    def plan(
        self,
        shape: tuple[int, int, int],
        code: CodeSize,
        options: Any,
        *,
        activation: str,
        dropout: float,
    ) -> Plan:
        """Return the layers for images of a shape.

        Parameters
        ----------
        shape
            (height, width, channels) in pixels.
        code
            What the encoder gives and the decoder takes.
        options
            An instance of :attr:`Options` (or of a class derived from it).
        activation
            Name in ``layers.ACTIVATIONS`` of the hidden layers.
        dropout
            Share of the encoder's hidden units left out in training.
        """

    def problem(self, shape: tuple[int, int, int] | None, options: Any) -> str:
        """Return a sentence that says why these settings cannot be used, empty if they can.

        ``shape`` is ``None`` where no images are known yet.
        """
        return ""
