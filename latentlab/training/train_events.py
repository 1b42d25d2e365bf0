"""What the training loop reports between its pieces of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Metrics:
    """One line of ``metrics.jsonl``: means in nats per image.

    Attributes
    ----------
    step, epoch
        Optimiser steps done, and epochs begun (from 1).
    split
        ``"train"`` (running mean since the last line, with dropout, corruption and augmentation)
        or ``"held_out"``.
    loss, recon_loss, kl
        What is minimised, and its parts at weight 1.
    penalties
        What the objective adds besides, unweighted, by name.
    images_per_s
        Training speed since the start, pauses left out.
    """

    step: int
    epoch: int
    split: str
    loss: float
    recon_loss: float
    kl: float
    images_per_s: float
    penalties: Mapping[str, float] = field(default_factory=dict)

    @property
    def nats(self) -> float:
        """Reconstruction and KL at weight 1: what ``latentlab evaluate`` calls the loss."""
        return self.recon_loss + self.kl

    def parts_text(self) -> str:
        """Return the parts of the loss in words, such as ``reconstruction 128.48, KL 6.95``."""
        parts = [f"reconstruction {self.recon_loss:.2f}"]
        if self.kl:
            parts.append(f"KL {self.kl:.2f}")
        parts += [f"{n.replace('_', ' ')} {v:.4g}" for n, v in self.penalties.items()]
        return ", ".join(parts)

    def as_line(self) -> dict[str, Any]:
        """Return the line's names and values, penalties among them."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "split": self.split,
            "loss": self.loss,
            "recon_loss": self.recon_loss,
            "kl": self.kl,
            **self.penalties,
            "images_per_s": self.images_per_s,
        }


@dataclass(frozen=True)
class StepDone:
    """One optimiser step is done, or a part of a measurement.

    Attributes
    ----------
    step
        Optimiser steps done.
    indices
        int64 (b,), the images of the batch, as indices into the image set.
    mu
        float (b, d), their codes as the step's forward pass saw them, on the training device.
    """

    step: int
    indices: NDArray[np.int64]
    mu: Tensor


TrainEvent = StepDone | Metrics | None
