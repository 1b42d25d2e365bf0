"""Damage to images that a denoising autoencoder learns to undo, and that others are tested with.

Each corruption is a pure function of (images, amount, seed), described in one registry. Training
can also mix them, and draws their amounts.
"""

from latentlab.images.corruptions.apply import (
    checked_corruption,
    corrupt,
    corrupt_stack,
    derived_seed,
)
from latentlab.images.corruptions.corruption import Corruption
from latentlab.images.corruptions.drawn import corrupt_drawn
from latentlab.images.corruptions.mixed import MIXED, corrupt_mixed
from latentlab.images.corruptions.registry import CORRUPTIONS

__all__ = [
    "CORRUPTIONS",
    "MIXED",
    "Corruption",
    "checked_corruption",
    "corrupt",
    "corrupt_drawn",
    "corrupt_mixed",
    "corrupt_stack",
    "derived_seed",
]
