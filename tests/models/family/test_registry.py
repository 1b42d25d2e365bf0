"""A new objective is one file and one line, and then it is everywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

NEW = """
from dataclasses import dataclass
from latentlab.base.options import applicable, option, options_of
from latentlab.models.family.objective import Deterministic
from latentlab.models.family.objectives import OBJECTIVES

@dataclass(frozen=True)
class PatientOptions:
    patience: float = option(2.0, "Patience", "How long it waits.", minimum=0.0, maximum=9.0)

class Patient(Deterministic):
    name, title, sentence, formula = "patient", "Patient", "Waits for a while.", "reconstruction"
    Options = PatientOptions

OBJECTIVES["patient"] = Patient

from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.family.command_line import command_line
from latentlab.cli.command_options import command_line_type

spec = TrainSpec(objective="patient", patience=3.0)
spec.validate()
assert "patience" in applicable(spec) and "beta" not in applicable(spec)
assert "patience" not in applicable(TrainSpec())
assert "--patience 3.0" in command_line(spec)
assert "patience" in command_line_type(TrainSpec).__dataclass_fields__
assert "patient" in next(o for o in options_of(TrainSpec) if o.name == "objective").choices
assert OBJECTIVES["patient"](spec).options.patience == 3.0

import sys
assert not {"torch", "PySide6", "scipy"} & set(sys.modules), "words and options need none of them"
"""


def test_an_objective_that_is_registered_is_an_option_everywhere() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEW], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


ALL_WORDS = """
import importlib, pkgutil, sys
import latentlab.models.family

family = latentlab.models.family
names = [m.name for m in pkgutil.walk_packages(family.__path__, f"{family.__name__}.")]
assert len(names) > 25
for name in names:
    importlib.import_module(name)

from latentlab.cli.command_options import command_line_type
from latentlab.models.family.command_line import command_line
from latentlab.features.network.drawing import draw
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.train_spec import TrainSpec, usual_spec

command_line_type(TrainSpec)
for spec in [usual_spec(name) for name in OBJECTIVES] + [p.spec() for p in PRESETS.values()]:
    spec.validate((28, 28, 1))
    assert draw(spec, (28, 28, 1)).num_parameters > 0
    assert command_line(spec)

assert not {"torch", "PySide6", "scipy", "PIL"} & set(sys.modules)
"""


def test_words_options_checks_and_drawings_need_no_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALL_WORDS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
