"""From the description in a model file to the settings that rebuild its network, and back."""

from __future__ import annotations

import dataclasses
from typing import Any

from latentlab.core.errors import ModelFileError, UsageError
from latentlab.core.model_document import ModelDocument
from latentlab.family.objectives import OBJECTIVES
from latentlab.family.plans import effective
from latentlab.family.train_spec import MEMBERS, TrainSpec, spec_from


def spec_of(document: ModelDocument) -> TrainSpec:
    """Return settings that build the network which a document describes.

    Raises
    ------
    ModelFileError
        If it names something unknown, or sizes out of bounds.
    """
    named = {what: getattr(document, what) for what in MEMBERS}
    for what, name in named.items():
        if name not in MEMBERS[what]:
            raise ModelFileError(
                f"This model has a {what} that this version of LatentLab does not know; update "
                "the program to open it.",
                f"{what} {name[:40]!r}",
            )
    values = {
        **document.objective_args,
        **document.likelihood_args,
        **document.network_args,
        **named,
    }
    values["latent_dim"] = 2 if values.get("code") == "map" else document.latent_dim
    try:
        spec = spec_from(values)
        spec.validate(document.input_shape)
    except UsageError as error:
        raise ModelFileError(
            "The sizes inside this model file are out of bounds, so it was not opened.",
            error.sentence,
        ) from error
    return spec


def described(spec: TrainSpec) -> dict[str, Any]:
    """Return the fields of a document that say what network and objective the settings build."""
    spec = effective(spec)
    found: dict[str, Any] = {}
    for selector, members in MEMBERS.items():
        name = getattr(spec, selector)
        options = dataclasses.fields(members[name].Options)
        found[selector] = name
        found[f"{selector}_args"] = {o.name: _plain(getattr(spec, o.name)) for o in options}
    found["network_args"] |= {
        "activation": spec.activation,
        "code_activation": spec.code_activation,
    }
    found["prior"] = OBJECTIVES[spec.objective].prior
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def held_out_share(document: ModelDocument) -> float:
    """Return which fraction of the images a model's run held out, the usual one if not known.

    ``ImageSet.held_out`` says which images these are.
    """
    spec = run_spec(document)
    return TrainSpec.held_out if spec is None else spec.held_out


def run_spec(document: ModelDocument) -> TrainSpec | None:
    """Return the settings of the run that made a model, ``None`` where they cannot be read."""
    if document.spec is None:
        return None
    try:
        return spec_from(document.spec)
    except UsageError:
        return None
