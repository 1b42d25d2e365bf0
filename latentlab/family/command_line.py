"""Settings as a line for a shell."""

from __future__ import annotations

import shlex
from typing import Any

from latentlab.core.options import applicable, options_of
from latentlab.core.treatment import TreatmentOptions
from latentlab.family.train_spec import TrainSpec, usual_spec


def command_line(
    spec: TrainSpec, out: str = "RUN", treatment: TreatmentOptions | None = None
) -> str:
    """Return the ``latentlab train`` that gives these settings, with all words quoted as needed.

    Only what differs from the usual settings of the objective is named, and of the treatment of
    pictures, if they were treated.
    """
    usual = usual_spec(spec.objective)
    meaningful = applicable(spec)
    words = ["latentlab", "train", spec.data]
    for opt in options_of(TrainSpec):
        value = getattr(spec, opt.name)
        if opt.name == "data" or opt.name not in meaningful:
            continue
        if value == getattr(usual, opt.name) and opt.name != "objective":
            continue
        words += [f"--{opt.name.replace('_', '-')}", _text(value)]
    untreated = TreatmentOptions()
    for opt in options_of(TreatmentOptions):
        value = getattr(treatment or untreated, opt.name)
        if value != getattr(untreated, opt.name):
            words += [f"--{opt.name}", _text(value)]
    return shlex.join([*words, "--out", out])


def same_run(a: TrainSpec, b: TrainSpec) -> bool:
    """Whether two settings differ in nothing that has a meaning."""
    return all(getattr(a, name) == getattr(b, name) for name in applicable(a))


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)
