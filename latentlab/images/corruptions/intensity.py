"""Changes of brightness and contrast, the same for all pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def brightness(
    images: NDArray[np.float32], amount: float, _: np.random.Generator
) -> NDArray[np.float32]:
    """Return x + ``amount``: everything becomes lighter, and what passes white is lost."""
    images += np.float32(amount)
    return images


def contrast(
    images: NDArray[np.float32], amount: float, _: np.random.Generator
) -> NDArray[np.float32]:
    """Return 0.5 + (x − 0.5)·(1 − ``amount``): everything moves towards middle grey."""
    images -= np.float32(0.5)
    images *= np.float32(1.0 - amount)
    images += np.float32(0.5)
    return images
