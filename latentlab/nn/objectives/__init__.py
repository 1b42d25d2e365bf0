"""Objectives by name."""

from __future__ import annotations

from latentlab.core.train_spec import TrainSpec
from latentlab.nn.objectives.objective import LossTerms, Objective
from latentlab.nn.objectives.undercomplete import Undercomplete
from latentlab.nn.objectives.variational import Variational

OBJECTIVE_CLASSES: dict[str, type[Objective]] = {
    "variational": Variational,
    "undercomplete": Undercomplete,
}


def objective_for(spec: TrainSpec) -> Objective:
    """Return the objective that the settings name."""
    return OBJECTIVE_CLASSES[spec.objective](spec)


__all__ = ["OBJECTIVE_CLASSES", "LossTerms", "Objective", "objective_for"]
