"""Damage to images that a denoising autoencoder learns to undo, and that others are tested with.

Each corruption is a pure function of (images, amount, seed), described in one registry.
"""

from latentlab.core.corruptions.apply import (
    checked_corruption,
    corrupt,
    corrupt_stack,
    derived_seed,
)
from latentlab.core.corruptions.corruption import Corruption
from latentlab.core.corruptions.registry import CORRUPTIONS

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "checked_corruption",
    "corrupt",
    "corrupt_stack",
    "derived_seed",
]
