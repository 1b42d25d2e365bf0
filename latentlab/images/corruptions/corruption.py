"""What a corruption is: its words, the range of its amount, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CorruptionFunction = Callable[
    [NDArray[np.float32], float, np.random.Generator], NDArray[np.float32]
]
"""(images, amount, generator) -> corrupted images.

Images are float32 (n, h, w, c), C-contiguous and the function's own: it may write into them and
return them. The amount lies in the corruption's range and is not 0. The result is float32 of the
same shape and need not lie in [0, 1]. Noise is drawn as one array whose first axis is n, so that
the first images of a batch get the same noise whatever follows them.
"""


@dataclass(frozen=True)
class Corruption:
    """A way to damage images.

    Attributes
    ----------
    name
        The word on the command line and in files.
    title
        The word in the form.
    sentence
        What it does.
    amount_meaning
        What the amount is, with its unit.
    function
        See :data:`CorruptionFunction`.
    number
        Keeps the noise of different corruptions apart under one seed. Unique, at least 1, and never
        changed, or the noise of all earlier runs changes with it.
    minimum, maximum
        Inclusive range of the amount; 0 leaves every image as it is.
    default_amount
        An amount at which the damage is plain to see and the image can still be recognised.
    is_random
        Whether the seed matters.
    leaves_range
        Whether values below 0 or above 1 come about, and clipping therefore changes the result.
    """

    name: str
    title: str
    sentence: str
    amount_meaning: str
    function: CorruptionFunction
    number: int
    minimum: float = 0.0
    maximum: float = 1.0
    default_amount: float = 0.5
    is_random: bool = True
    leaves_range: bool = False

    def share_of(self, amount: float) -> float:
        """Return where in the range an amount lies, 0 to 1."""
        return (amount - self.minimum) / (self.maximum - self.minimum)

    def amount_at(self, share: float) -> float:
        """Return the amount at a place in the range, 0 to 1."""
        return self.minimum + share * (self.maximum - self.minimum)

    def limited(self, amount: float) -> float:
        """Return the amount in the range that is nearest to another one."""
        return min(max(amount, self.minimum), self.maximum)
