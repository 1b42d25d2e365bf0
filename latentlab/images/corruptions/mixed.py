"""A mixture of corruptions to train on: each image is damaged in its own way and strength.

A denoiser that is trained on one corruption at one amount knows only that one. This mixture is for
training alone: it has no amount that a measurement could be given for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.images.corruptions.apply import corrupt_each, noise_generator

MIXED = "mixed"
"""The word on the command line and in files, where a run can have one of the corruptions."""

_NUMBER = 1_000  # keeps the choices apart from the noise of the corruptions, as Corruption.number


@dataclass(frozen=True)
class Ingredient:
    """One corruption of the mixture.

    Attributes
    ----------
    name
        A key of :data:`CORRUPTIONS`.
    share
        Probability that an image gets it.
    most
        Amounts are spread evenly from 0 to this much, so light damage is as frequent as heavy. At
        most as large as leaves a hand-drawn digit readable.
    """

    name: str
    share: float
    most: float


# Brightness, contrast and pixelation are left out: they take nothing away at random, and
# undoing them at unknown strength would teach mostly what the usual brightness is.
INGREDIENTS: tuple[Ingredient, ...] = (
    Ingredient("mask", 0.25, 0.75),
    Ingredient("salt-pepper", 0.25, 0.5),
    Ingredient("gaussian", 0.25, 0.75),
    Ingredient("block", 0.1, 0.3),
    Ingredient("speckle", 0.05, 1.0),
    Ingredient("blur", 0.05, 0.4),
)
"""What is mixed. The shares add up to less than 1: the remaining images stay as they are."""


def draw_mixture(count: int, amount: float, seed: int) -> list[tuple[str, float]]:
    """Return (name, amount) for each of ``count`` images; an amount of 0 leaves an image clean.

    The first k of n are those that are drawn for k.

    Parameters
    ----------
    count
        How many images there are.
    amount
        0 to 1, the share of each corruption's range that is used.
    seed
        0 to 2⁶³ − 1.

    Raises
    ------
    UsageError
        If amount or seed are out of range.
    """
    if not 0.0 <= amount <= 1.0:  # also false for NaN
        raise UsageError(f"The amount of “{MIXED}” must be a number from 0 to 1, not {amount}.")
    draw = noise_generator(seed, _NUMBER).random((count, 2))
    ends = np.cumsum([ingredient.share for ingredient in INGREDIENTS])
    places = np.searchsorted(ends, draw[:, 0], side="right")
    found = []
    for place, strength in zip(places.tolist(), draw[:, 1].tolist(), strict=True):
        if place < len(INGREDIENTS):
            ingredient = INGREDIENTS[place]
            found.append((ingredient.name, strength * amount * ingredient.most))
        else:
            found.append((INGREDIENTS[0].name, 0.0))
    return found


def corrupt_mixed(
    images: NDArray[Any], amount: float, seed: int, *, clip: bool = True
) -> NDArray[np.float32]:
    """Return a copy of images, each after the corruption that :func:`draw_mixture` says.

    The same arguments always give the same bits, see :func:`corrupt_each`.

    Parameters
    ----------
    images, seed, clip
        As in :func:`corrupt`.
    amount
        0 to 1, the share of each corruption's range that is used; 0 changes nothing.

    Returns
    -------
    NDArray[np.float32]
        Of the images' shape, C-contiguous.

    Raises
    ------
    UsageError
        If amount or seed are out of range.
    """
    count = 1 if images.ndim == 3 else len(images)
    return corrupt_each(images, draw_mixture(count, amount, seed), seed, clip=clip)
