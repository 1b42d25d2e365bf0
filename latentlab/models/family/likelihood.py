"""What every likelihood provides: how the difference of image and reconstruction is counted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from latentlab.models.family.network import NoOptions

if TYPE_CHECKING:
    from torch import Tensor

NEGATIVE_NATS = (
    "A reconstruction below 0 nats is no error: the density of a pixel can exceed 1. "
    "Compare it with models of the same likelihood only."
)
"""What to say of a loss that looks impossible."""


class Likelihood(ABC):
    """A distribution of each pixel given the decoder's output, in nats per image.

    Attributes
    ----------
    name, title, sentence, formula
        The word on the command line, the word in the form, what it does, and the loss.
    Options
        Frozen dataclass of its own settings.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    formula: ClassVar[str]
    Options: ClassVar[type] = NoOptions

    def __init__(self, options: Any) -> None:
        self.options = options

    @abstractmethod
    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """Return −ln p(x|z) in nats, float (n,), summed over the pixels.

        Both arguments are float (n, c, h, w), ``x`` in [0, 1].
        """

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """Return the expected image, float (n, c, h, w) in [0, 1]."""

    @abstractmethod
    def output_for(self, mean: Tensor) -> Tensor:
        """Return the decoder's output whose expected image is ``mean``, same shape."""
