"""Noise that is drawn for each pixel or value on its own.

All functions are of type :data:`~latentlab.images.corruptions.corruption.CorruptionFunction`. Under
one seed, a larger amount damages the pixels that a smaller one did and further ones, so that a
picture does not flicker while somebody changes the amount.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mask(
    images: NDArray[np.float32], amount: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Set each pixel to 0 with probability ``amount``, all its channels together.

    Vincent et al., "Stacked Denoising Autoencoders", JMLR 11 (2010), section 3.3. What is left is
    not scaled up as in dropout: it is the image itself that is seen through holes.
    """
    draw = generator.random(images.shape[:3], np.float32)
    images *= (draw >= amount)[..., None]
    return images


def salt_pepper(
    images: NDArray[np.float32], amount: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Set each pixel to 0 or 1, equally likely, with probability ``amount``.

    All channels of a pixel take the same value. Vincent et al. (2010), section 3.3.
    """
    draw = generator.random(images.shape[:3], np.float32)
    # Taking 0 and 1 from opposite ends of the draw keeps a grain's colour when the amount grows.
    half = amount / 2
    salt = draw >= 1.0 - half
    images *= (draw >= half)[..., None]
    np.copyto(images, np.float32(1.0), where=salt[..., None])
    return images


def gaussian(
    images: NDArray[np.float32], amount: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Add normal noise of standard deviation ``amount`` to each value, each channel on its own."""
    noise = generator.standard_normal(images.shape, np.float32)
    noise *= np.float32(amount)
    images += noise
    return images


def speckle(
    images: NDArray[np.float32], amount: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Return x + x·n with normal n of standard deviation ``amount``, each channel on its own.

    Black stays black: the noise is proportional to the value, as in radar and ultrasound pictures.
    """
    noise = generator.standard_normal(images.shape, np.float32)
    noise *= np.float32(amount)
    noise += np.float32(1.0)
    images *= noise
    return images
