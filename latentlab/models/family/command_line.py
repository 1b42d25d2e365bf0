"""Settings as a line for a shell."""

from __future__ import annotations

import shlex
from typing import Any

from latentlab.base.options import applicable, options_of
from latentlab.images.treatment import TreatmentOptions
from latentlab.models.family.proposal import SELECTORS, changed_options, proposed_spec
from latentlab.models.family.train_spec import TrainSpec, usual_spec


def command_line(
    spec: TrainSpec,
    out: str = "RUN",
    treatment: TreatmentOptions | None = None,
    images: tuple[tuple[int, int, int], int] | None = None,
) -> str:
    """Return the ``latentlab train`` that gives these settings, with all words quoted as needed.

    Where the images are known, only what differs from what is recommended for them is named;
    elsewhere what differs from the usual settings of the objective, with ``--preset none``. Of the
    treatment of pictures is named what is not usual, if they were treated.

    Parameters
    ----------
    images
        Shape (height, width, channels) and number of the images.
    """
    words = ["latentlab", "train", spec.data]
    if images is None:
        words += ["--preset", "none"]
        named = _differing(spec, usual_spec(spec.objective))
    else:
        named = _beside_recommended(spec, images)
    for opt in options_of(TrainSpec):
        if opt.name in named or opt.name == "objective":
            words += [f"--{opt.name.replace('_', '-')}", _text(getattr(spec, opt.name))]
    untreated = TreatmentOptions()
    for treated in options_of(TreatmentOptions):
        value = getattr(treatment or untreated, treated.name)
        if value != getattr(untreated, treated.name):
            words += [f"--{treated.name}", _text(value)]
    return shlex.join([*words, "--out", out])


def _differing(spec: TrainSpec, base: TrainSpec) -> dict[str, Any]:
    """Return what has a meaning and another value than in the base, by name."""
    changed = changed_options(spec, base)
    return {name: changed[name] for name in applicable(spec) if name in changed}


def _beside_recommended(
    spec: TrainSpec, images: tuple[tuple[int, int, int], int]
) -> dict[str, Any]:
    """Return the options that must be given for the recommendation to be these settings."""
    named: dict[str, Any] = {"objective": spec.objective}
    while missing := _differing(spec, proposed_spec(*images, named)):
        # What decides about others first: then fewer of those need to be named.
        first = {name: value for name, value in missing.items() if name in SELECTORS}
        named |= first or missing
    return named


def same_run(a: TrainSpec, b: TrainSpec) -> bool:
    """Whether two settings differ in nothing that has a meaning."""
    return all(getattr(a, name) == getattr(b, name) for name in applicable(a))


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)
