"""One corruption at an amount that is drawn for each image.

A denoiser that is trained at a single amount has never seen a clean image and codes clean images
badly; from 0 on, it learns all that lies between.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.images.corruptions.apply import checked_corruption, corrupt_each, noise_generator

_NUMBER = 1_001  # keeps the amounts apart from the noise of the corruptions, as Corruption.number


def draw_amounts(count: int, largest: float, seed: int) -> list[float]:
    """Return ``count`` amounts spread evenly from 0 to ``largest``.

    The first k of n are those that are drawn for k.

    Raises
    ------
    UsageError
        If the seed is out of range.
    """
    amounts: list[float] = (noise_generator(seed, _NUMBER).random(count) * largest).tolist()
    return amounts


def corrupt_drawn(
    images: NDArray[Any], name: str, largest: float, seed: int, *, clip: bool = True
) -> NDArray[np.float32]:
    """Return a copy of images, each corrupted by an amount of :func:`draw_amounts`.

    The same arguments always give the same bits, see :func:`corrupt_each`.

    Parameters
    ----------
    images, name, seed, clip
        As in :func:`corrupt`.
    largest
        In the corruption's range; 0 changes nothing.

    Returns
    -------
    NDArray[np.float32]
        Of the images' shape, C-contiguous.

    Raises
    ------
    UsageError
        As :func:`corrupt`.
    """
    checked_corruption(name, largest)
    count = 1 if images.ndim == 3 else len(images)
    choices = [(name, amount) for amount in draw_amounts(count, largest, seed)]
    return corrupt_each(images, choices, seed, clip=clip)
