"""What a run draws: all of it follows from (seed, epoch) or (seed, step), and from nothing else.

So a run can go on from any step, and all processes of a group draw the same for the whole batch.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from latentlab.training.process_group import ProcessGroup


class Orders:
    """The order in which the training images come, of one epoch after the other."""

    def __init__(self, indices: NDArray[np.int64], seed: int) -> None:
        self._indices = indices
        self._seed = seed
        self._epoch_index = -1
        self._order = indices

    def of(self, epoch_index: int) -> NDArray[np.int64]:
        """Return that of an epoch, from 0."""
        if epoch_index != self._epoch_index:
            rng = np.random.default_rng([self._seed, epoch_index])
            self._epoch_index, self._order = epoch_index, rng.permutation(self._indices)
        return self._order


def seeds_of_step(seed: int, step: int, group: ProcessGroup) -> tuple[int, int, int]:
    """Return seeds of noise, corruption and dropout; only dropout is each process's own."""
    sequence = np.random.SeedSequence([seed, step])
    noise, corruption = sequence.generate_state(2, np.uint64) & np.uint64(2**63 - 1)
    if group.size == 1:
        return int(noise), int(corruption), 0
    own = np.random.SeedSequence([seed, step, 1 + group.rank])
    return int(noise), int(corruption), int(own.generate_state(1)[0])


def seed_device(device: torch.device, seed: int) -> None:
    """Seed the generator that the device draws from.

    ``torch.manual_seed`` seeds those of all kinds of devices, and notes a whole stack trace for
    each that is not in use yet, which takes longer than all the rest between two steps.
    """
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)
