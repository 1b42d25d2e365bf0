"""Corrupt images reproducibly: one corruption, or several in turn."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.images.corruptions.corruption import Corruption
from latentlab.images.corruptions.registry import CORRUPTIONS

_MAX_SEED = 2**63 - 1


def corrupt(
    images: NDArray[Any], name: str, amount: float, seed: int, *, clip: bool = True
) -> NDArray[np.float32]:
    """Return a corrupted copy of images; the same arguments always give the same bits.

    The noise of an image depends on the seed and on its place in the batch, not on the images or
    on how many follow: the first k of n images get the noise that a batch of k gets.

    Parameters
    ----------
    images
        uint8 (n, h, w, c), or float32 of that shape in [0, 1]; also one image (h, w, c), which gets
        the noise of a batch of one. Never modified.
    name
        A key of :data:`CORRUPTIONS`.
    amount
        In the corruption's range; 0 changes nothing. What it means differs, see
        ``Corruption.amount_meaning``.
    seed
        0 to 2⁶³ − 1. Different corruptions draw different noise under the same seed.
    clip
        Whether the result is limited to [0, 1]. Where it is not, the mean squared error of a value
        under Gaussian noise is exactly amount².

    Returns
    -------
    NDArray[np.float32]
        Of the images' shape, C-contiguous. In [0, 1] if clipped; otherwise corruptions with
        ``leaves_range`` return sums and products as they come.

    Raises
    ------
    UsageError
        If the name is unknown, or amount or seed are out of range.
    """
    corruption = checked_corruption(name, amount)
    generator = noise_generator(seed, corruption.number)
    batch, is_single = float_copy(images)
    if amount != 0 and batch.size:
        batch = corruption.function(batch, float(amount), generator)
    if clip:
        np.clip(batch, 0.0, 1.0, out=batch)
    return batch[0] if is_single else batch


def corrupt_stack(
    images: NDArray[Any], steps: Sequence[tuple[str, float]], seed: int, *, clip: bool = True
) -> NDArray[np.float32]:
    """Return a copy of images after several corruptions, one upon the other.

    Each step draws noise of its own; the first draws that of :func:`corrupt` with the same seed,
    and a step added at the end leaves the noise of the others as it is.

    Parameters
    ----------
    images, seed
        As in :func:`corrupt`.
    steps
        (name, amount) in the order in which they are applied; without any, the images come back as
        float32.
    clip
        Whether the values are limited to [0, 1] after each step.

    Raises
    ------
    UsageError
        As :func:`corrupt`, before anything is computed.
    """
    for name, amount in steps:
        checked_corruption(name, amount)
    _check_seed(seed)
    batch, is_single = float_copy(images)
    for index, (name, amount) in enumerate(steps):
        step_seed = seed if index == 0 else derived_seed(seed, index)
        batch = corrupt(batch, name, amount, step_seed, clip=clip)
    if clip and not steps:
        np.clip(batch, 0.0, 1.0, out=batch)
    return batch[0] if is_single else batch


def corrupt_each(
    images: NDArray[Any], choices: Sequence[tuple[str, float]], seed: int, *, clip: bool = True
) -> NDArray[np.float32]:
    """Return a copy of images, each after a corruption and at an amount of its own.

    Images with the same corruption get the noise that :func:`corrupt` draws under the same seed
    for a batch of them alone. So the same arguments always give the same bits, and an image's
    noise does not depend on what follows it.

    About 15 µs for an image of 28×28, ten times that for blur.

    Parameters
    ----------
    images, seed, clip
        As in :func:`corrupt`.
    choices
        (name, amount) for each image; an amount of 0 leaves it as it is, and draws no noise.

    Raises
    ------
    UsageError
        As :func:`corrupt`, before anything is computed.
    """
    for name, amount in choices:
        checked_corruption(name, amount)
    batch, is_single = float_copy(images)
    generators: dict[str, np.random.Generator] = {}
    for place, (name, amount) in enumerate(choices):
        if amount == 0.0 or not batch.size:
            continue
        corruption = CORRUPTIONS[name]
        if name not in generators:
            generators[name] = noise_generator(seed, corruption.number)
        own = slice(place, place + 1)
        # One after the other: amounts differ, and a generator goes on where the image before ended.
        batch[own] = corruption.function(batch[own], amount, generators[name])
    if clip:
        np.clip(batch, 0.0, 1.0, out=batch)
    return batch[0] if is_single else batch


def checked_corruption(name: str, amount: float) -> Corruption:
    """Return the corruption of that name.

    Raises
    ------
    UsageError
        If there is none, or if the amount is not a number in its range.
    """
    corruption = CORRUPTIONS.get(name)
    if corruption is None:
        raise UsageError(f"There is no corruption “{name}”; there are: {', '.join(CORRUPTIONS)}.")
    if not corruption.minimum <= amount <= corruption.maximum:  # also false for NaN
        raise UsageError(
            f"The amount of “{name}” must be a number from {corruption.minimum:g} to "
            f"{corruption.maximum:g}, not {amount}."
        )
    return corruption


def derived_seed(seed: int, index: int) -> int:
    """Return the seed of part number ``index`` of something that has ``seed``, 0 to 2⁶³ − 1.

    Seeds of different parts are as unrelated as random numbers are.

    Raises
    ------
    UsageError
        If the seed is out of range.
    """
    _check_seed(seed)
    # NumPy puts a spawn key behind the padded seed, out of reach of the corruptions' numbers.
    sequence = np.random.SeedSequence(operator.index(seed), spawn_key=(index,))
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def noise_generator(seed: int, number: int) -> np.random.Generator:
    """Return the generator of the noise that has a seed, kept apart by ``Corruption.number``.

    Raises
    ------
    UsageError
        If the seed is out of range.
    """
    _check_seed(seed)
    # A number of at least 1: a 0 at the end would be taken for padding of the seed.
    sequence = np.random.SeedSequence([operator.index(seed), number])
    return np.random.Generator(np.random.PCG64(sequence))


def _check_seed(seed: int) -> None:
    if not 0 <= seed <= _MAX_SEED:
        raise UsageError(f"The seed must be a whole number from 0 to {_MAX_SEED}, not {seed}.")


def float_copy(images: NDArray[Any]) -> tuple[NDArray[np.float32], bool]:
    """Return a float32 (n, h, w, c) copy in [0, 1], and whether one image was given."""
    if images.ndim not in (3, 4):
        raise ValueError(f"images have {images.ndim} dimensions instead of 3 or 4")
    is_single = images.ndim == 3
    batch = images[None] if is_single else images
    if batch.dtype == np.uint8:
        return np.divide(batch, np.float32(255.0), dtype=np.float32, order="C"), is_single
    if batch.dtype == np.float32:
        return np.array(batch, order="C"), is_single
    raise ValueError(f"images are {images.dtype} instead of uint8 or float32")
