"""``latentlab train``, called in this process as a shell would call it."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import latentlab
from latentlab.__main__ import main
from latentlab.base.bundled import BUNDLED_MODELS, model_path
from latentlab.base.errors import TrainingError
from latentlab.base.options import applicable, options_of
from latentlab.models.family.command_line import same_run
from latentlab.models.family.described_model import run_spec
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.proposal import proposed_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_file import read_model_file
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import TrainEvent

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


# Another value than the usual one for each setting.
VALUES: dict[str, Any] = {
    "beta": 0.5,
    "warm_up": 0.25,
    "free_bits": 0.125,
    "sparsity": 2.5,
    "target_activation": 0.125,
    "sparsity_weight": 1.5,
    "k": 2,
    "corruption": "gaussian",
    "amount": 0.25,
    "amounts": "fixed",
    "contraction": 4.0,
    "code_weight": 0.75,
    "decoder_weight": 0.5,
    "mmd_weight": 50.0,
    "tc_weight": 3.0,
    "hidden": (6, 5),
    "channels": (3, 4),
    "downsampling": "pool",
    "levels": (4, 8),
    "units": 9,
    "sigma": 0.25,
    "latent_dim": 3,
    "epochs": 4,
    "batch_size": 101,
    "learning_rate": 0.002,
    "seed": 7,
    "activation": "tanh",
    "schedule": "constant",
    "dropout": 0.125,
    "shift": 1.5,
    "rotation": 10.0,
    "scaling": 0.125,
    "weight_decay": 0.01,
    "ema": 0.9,
    "adam_beta2": 0.95,
    "edges": "repeat",
    "held_out": 0.25,
    "precision": "bf16",
}
# These decide which others have a meaning.
CHOICES: list[dict[str, Any]] = [
    *({"objective": name} for name in OBJECTIVES),
    *({"network": name} for name in NETWORKS),
    *({"likelihood": name} for name in LIKELIHOODS),
    {"network": "conv", "code": "map"},
    {"objective": "undercomplete", "code_activation": "sigmoid"},
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[TrainSpec]:
    """The settings that reach a run, which then does not begin."""
    found: list[TrainSpec] = []

    def take(spec: TrainSpec, *_: Any, **__: Any) -> None:
        found.append(spec)
        raise TrainingError("That will do.")

    monkeypatch.setattr("latentlab.training.run.TrainingRun", take)
    return found


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_setting_reaches_the_run(
    choice: dict[str, Any], asked: list[TrainSpec], tmp_path: Path, out: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 16, 16), np.uint8)
    np.save(tmp_path / "large.npy", pixels)
    data = str(tmp_path / "large.npy")
    meaningful = applicable(TrainSpec(**choice))
    wanted = choice | {name: value for name, value in VALUES.items() if name in meaningful}
    words = ["train", data, "--out", str(out)]
    for name, value in wanted.items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        words += [f"--{name.replace('_', '-')}", text]
    assert main(words) == 1
    assert asked == [TrainSpec(data=data, **wanted)]
    usual = TrainSpec()
    assert all(getattr(usual, name) != value for name, value in VALUES.items())


def test_no_setting_is_forgotten_here() -> None:
    tried = {name for choice in CHOICES for name in choice}
    meaningful = {name for choice in CHOICES for name in applicable(TrainSpec(**choice))}
    names = {option.name for option in options_of(TrainSpec)} - {"data"}
    assert tried | set(VALUES) == names, "a new setting needs a value here"
    assert set(VALUES) <= meaningful


def test_the_settings_are_in_the_files(noise: str, out: Path) -> None:
    words = ["--objective", "undercomplete", "--latent-dim", "3", "--seed", "7"]
    assert main(["train", noise, "--out", str(out), *QUICK, *words]) == 0
    wanted = dataclasses.replace(
        proposed_spec((6, 5, 1), 60),
        data=noise,
        objective="undercomplete",
        latent_dim=3,
        seed=7,
        epochs=2,
        batch_size=20,
        hidden=(8,),
        warm_up=0.0,  # of a term that this objective has not
    )
    assert run_spec(read_model_file(out).document) == wanted
    said = json.loads((out / "run.json").read_text())
    assert said["spec"]["hidden"] == [8]
    assert said["threads"] == 1


@pytest.fixture
def colours(tmp_path: Path) -> str:
    """Some colour images of noise, large enough for convolutions."""
    pixels = np.random.default_rng(0).integers(0, 256, (250, 16, 16, 3), np.uint8)
    np.save(tmp_path / "colours.npy", pixels)
    return str(tmp_path / "colours.npy")


@pytest.mark.parametrize("words", [[], ["--preset", "auto"]], ids=str)
def test_the_recommendation_for_the_images_is_the_default(
    words: list[str], colours: str, asked: list[TrainSpec], out: Path
) -> None:
    assert main(["train", colours, "--out", str(out), *words]) == 1
    assert asked == [dataclasses.replace(proposed_spec((16, 16, 3), 250), data=colours)]
    assert (asked[0].network, asked[0].likelihood) == ("conv", "gaussian-optimal")


def test_without_a_preset_each_option_has_its_usual_value(
    colours: str, asked: list[TrainSpec], out: Path
) -> None:
    assert main(["train", colours, "--out", str(out), "--preset", "none"]) == 1
    assert asked == [TrainSpec(data=colours)]


def test_what_is_given_stays_over_what_is_recommended(
    colours: str, asked: list[TrainSpec], out: Path
) -> None:
    words = ["--objective", "undercomplete", "--latent-dim", "5", "--hidden", "9"]
    assert main(["train", colours, "--out", str(out), *words]) == 1
    spec = asked[0]
    assert (spec.objective, spec.latent_dim, spec.hidden) == ("undercomplete", 5, (9,))
    assert spec.network == "mlp"  # which alone has hidden widths
    assert spec.likelihood == "gaussian-optimal"


def test_concrete_settings_are_written_and_resumed_whatever_is_recommended_today(
    noise: str, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dataclasses.replace(
        proposed_spec((6, 5, 1), 60), learning_rate=0.001, hidden=(7,), epochs=1
    )
    monkeypatch.setattr("latentlab.cli.train.proposed_spec", lambda *_: before)
    assert main(["train", noise, "--out", str(out), "--threads", "1"]) == 0
    said = json.loads((out / "run.json").read_text())["spec"]
    assert (said["learning_rate"], said["hidden"]) == (0.001, [7])
    monkeypatch.undo()
    capsys.readouterr()
    assert main(["train", noise, "--out", str(out), "--resume", "--epochs", "2"]) == 0
    assert "Continuing after step" in capsys.readouterr().err
    said = json.loads((out / "run.json").read_text())["spec"]
    assert (said["learning_rate"], said["epochs"]) == (0.001, 2)


def test_a_run_of_an_older_version_is_resumed(noise: str, out: Path) -> None:
    assert main(["train", noise, "--out", str(out), *QUICK, "--preset", "none"]) == 0
    said = json.loads((out / "run.json").read_text())
    del said["spec"]["adam_beta2"]
    (out / "run.json").write_text(json.dumps(said))
    assert main(["train", noise, "--out", str(out), "--resume", "--epochs", "3"]) == 0


def test_too_few_images_are_said_and_enough_are_not(
    noise: str, colours: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for data, few in ((noise, True), (colours, False)):
        assert main(["train", data, "--out", str(tmp_path / str(few)), *QUICK]) == 0
        assert ("too few, a model will memorise them" in capsys.readouterr().err) is few


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_its_settings_and_options_change_them(
    name: str, asked: list[TrainSpec], noise: str, out: Path
) -> None:
    assert main(["train", noise, "--out", str(out), "--preset", name, "--seed", "5"]) in (1, 2)
    if not asked:  # an image of 30 pixels is too small for it
        assert main(["train", "digits", "--out", str(out), "--preset", name, "--seed", "5"]) == 1
    assert asked == [dataclasses.replace(PRESETS[name].spec(asked[0].data), seed=5)]


@pytest.mark.parametrize("name", BUNDLED_MODELS)
def test_the_command_beside_a_bundled_model_asks_for_the_settings_it_was_trained_with(
    name: str, asked: list[TrainSpec], out: Path
) -> None:
    words = model_path(name).with_name("command.txt").read_text().split()
    assert main([*words[1:-1], str(out)]) == 1
    spec = run_spec(read_model_file(model_path(name)).document)
    assert spec is not None and same_run(asked[0], spec)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--beta", "1", "--objective", "pca"], "--beta has no meaning with --objective pca"),
        (["--k", "16"], "--k has no meaning with --objective variational; it is for: sparse-topk"),
        (["--network", "conv", "--hidden", "8"], "--hidden has no meaning with --network conv"),
        (["--sigma", "0.1"], "--sigma has no meaning with --likelihood bernoulli"),
        (["--network", "conv", "--code", "map", "--latent-dim", "2"], "has no meaning with --code"),
        (["--objective", "pca", "--epochs", "3"], "--epochs has no meaning with --objective pca"),
        (["--preset", "deep-784", "--beta", "2"], "--beta has no meaning with --objective under"),
    ],
)
def test_options_that_mean_nothing_are_refused_even_with_their_usual_value(
    words: list[str], expected: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "digits", "--out", str(out), *words]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1


def test_for_programs_the_result_is_one_object(
    noise: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", noise, "--out", str(out), *QUICK, "--json"]) == 0
    printed, said = capsys.readouterr()
    found = json.loads(printed)
    best = found.pop("best")
    assert found == {
        "run": str(out),
        "model": str(out / "model.safetensors"),
        "step": 4,
        "total_steps": 4,
    }
    assert best["split"] == "held_out"
    assert best["loss"] == pytest.approx(best["recon_loss"] + best["kl"], rel=1e-5)
    assert "Kept epoch" in said


def test_a_run_is_continued_with_more_epochs(
    noise: str, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Both would be spread over another number of epochs.
    words = [*QUICK[2:], "--schedule", "constant", "--warm-up", "0"]
    assert main(["train", noise, "--out", str(out), "--epochs", "1", *words]) == 0
    more = ["train", noise, "--epochs", "3", *words, "--resume", "--out"]
    capsys.readouterr()
    assert main([*more, str(out)]) == 0
    assert "Continuing after step 2 of 6." in capsys.readouterr().err
    assert main([*more, str(tmp_path / "at once")]) == 0
    a, b = (read_model_file(folder).weights for folder in (out, tmp_path / "at once"))
    assert all(np.array_equal(a[name], b[name]) for name in b)
    capsys.readouterr()
    assert main([*more, str(out)]) == 0
    assert "is complete" in capsys.readouterr().err


def test_the_same_command_gives_the_same_model(noise: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert main(["train", noise, "--out", str(tmp_path / name), *QUICK]) == 0
    a, b = (read_model_file(tmp_path / name).weights for name in ("a", "b"))
    assert all(np.array_equal(a[name], b[name]) for name in a)


WRONG = {
    "no data": (["--out", "run"], "“latentlab train” needs DATA"),
    "missing data": (["nothing.npz", "--out", "run"], "There is no data set or file “nothing.npz”"),
    "foreign data": ([__file__, "--out", "run"], "is not a data set that can be opened"),
    "unknown option": (["digits", "--out", "run", "--epoch", "3"], "--epoch"),
    "no number": (["digits", "--out", "run", "--epochs", "many"], "“many” is not a whole number"),
    "part of an epoch": (["digits", "--out", "run", "--epochs", "2.7"], "“2.7” is not a whole"),
    "out of range": (["digits", "--out", "run", "--epochs", "0"], "Epochs cannot be 0"),
    "not a number": (["digits", "--out", "run", "--learning-rate", "nan"], "Learning rate cannot"),
    "too many layers": (
        ["digits", "--out", "run", "--hidden", ",".join("8" * 40)],
        "at most 32 numbers",
    ),
    "no channels": (
        ["digits", "--out", "run", "--network", "conv", "--channels", ","],
        "at least 1 number",
    ),
    "bad layers": (
        ["digits", "--out", "run", "--hidden", "8,wide"],
        "“wide” is not a whole number",
    ),
    "unknown choice": (["digits", "--out", "run", "--network", "abacus"], "mlp"),
    "unknown device": (["digits", "--out", "run", "--device", "abacus"], "abacus"),
    "no threads": (["digits", "--out", "run", "--threads", "0"], "threads"),
    "part of a thread": (["digits", "--out", "run", "--threads", "2.7"], "“2.7” is not a whole"),
    "never saved": (["digits", "--out", "run", "--save-every", "nan"], "--save-every"),
    "negative seed": (["digits", "--out", "run", "--seed", "-1"], "Seed cannot be -1"),
    "unknown preset": (["digits", "--out", "run", "--preset", "best"], "digits-map"),
    "named like a file": (["digits", "--out", "run.npz"], "named like a file"),
    "a file for a folder": (["digits", "--out", "file"], "“file” is not a folder"),
    "below a file": (["digits", "--out", "file/run"], "file” is not a folder"),
    "wide code": (["digits", "--out", "run", "--latent-dim", "800"], "wider than an image of 784"),
    "too much": (["digits", "more", "--out", "run"], "more"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_use_is_one_sentence_and_code_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    words, expected = WRONG[name]
    assert main(["train", *words]) == 2
    printed, said = capsys.readouterr()
    assert printed == ""
    assert expected in said
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["file"], "nothing was written"


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


def test_the_help_has_every_option_with_its_range_and_use(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["train", "--help"]) == 0
    plain = re.sub(r"[\s│]+", " ", capsys.readouterr().out)
    for option in options_of(TrainSpec):
        if option.name == "data":
            continue
        words = f" --{option.name.replace('_', '-')} "
        assert words in plain
        text = plain[plain.index(words) :]
        text = text[: text.index("[default: ")] + text[text.index("[default: ") :].split("]")[0]
        assert option.help in text
        default = option.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        assert text.endswith(f"[default: {shown}")
        if option.choices:
            assert f"[choices: {', '.join(option.choices)}]" in text
        else:
            assert f"[{option.range_text()}" in text
    for text in (
        "[1 to 100,000 passes] (not with --objective pca) [default: 30]",
        "(only for --objective variational) [default: 1.0]",
        "(only for --network conv) [default: 32,64]",
        "(not with --code map) [default: 2]",
        "[0 to 2,147,483,647] [default: 0]",
        "[choices: auto, none, digits-map, ",
    ):
        assert text in plain
    places = [plain.index(f"─ {title} ─") for title in ("Objective", "Network", "Likelihood")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [(errno.ENOSPC, "Make room and continue"), (errno.EROFS, "Read-only file system")],
)
def test_a_model_that_could_not_be_saved_is_code_1(
    noise: str,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: int,
    remedy: str,
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("latentlab.models.model_file.atomic_write", refuse)
    assert main(["train", noise, "--out", str(out), *QUICK]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    last = said.splitlines()[-1]
    assert "could not be saved" in last
    assert remedy in last
    assert ("Make room" in last) == (code == errno.ENOSPC)
    assert "with --resume" in last
    monkeypatch.undo()
    assert main(["train", noise, "--out", str(out), *QUICK, "--resume"]) == 0
    assert latentlab.open_model(out).latent_dim == 2
