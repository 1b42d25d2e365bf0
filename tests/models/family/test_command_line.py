"""Settings to a line for a shell, and back through the real parser."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import Any

import pytest

from latentlab.cli import train as train_module
from latentlab.cli.main import run
from latentlab.images.treatment import TreatmentOptions
from latentlab.models.family.command_line import command_line, same_run
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.proposal import proposed_spec
from latentlab.models.family.train_spec import TrainSpec, usual_spec

SPECS = {
    "usual": TrainSpec(),
    "sparse": usual_spec("sparse-topk"),
    "no layers": TrainSpec(objective="undercomplete", hidden=(), likelihood="gaussian", sigma=0.2),
    "a name to quote": TrainSpec(data="my pictures/it's.npz", beta=0.1),
    "small": TrainSpec(learning_rate=1e-7, weight_decay=0.0125),
    **{name: preset.spec() for name, preset in PRESETS.items()},
}


@pytest.mark.parametrize("name", SPECS)
def test_the_line_gives_the_same_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SPECS[name]
    words = shlex.split(command_line(spec, "some run"))
    assert words[:2] == ["latentlab", "train"]
    found: list[Any] = []
    honest = train_module._spec_of

    def noted(*args: Any) -> TrainSpec:
        found.append(honest(*args))
        raise KeyboardInterrupt  # nothing is to be trained

    monkeypatch.setattr(train_module, "_spec_of", noted)
    assert run(words[1:]) == 130
    assert same_run(found[0], spec) and same_run(spec, found[0])
    assert found[0].data == spec.data


def test_what_has_no_meaning_is_left_out() -> None:
    spec = dataclasses.replace(TrainSpec(), objective="pca", latent_dim=5, epochs=99, beta=3.0)
    line = command_line(spec, str(Path("RUN")))
    assert line == "latentlab train digits --preset none --objective pca --latent-dim 5 --out RUN"


IMAGES = {"grey": ((28, 28, 1), 10_000), "colour": ((32, 32, 3), 2_000), "few": ((40, 40, 3), 12)}


@pytest.mark.parametrize("kind", IMAGES)
def test_what_is_recommended_for_the_images_needs_no_option(kind: str) -> None:
    spec = dataclasses.replace(proposed_spec(*IMAGES[kind]), data="mine")
    line = command_line(spec, images=IMAGES[kind])
    assert line == "latentlab train mine --objective variational --out RUN"


@pytest.mark.parametrize("kind", IMAGES)
@pytest.mark.parametrize("name", SPECS)
def test_the_line_beside_known_images_gives_the_same_run(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, images = dataclasses.replace(SPECS[name], data="digits"), IMAGES[kind]
    words = shlex.split(command_line(spec, "some run", images=images))
    assert "--preset" not in words
    found: list[Any] = []
    honest = train_module._recommended

    def noted(data: str, options: dict[str, Any], *_: Any) -> TrainSpec:
        found.append(honest(data, options, *images))
        raise KeyboardInterrupt  # nothing is to be trained

    monkeypatch.setattr(train_module, "_recommended", noted)
    assert run(words[1:]) == 130
    assert same_run(found[0], spec) and same_run(spec, found[0])


def test_what_was_done_to_pictures_is_named() -> None:
    asked = TreatmentOptions(32, 48, "grey", "pad", "white")
    line = command_line(TrainSpec(data="my pictures"), treatment=asked)
    assert "--width 32 --height 48 --colour grey --fit pad --background white --out" in line
    untreated = command_line(TrainSpec(data="x"), treatment=TreatmentOptions())
    assert "--width" not in untreated
