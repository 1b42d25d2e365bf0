"""What is left in memory of many trainings in one window.

Opens the real window and trains again and again with the bundled digits: one epoch of a small
network, stop, and wait until its map is complete. After each run the memory that the process holds
(resident set, in MB) is noted, with the number of objects that Python's collector knows and how
many of them are networks, tensors, runs and jobs of training.

``growth_mb`` is the median of the last five runs less that of runs 8 to 12, in which everything
that is loaded once is loaded: it is what the others have left behind. The longest collection of
garbage shows what it costs to let nothing lie: the window stands still for so long.
"""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

import numpy as np
from figures import own_home, parser, report, target
from lab_window import LabWindow, lab_window, let_run, wait_until

from latentlab.models.family.train_spec import TrainSpec

COUNTED = (
    "Autoencoder",
    "Tensor",
    "Parameter",
    "TrainingRun",
    "TrainingJob",
    "QPixmap",
    "Embedded",
)
_SETTLED_RUNS = slice(7, 12)


class Pauses:
    """Notes how long collections of garbage take, by generation."""

    def __init__(self) -> None:
        self.ms: dict[int, list[float]] = {0: [], 1: [], 2: []}
        self._begin_s = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._begin_s = time.perf_counter()
        else:
            self.ms[info["generation"]].append((time.perf_counter() - self._begin_s) * 1e3)

    def close(self) -> None:
        """Listen no more."""
        gc.callbacks.remove(self._note)

    def longest_ms(self) -> dict[str, float | None]:
        """Return the longest collection of each generation."""
        return {str(g): round(max(ms), 1) if ms else None for g, ms in self.ms.items()}


def resident_mb() -> float:
    """Return the memory that this process holds; Linux only."""
    with Path("/proc/self/status").open(encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def census() -> dict[str, int]:
    """Return how many objects of some types the collector knows, and all of them together."""
    objects = gc.get_objects()
    names = [type(thing).__name__ for thing in objects]
    return {name: names.count(name) for name in COUNTED} | {"all": len(objects)}


def train_once(lab: LabWindow, epochs: int) -> None:
    """Train a small network for some epochs, stop it, and wait for its map."""
    training = lab.lab.training
    lab.lab.training_controller.set_spec(TrainSpec(epochs=1000, hidden=(64,), batch_size=500))
    lab.lab.training_controller.start()
    wait_until(
        lambda: training.progress is not None and training.progress.epoch > epochs,
        "an epoch",
    )
    lab.stop_training()


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=50, help="trainings (default 50)")
    options.add_argument("--rest", type=float, default=0.5, help="seconds between (default 0.5)")
    args = options.parse_args()
    memory: list[float] = []
    counts: list[dict[str, int]] = []
    pauses = Pauses()
    with own_home(), lab_window() as lab:
        for _ in range(args.runs):
            train_once(lab, 1)
            let_run(args.rest)
            memory.append(resident_mb())
            counts.append(census())
    pauses.close()
    growth = None
    if len(memory) > _SETTLED_RUNS.stop:
        growth = round(float(np.median(memory[-5:]) - np.median(memory[_SETTLED_RUNS])), 1)
    found: dict[str, Any] = {
        "resident_mb": memory,
        "objects": {name: [count[name] for count in counts] for name in counts[0]},
        "longest_collection_ms": pauses.longest_ms(),
        "growth_mb": growth,
    }
    report("soak", runs=args.runs, **found, targets=[target("growth_mb", growth, at_most=30.0)])


if __name__ == "__main__":
    main()
