"""From the description in a model file to the settings that rebuild its network, and back."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from latentlab.base.errors import ModelFileError, UsageError
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plans import effective, plan_of
from latentlab.models.family.train_spec import MEMBERS, TrainSpec, spec_from
from latentlab.models.model_document import ModelDocument
from latentlab.models.model_file import ModelHeader


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


PRIOR_PREFIX = "prior."
"""Of the names of the numbers of a density fitted to the codes, beside the network's weights."""

MAX_PRIOR_DIM = 256  # of the code: wider ones have no room for a covariance in a file
_MAX_COMPONENTS = 64
_SLACK = 2**20  # weights too many that take no time to read: the table of differences says more


def check_plausible(header: ModelHeader) -> None:
    """Check without torch that a file holds about the weights that its description asks for.

    It takes milliseconds whatever the file claims; names and shapes are compared by
    ``models.checkpoint.check_layout``.

    Raises
    ------
    ModelFileError
        If the description is of nothing known, or there are far more or fewer weights.
    """
    document = header.document
    needed = plan_of(spec_of(document), document.input_shape)
    num_weights = num_prior = 0
    for name, shape in header.shapes.items():
        if name.startswith(PRIOR_PREFIX):
            num_prior += math.prod(shape)
        else:
            num_weights += math.prod(shape)
    num_needed = needed.num_parameters()
    # Even without memory, a network of absurd depth would take long to set up.
    if not num_needed // 2 <= num_weights <= 2 * num_needed + _SLACK:
        raise _unfitting(
            f"{num_needed:,} parameters are described; there are {num_weights:,}",
        )
    if needed.latent_dim != document.latent_dim:
        raise _unfitting(
            f"a code of {needed.latent_dim:,} is described; there are {document.latent_dim:,}"
        )
    d = min(document.latent_dim, MAX_PRIOR_DIM)
    if num_prior > _MAX_COMPONENTS * (1 + d + d * d):
        raise _unfitting(f"the density of the codes has {num_prior:,} numbers")


def _unfitting(details: str) -> ModelFileError:
    return ModelFileError(
        "The weights in this model file do not fit the network that it describes.", details
    )


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
