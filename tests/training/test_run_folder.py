from __future__ import annotations

import errno
import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import latentlab
from latentlab.base.errors import TrainingError
from latentlab.base.write_errors import is_disk_full
from latentlab.images.image_set import ImageSet
from latentlab.models import model_file
from latentlab.models.family.described_model import run_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_file import read_model_file
from latentlab.training import run_folder
from latentlab.training.run import TrainingRun
from latentlab.training.run_folder import RunFolder
from latentlab.training.train_events import Metrics

SPEC = TrainSpec(hidden=(8,), epochs=4, batch_size=12, held_out=0.2, seed=2, learning_rate=0.01)
DATA = ImageSet(
    "noise", "Noise", np.random.default_rng(0).integers(0, 256, (60, 4, 5, 1), np.uint8)
)
METRIC_KEYS = ["step", "epoch", "split", "loss", "recon_loss", "kl", "images_per_s"]


def new_run(spec: TrainSpec = SPEC) -> TrainingRun:
    return TrainingRun(spec, DATA, device=torch.device("cpu"), threads=1)


def train(
    run: TrainingRun, folder: RunFolder, steps: float = math.inf, save_every_s: float = 20.0
) -> list[Metrics]:
    """Train as the command line does, to the end or for some steps."""
    logged = []
    for event in run.run():
        if isinstance(event, Metrics):
            folder.log(event)
            folder.save_now_and_then(save_every_s)
            logged.append(event)
        if run.step >= steps and run.settled:
            break
    return logged


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def weights_of(run: TrainingRun) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def test_a_finished_run(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run"
    run = new_run()
    folder = RunFolder(path, run)
    logged = train(run, folder)
    folder.finish()

    asked = json.loads((path / "run.json").read_text())
    assert asked["spec"]["data"] == SPEC.data
    assert asked["data_fingerprint"] == DATA.fingerprint
    assert (asked["num_images"], asked["num_held_out"]) == (60, 12)
    assert asked["spec"] == json.loads(json.dumps(asdict(SPEC)))
    assert (asked["device"], asked["threads"]) == ("cpu", 1)
    assert asked["versions"] == {
        "latentlab": latentlab.__version__,
        "torch": str(torch.__version__),
    }

    lines = lines_of(path)
    assert all(list(line) == METRIC_KEYS for line in lines)
    assert lines == [metrics.as_line() for metrics in logged]
    assert [line["split"] for line in lines].count("held_out") == 4

    document = read_model_file(path).document
    assert run_spec(document) == SPEC
    assert document.step == run.best_step
    held_out = [line["loss"] for line in lines if line["split"] == "held_out"]
    assert document.metrics["loss"] == pytest.approx(min(held_out))
    assert folder.model_path == path / "model.safetensors"
    extra = {"last.safetensors"} if run.best_step < run.step else set()
    assert {p.name for p in path.iterdir()} == {
        "run.json",
        "metrics.jsonl",
        "model.safetensors",
        "run.lock",
        "state.safetensors",
    } | extra


def test_the_best_and_the_last_weights_are_both_kept(tmp_path: Path) -> None:
    run = new_run()
    folder = RunFolder(tmp_path / "run", run)
    train(run, folder, steps=10)  # the second epoch was measured at step 8
    assert run.best_step < 10
    best, last = dict(run.best_weights or {}), weights_of(run)
    folder.finish()
    for name, expected in (("model.safetensors", best), ("last.safetensors", last)):
        file = read_model_file(tmp_path / "run" / name)
        for key, value in expected.items():
            np.testing.assert_array_equal(file.weights[key], value.numpy())
    assert read_model_file(tmp_path / "run" / "last.safetensors").document.step == 10
    assert read_model_file(tmp_path / "run").document.step == run.best_step


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, new_run())
    folder.finish()
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(TrainingError, match="already holds a run"):
        RunFolder(tmp_path, new_run())
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_folder_with_other_things_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".model.safetensors.0123456789abcdef.tmp").write_text("of a killed program")
    RunFolder(tmp_path, new_run())
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert {p.name for p in tmp_path.iterdir()} == {"notes.txt", "run.json", "run.lock"}


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match="cannot be written"):
        RunFolder(tmp_path / "file" / "run", new_run())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_log_that_cannot_be_written_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    warnings: list[str] = []
    run = new_run()
    folder = RunFolder(tmp_path, run, warn=warnings.append)
    open_path = Path.open
    broken = True

    def open_or_fail(self: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        if broken and self.name == "metrics.jsonl":
            raise OSError(code, "not now")
        return open_path(self, mode, *args, **more)

    monkeypatch.setattr(Path, "open", open_or_fail)
    events = [e for e in run.run() if isinstance(e, Metrics)]
    for event in events[:3]:
        folder.log(event)
    assert warnings == ["The training log cannot be written: not now."] * 3
    broken = False
    folder.log(events[3])
    assert lines_of(tmp_path) == [event.as_line() for event in events[:4]]


def failing_writes(code: int) -> Callable[..., None]:
    def write(*_: Any, **__: Any) -> None:
        raise OSError(code, "No space left on device")

    return write


def test_a_full_disk_does_not_end_training_and_leaves_the_earlier_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    run = new_run()
    folder = RunFolder(tmp_path, run, warn=warnings.append)
    train(run, folder, steps=5, save_every_s=0.0)
    earlier = (tmp_path / "model.safetensors").read_bytes()
    monkeypatch.setattr(model_file, "atomic_write", failing_writes(errno.ENOSPC))
    train(run, folder, save_every_s=0.0)
    folder.finish()
    assert run.step == run.total_steps
    assert warnings
    assert all("disk is full" in warning for warning in warnings)
    assert (tmp_path / "model.safetensors").read_bytes() == earlier
    assert read_model_file(tmp_path).document.step == 4
    assert not run.model.training, "the run's model holds its best weights all the same"


def test_saving_in_between_does_not_touch_the_live_weights(tmp_path: Path) -> None:
    saving, quiet = new_run(), new_run()
    train(saving, RunFolder(tmp_path / "a", saving), save_every_s=0.0)
    assert (tmp_path / "a" / "model.safetensors").exists()
    for _ in quiet.run():
        pass
    for name, value in weights_of(saving).items():
        assert torch.equal(value, quiet.model.state_dict()[name])


def test_an_older_best_is_saved_and_the_live_weights_come_back(tmp_path: Path) -> None:
    run = new_run()
    folder = RunFolder(tmp_path, run)
    train(run, folder, steps=6)
    best, live = dict(run.best_weights or {}), weights_of(run)
    assert run.best_step == 4
    folder.save_now_and_then(0.0)
    file = read_model_file(tmp_path)
    assert file.document.step == 4
    for name, value in live.items():
        assert torch.equal(run.model.state_dict()[name], value)
        np.testing.assert_array_equal(file.weights[name], best[name].numpy())
    assert any(not torch.equal(live[name], best[name]) for name in live)


def test_only_a_better_model_is_saved_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    folder = RunFolder(tmp_path, run)
    saved = []
    monkeypatch.setattr(run_folder, "save_model", lambda path, *_, **__: saved.append(path.name))
    folder.save_now_and_then(0.0)
    assert saved == [], "nothing was measured yet"
    train(run, folder, steps=5, save_every_s=0.0)
    assert saved == ["model.safetensors"]
    folder.save_now_and_then(0.0)
    assert len(saved) == 1


def test_between_two_saves_some_time_passes(tmp_path: Path) -> None:
    run = new_run()
    train(run, RunFolder(tmp_path, run))
    assert not (tmp_path / "model.safetensors").exists(), "this run is over in no time"


def test_an_averaged_run_keeps_its_average(tmp_path: Path) -> None:
    run = new_run(replace(SPEC, ema=0.9))
    folder = RunFolder(tmp_path, run)
    train(run, folder, steps=6)
    average = {k: v.clone() for k, v in run.measured_model.state_dict().items()}
    folder.finish()
    last = read_model_file(tmp_path / "last.safetensors").weights
    for name, value in average.items():
        np.testing.assert_array_equal(last[name], value.numpy())


def test_a_run_without_held_out_images_keeps_its_last_weights(tmp_path: Path) -> None:
    run = new_run(replace(SPEC, held_out=0.0))
    folder = RunFolder(tmp_path, run)
    train(run, folder)
    last = weights_of(run)
    folder.finish()
    file = read_model_file(tmp_path)
    assert file.document.metrics == {}
    assert file.document.step == run.total_steps
    for name, value in last.items():
        np.testing.assert_array_equal(file.weights[name], value.numpy())


@pytest.mark.parametrize(
    ("names", "note"),
    [
        ([f"{i:05} " + "grass " * 50 for i in range(20_000)], "20,000 long class names"),
        ([str(i / 7) for i in range(60_000)], "60,000 classes"),
        (["\ud800", "a\udcff"], ""),
    ],
)
def test_a_model_is_saved_whatever_the_classes_are_called(
    tmp_path: Path, names: list[str], note: str
) -> None:
    labels = np.arange(len(DATA), dtype=np.int32) % len(names)
    data = replace(DATA, name="/x/\udcff.npz", labels=labels, class_names=tuple(names))
    spec = replace(SPEC, data="/x/\udcff.npz", epochs=1)
    run = TrainingRun(spec, data, device=torch.device("cpu"), threads=1)
    said: list[str] = []
    folder = RunFolder(tmp_path, run, warn=said.append)
    before = list(said)
    assert len(before) == (1 if note else 0)
    assert all(note in sentence for sentence in before), "said before the first step"
    train(run, folder, save_every_s=0.0)
    folder.finish()
    assert said == before
    assert folder.is_saved
    assert len(read_model_file(tmp_path).document.class_names) in (0, len(names))
    json.loads((tmp_path / "run.json").read_bytes().decode())
    again = TrainingRun(spec, data, device=torch.device("cpu"), threads=1)
    RunFolder(tmp_path, again, resume=True).close()
    assert again.step == again.total_steps


def test_a_network_that_no_file_can_hold_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_folder, "MAX_WEIGHT_BYTES", 100)
    with pytest.raises(TrainingError, match="make the network smaller"):
        RunFolder(tmp_path, new_run())


@pytest.mark.parametrize(
    ("code", "words", "is_full"),
    [
        (errno.ENOSPC, "The disk is full", True),
        (errno.EDQUOT, "The disk is full", True),
        (errno.EROFS, "Writing failed (No space left on device)", False),
        (errno.EIO, "Writing failed (No space left on device)", False),
    ],
)
def test_why_the_best_model_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str, is_full: bool
) -> None:
    run = new_run(replace(SPEC, epochs=1))
    folder = RunFolder(tmp_path, run)
    train(run, folder)
    monkeypatch.setattr(model_file, "atomic_write", failing_writes(code))
    folder.finish()
    assert not folder.is_saved
    error = folder.save_error
    assert error is not None
    assert error.sentence.startswith(words)
    assert is_disk_full(error) == is_full
