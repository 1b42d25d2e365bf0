"""How far two pictures are apart, on the one intensity scale of 0 to 1."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def psnr_db(clean: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio in dB, 10·log₁₀(1 / MSE); infinite for equal images.

    Parameters
    ----------
    clean, other
        uint8 of the same shape.
    """
    difference = (clean.astype(np.float64) - other.astype(np.float64)) / 255.0
    mse = float(np.mean(difference**2))
    return math.inf if mse == 0.0 else -10.0 * math.log10(mse)
