"""Chance in measurements: the same for the same images, whoever measures them and in what parts.

Figures of the same model on the same images then agree to rounding, be it the training loop, the
window or the command line that measures, and however many images each computes at once.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from latentlab.images.corruptions import derived_seed
from latentlab.latent.code_units import sample_of
from latentlab.models.family.objective import Objective

MEASURING_SEED = 0
BLOCK_IMAGES = 256  # noise is drawn for as many images at once


class PosteriorNoise:
    """Standard normal noise for the posterior samples of images by their place, from 0 on.

    Parameters
    ----------
    latent_dim
        Length d of the code.
    seed
        0 to 2⁶³ − 1.
    """

    def __init__(self, latent_dim: int, seed: int = MEASURING_SEED) -> None:
        self._latent_dim = latent_dim
        self._seed = seed
        self._block = -1, torch.empty(0)

    def rows(self, first: int, count: int) -> Tensor:
        """Return the noise of ``count`` images from place ``first`` on, float (count, d).

        It is drawn and lies on the processor, because other devices draw other numbers.
        """
        parts = [torch.empty(0, self._latent_dim)]
        for block in range(first // BLOCK_IMAGES, -(-(first + count) // BLOCK_IMAGES)):
            start = block * BLOCK_IMAGES
            parts.append(self._of_block(block)[max(0, first - start) : first + count - start])
        return torch.cat(parts)

    def _of_block(self, block: int) -> Tensor:
        if self._block[0] != block:
            generator = torch.Generator().manual_seed(derived_seed(self._seed, block))
            noise = torch.randn(BLOCK_IMAGES, self._latent_dim, generator=generator)
            self._block = block, noise
        return self._block[1]


def measured_inputs(
    objective: Objective, x: Tensor, first: int, seed: int = MEASURING_SEED
) -> Tensor:
    """Return what the encoder is given for images (n, c, h, w) from place ``first`` on.

    These are the images themselves, or corrupted ones where the objective corrupts them. ``first``
    is a multiple of :data:`BLOCK_IMAGES`, and the images are whole blocks but for the last.
    """
    if type(objective).corrupt is Objective.corrupt:
        return x
    assert first % BLOCK_IMAGES == 0
    blocks = [
        objective.corrupt(
            x[start : start + BLOCK_IMAGES], derived_seed(seed, (first + start) // BLOCK_IMAGES)
        )
        for start in range(0, len(x), BLOCK_IMAGES)
    ]
    return torch.cat(blocks)


class Tally:
    """What an objective counts over a sample of the measured codes, added up batch by batch.

    Parameters
    ----------
    objective
        Says what is counted.
    num_images, latent_dim, device
        How many images are measured, and what their codes are.

    Attributes
    ----------
    counts
        Float (k,), of all batches so far; ``None`` where the objective counts nothing.
    """

    def __init__(
        self, objective: Objective, num_images: int, latent_dim: int, device: torch.device
    ) -> None:
        self._objective = objective
        self._sampled = np.zeros(num_images, np.bool_)
        self._sampled[sample_of(num_images)] = True
        # Begins with no code, so that all processes add up the same numbers.
        self.counts = objective.tally(torch.zeros(0, latent_dim, device=device))

    def add(self, first: int, mu: Tensor) -> None:
        """Count the codes (n, d) of the images from place ``first`` on."""
        if self.counts is None:
            return
        in_sample = torch.from_numpy(self._sampled[first : first + len(mu)])
        found = self._objective.tally(mu[in_sample.to(mu.device)])
        assert found is not None
        self.counts += found

    def penalties(self) -> dict[str, float]:
        """Return the penalties that only all codes together tell, by name."""
        return {} if self.counts is None else self._objective.of_tally(self.counts)
