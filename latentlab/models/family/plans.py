"""From settings to the layers of a network."""

from __future__ import annotations

import dataclasses
from typing import Any

from latentlab.models.family.layers import Activation
from latentlab.models.family.network import CodeSize
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plan import Plan
from latentlab.models.family.train_spec import TrainSpec


def plan_of(spec: TrainSpec, shape: tuple[int, int, int]) -> Plan:
    """Return the layers of encoder and decoder for images of a shape (height, width, channels)."""
    spec = effective(spec)
    objective = OBJECTIVES[spec.objective]
    code = CodeSize(spec.latent_dim, 2 if objective.probabilistic else 1)
    plan = NETWORKS[spec.network].plan(
        shape, code, spec, activation=spec.activation, dropout=spec.dropout
    )
    behind = list(objective.code_layers(spec))
    if spec.code_activation != "linear":
        behind.insert(0, Activation(spec.code_activation))
    return dataclasses.replace(plan, encoder=(*plan.encoder, *behind))


def effective(spec: TrainSpec) -> TrainSpec:
    """Return the settings with everything that the objective decides by itself."""
    objective = OBJECTIVES[spec.objective]
    changes: dict[str, Any] = {}
    if objective.closed_form:
        # A linear encoder and decoder, which an MLP without hidden layers is.
        changes = {
            "network": "mlp",
            "hidden": (),
            "likelihood": "gaussian",
            "activation": "linear",
            "code_activation": "linear",
            "dropout": 0.0,
        }
    if spec.code_activation == "auto":
        changes["code_activation"] = objective.code_activation or "linear"
    return dataclasses.replace(spec, **changes)
