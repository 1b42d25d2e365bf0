"""Which code numbers have a slider, from where to where, and the codes at both ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.planes.plane import ranked_axes
from latentlab.models.model_document import ModelDocument

MAX_SLIDERS = 8
REACH = 3.0
"""Standard deviations of the prior from the middle of a slider to its ends."""

_FLAT_REACH = 4.0  # with two numbers or fewer, which the map shows whole
_LEAST_STD = 1e-3


def shown_numbers(document: ModelDocument) -> list[int]:
    """Return which code numbers have a slider: those that say most, in their order."""
    ranked = ranked_axes(document.latent_kl, document.latent_std)
    return sorted(ranked[:MAX_SLIDERS].tolist())


def units(document: ModelDocument) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return middle and unit of each code number, float64 (d,) each.

    They are mean and standard deviation of the prior, where that is the standard normal
    distribution, and of the codes otherwise. Maps of two numbers or fewer keep those of the codes.
    """
    d = document.latent_dim
    if d > 2 and document.prior == "standard-normal":
        return np.zeros(d), np.ones(d)
    return np.array(document.latent_mean), np.maximum(document.latent_std, _LEAST_STD)


def slider_range(document: ModelDocument) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the values at the low and the high end of each number's slider, float64 (d,) each."""
    middle, unit = units(document)
    reach = (REACH if document.latent_dim > 2 else _FLAT_REACH) * unit
    return middle - reach, middle + reach


def end_codes(
    z: NDArray[np.float32],
    numbers: Sequence[int],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return a code with one number at a time at the ends of its slider.

    Parameters
    ----------
    z
        float32 (d,).
    numbers
        Which m numbers.
    low, high
        As :func:`slider_range` returns them.

    Returns
    -------
    float32 (2m, d): for each number the low end, then the high end.
    """
    codes = np.repeat(z[None].astype(np.float32), 2 * len(numbers), axis=0)
    for place, number in enumerate(numbers):
        codes[2 * place, number] = low[number]
        codes[2 * place + 1, number] = high[number]
    return codes
