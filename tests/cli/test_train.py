"""``latentlab train``, called in this process as a shell would call it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import latentlab
from latentlab.__main__ import main
from latentlab.core.model_file import read_model_file
from latentlab.core.options import options_of
from latentlab.family.train_spec import TrainSpec
from latentlab.nn.train_events import TrainEvent
from latentlab.nn.training import TrainingRun

QUICK = ["--epochs", "2", "--batch-size", "20", "--hidden", "8", "--threads", "1"]


@pytest.fixture
def noise(tmp_path: Path) -> str:
    """A small data set of noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 6, 5), np.uint8)
    np.savez(tmp_path / "noise.npz", x=pixels, y=np.arange(60) % 3)
    return str(tmp_path / "noise.npz")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "one"


def test_a_run_prints_its_model_and_what_was_kept(
    noise: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", noise, "--out", str(out), *QUICK]) == 0
    printed, said = capsys.readouterr()
    assert printed == f"{out / 'model.safetensors'}\n", "a script reads this line"
    assert re.search(r"CPU · \d+ threads? \(", said)
    assert re.search(r"Kept epoch [12]: [\d.]+ nats held out \(reconstruction [\d.]+, KL ", said)
    assert {p.name for p in out.iterdir()} >= {"run.json", "metrics.jsonl", "model.safetensors"}
    model = latentlab.open_model(out)
    assert model.image_shape == (6, 5, 1)
    assert model.document.class_names == ["0", "1", "2"]
    assert model.decode([[0.0, 0.0]]).shape == (1, 6, 5, 1)


def test_every_setting_reaches_the_run(noise: str, out: Path) -> None:
    wanted: dict[str, Any] = {
        "objective": "undercomplete",
        "network": "conv",
        "likelihood": "gaussian",
        "schedule": "constant",
        "latent_dim": 3,
        "beta": 0.5,
        "epochs": 1,
        "batch_size": 20,
        "learning_rate": 0.002,
        "seed": 7,
        "hidden": (6, 5),
        "channels": (3, 4),
        "dropout": 0.1,
        "shift": 1.5,
        "rotation": 10.0,
        "scaling": 0.1,
        "weight_decay": 0.01,
        "ema": 0.9,
        "held_out": 0.2,
    }
    names = {option.name for option in options_of(TrainSpec)} - {"data"}
    assert set(wanted) == names, "a new setting needs a value here"
    words = ["train", noise, "--out", str(out), "--threads", "1"]
    for name, value in wanted.items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        words += [f"--{name.replace('_', '-')}", text]
    assert main(words) == 0
    assert read_model_file(out).document.spec == TrainSpec(data=noise, **wanted)
    asked = json.loads((out / "run.json").read_text())
    assert asked["spec"]["hidden"] == [6, 5]


def test_the_same_command_gives_the_same_model(noise: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert main(["train", noise, "--out", str(tmp_path / name), *QUICK]) == 0
    a, b = (read_model_file(tmp_path / name).weights for name in ("a", "b"))
    assert all(np.array_equal(a[name], b[name]) for name in a)


WRONG = {
    "no data": (["--out", "run"], "requires an argument"),
    "missing data": (["nothing.npz", "--out", "run"], "There is no data set or file “nothing.npz”"),
    "foreign data": ([__file__, "--out", "run"], "is not a data set that can be opened"),
    "unknown option": (["digits", "--out", "run", "--epoch", "3"], "--epoch"),
    "no number": (["digits", "--out", "run", "--epochs", "many"], "“many” is not a whole number"),
    "part of an epoch": (["digits", "--out", "run", "--epochs", "2.7"], "“2.7” is not a whole"),
    "out of range": (["digits", "--out", "run", "--epochs", "0"], "Epochs cannot be 0"),
    "not a number": (["digits", "--out", "run", "--learning-rate", "nan"], "Learning rate cannot"),
    "too many layers": (
        ["digits", "--out", "run", "--hidden", ",".join("8" * 40)],
        "at most 32 layers",
    ),
    "no layers": (["digits", "--out", "run", "--hidden", ","], "at least one number"),
    "bad layers": (
        ["digits", "--out", "run", "--hidden", "8,wide"],
        "“wide” is not a whole number",
    ),
    "unknown choice": (["digits", "--out", "run", "--network", "lstm"], "mlp"),
    "unknown device": (["digits", "--out", "run", "--device", "abacus"], "abacus"),
    "no threads": (["digits", "--out", "run", "--threads", "0"], "threads"),
    "too much": (["digits", "more", "--out", "run"], "more"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_use_is_one_sentence_and_code_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words, expected = WRONG[name]
    assert main(["train", *words]) == 2
    printed, said = capsys.readouterr()
    assert printed == ""
    assert expected in said
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists(), "nothing was written"


def test_without_a_folder_nothing_is_trained(
    noise: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", noise]) == 2
    assert "--out" in capsys.readouterr().err


def test_damaged_data_are_code_2(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 and then nothing")
    assert main(["train", str(tmp_path / "bad.npz"), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "bad.npz" in said


def test_a_folder_with_a_run_is_code_1(
    noise: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", noise, "--out", str(out), *QUICK]) == 0
    before = (out / "model.safetensors").read_bytes()
    capsys.readouterr()
    assert main(["train", noise, "--out", str(out), *QUICK, "--seed", "4"]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert "already holds a run" in said.splitlines()[-1]
    assert (out / "model.safetensors").read_bytes() == before


def test_a_single_image_is_code_2(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "one.npy", np.zeros((1, 4, 4), np.uint8))
    assert main(["train", str(tmp_path / "one.npy"), "--out", str(out)]) == 2
    assert "at least two images" in capsys.readouterr().err
    assert not out.exists()


def test_a_loss_that_is_not_a_number_is_code_1(
    noise: str, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = TrainingRun.__init__

    def poisoned(self: TrainingRun, *args: Any, **more: Any) -> None:
        start(self, *args, **more)
        self.model.decoder[0].weight.data.fill_(float("nan"))  # type: ignore[union-attr, operator]

    monkeypatch.setattr(TrainingRun, "__init__", poisoned)
    assert main(["train", noise, "--out", str(out), *QUICK]) == 1
    said = capsys.readouterr().err
    assert "is not a number" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert read_model_file(out).document.step == 0, "the good weights were kept, as it says"


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_control_c_saves_the_run_and_is_code_130(
    noise: str, out: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    run = TrainingRun.run

    def interrupted(self: TrainingRun) -> Iterator[TrainEvent]:
        if steps == 0:
            raise KeyboardInterrupt
        for event in run(self):
            yield event
            if self.step == steps:
                raise KeyboardInterrupt

    monkeypatch.setattr(TrainingRun, "run", interrupted)
    assert main(["train", noise, "--out", str(out), *QUICK]) == 130
    assert latentlab.open_model(out).decode([[0.0, 0.0]]).shape == (1, 6, 5, 1)
    last = out / "last.safetensors"
    assert read_model_file(last if last.exists() else out).document.step == steps


def test_the_help_has_every_option_with_its_range(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    text = capsys.readouterr().out
    plain = re.sub(r"[\s│]+", " ", text)
    for option in options_of(TrainSpec):
        if option.name == "data":
            continue
        assert f"--{option.name.replace('_', '-')}" in plain
        assert option.help.split(";")[0].split(":")[0][:18] in plain
    assert "--threads" in plain
    assert "1 to 100,000" in plain


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == latentlab.__version__
