"""What is said about a training run: how it is controlled, and where it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from latentlab.models.run_options import RunOptions

TrainAction = Literal["pause", "resume", "step", "stop"]


TrainStatus = Literal["idle", "preparing", "running", "paused", "finishing"]


@dataclass(frozen=True)
class TrainCommand:
    """Start a training run on the open data; ``name`` is what people read."""

    spec: RunOptions
    run_folder: Path
    name: str


@dataclass(frozen=True)
class TrainControlCommand:
    """Pause, resume, single-step or stop the training run."""

    action: TrainAction


@dataclass(frozen=True)
class TrainStatusChanged:
    """Training has started, paused, gone on, or ended; ``sentence`` says why where it matters."""

    status: TrainStatus
    sentence: str = ""
    spec: RunOptions | None = None
    run_folder: Path | None = None


@dataclass(frozen=True)
class TrainProgress:
    """Where training is. ``seconds_left`` is an estimate and never negative."""

    step: int
    total_steps: int
    epoch: int
    epochs: int
    images_per_s: float
    seconds_left: float
    weights_version: int


@dataclass(frozen=True)
class CurvePoint:
    """One point of the training curves, in nats per image.

    ``epochs_done`` counts passes with their fraction; ``penalties`` are what the objective adds,
    unweighted, by name.
    """

    step: int
    epoch: int
    epochs_done: float
    split: Literal["train", "held_out"]
    loss: float
    recon_loss: float
    kl: float
    penalties: Mapping[str, float] = field(default_factory=dict)

    def term(self, name: str) -> float:
        """Return ``loss``, ``recon_loss``, ``kl`` or a penalty by name; NaN where there is none."""
        if name in ("loss", "recon_loss", "kl"):
            return float(getattr(self, name))
        return self.penalties.get(name, math.nan)
