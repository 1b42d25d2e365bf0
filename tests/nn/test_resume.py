"""A run that is cut off and continued ends exactly as one that was not."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from latentlab.core.errors import TrainingError, UsageError
from latentlab.core.image_set import ImageSet
from latentlab.family.train_spec import TrainSpec
from latentlab.nn.run_folder import RunFolder
from latentlab.nn.train_events import Metrics
from latentlab.nn.training import TrainingRun

CPU = torch.device("cpu")


def pictures(count: int = 60) -> ImageSet:
    rng = np.random.default_rng(5)
    return ImageSet("pictures", "Pictures", rng.integers(0, 256, (count, 8, 8, 1), np.uint8))


def a_run(spec: TrainSpec, data: ImageSet | None = None) -> TrainingRun:
    return TrainingRun(spec, data or pictures(), device=CPU, threads=1)


def spec_with(**changes: Any) -> TrainSpec:
    usual = {"hidden": (16,), "batch_size": 8, "epochs": 3, "held_out": 0.2}
    return dataclasses.replace(TrainSpec(), **{**usual, **changes})


def train(folder: Path, spec: TrainSpec, *, stop_after: int | None = None, resume: bool = False):
    """Train, saving at every chance, and leave after some events as a killed program would."""
    run = a_run(spec)
    written = RunFolder(folder, run, resume=resume)
    for number, event in enumerate(run.run()):
        if isinstance(event, Metrics):
            written.log(event)
        written.save_now_and_then(every_s=0.0)
        if number == stop_after:
            written.close()  # what the system does to the lock of a killed program
            return None
    written.finish()
    return run


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        del line["images_per_s"]  # the one thing that is not the run's
    return lines


SPECS = {
    "variational": spec_with(ema=0.9, dropout=0.2, shift=1.0, warm_up=0.5),
    "conv": spec_with(network="conv", channels=(4, 8)),
    "sparse-kl": spec_with(objective="sparse-kl", latent_dim=12),
    "sparse-topk": spec_with(objective="sparse-topk", latent_dim=12, k=3),
    "denoising": spec_with(objective="denoising", corruption="gaussian", amount=0.3),
    "mixed": spec_with(objective="denoising", corruption="mixed", amount=1.0),
    "nothing held out": spec_with(held_out=0.0),
}


@pytest.mark.parametrize("name", SPECS)
def test_a_killed_run_continues_bit_for_bit(name: str, tmp_path: Path) -> None:
    spec = SPECS[name]
    whole = train(tmp_path / "whole", spec)
    assert whole is not None
    folder = tmp_path / "cut"
    train(folder, spec, stop_after=3)
    for events in (0, 4, 5):
        train(folder, spec, stop_after=events, resume=True)
    continued = train(folder, spec, resume=True)
    assert continued is not None
    assert log_of(folder) == log_of(tmp_path / "whole")
    for file in ("model.safetensors", "last.safetensors"):
        if (tmp_path / "whole" / file).exists():
            assert (folder / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    for name_, value in whole.model.state_dict().items():
        assert torch.equal(value, continued.model.state_dict()[name_])


def test_every_event_is_a_good_moment_to_be_killed(tmp_path: Path) -> None:
    spec = spec_with(epochs=2)
    train(tmp_path / "whole", spec)
    wanted = log_of(tmp_path / "whole")
    for moment in range(20):
        folder = tmp_path / str(moment)
        train(folder, spec, stop_after=moment)
        train(folder, spec, resume=True)
        assert log_of(folder) == wanted, f"killed after event {moment}"


def test_killed_before_the_first_save_it_begins_anew(tmp_path: Path) -> None:
    spec = spec_with(epochs=1)
    train(tmp_path / "whole", spec)
    run = a_run(spec)
    folder = RunFolder(tmp_path / "cut", run)
    folder.log(Metrics(1, 1, "train", 1.0, 1.0, 0.0, 1.0))
    folder.close()
    train(tmp_path / "cut", spec, resume=True)
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")


def test_a_complete_run_has_nothing_to_continue(tmp_path: Path) -> None:
    spec = spec_with(epochs=1)
    train(tmp_path, spec)
    before = log_of(tmp_path), (tmp_path / "model.safetensors").read_bytes()
    again = train(tmp_path, spec, resume=True)
    assert again is not None and again.step == again.total_steps
    assert (log_of(tmp_path), (tmp_path / "model.safetensors").read_bytes()) == before


def test_a_run_can_be_made_longer_and_nothing_else(tmp_path: Path) -> None:
    train(tmp_path, spec_with(epochs=1, schedule="constant"))
    with pytest.raises(UsageError, match=r"has learning_rate 0\.005, not 0\.5"):
        train(tmp_path, spec_with(epochs=1, schedule="constant", learning_rate=0.5), resume=True)
    longer = train(tmp_path, spec_with(epochs=3, schedule="constant"), resume=True)
    whole = train(tmp_path / "whole", spec_with(epochs=3, schedule="constant"))
    assert longer is not None and whole is not None
    assert log_of(tmp_path) == log_of(tmp_path / "whole")


def test_other_images_are_refused(tmp_path: Path) -> None:
    train(tmp_path, spec_with(epochs=1))
    with pytest.raises(UsageError, match="other images"):
        RunFolder(tmp_path, a_run(spec_with(epochs=1), pictures(61)), resume=True)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_state_is_refused_and_the_lock_freed(damage: str, tmp_path: Path) -> None:
    train(tmp_path, spec_with(epochs=1))
    file = tmp_path / "state.safetensors"
    data = bytearray(file.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "empty":
        data.clear()
    else:
        data[40] ^= 0xFF
    file.write_bytes(data)
    for _ in range(2):  # a lock that stayed would say so the second time
        with pytest.raises(TrainingError, match="damaged or belongs to another run"):
            RunFolder(tmp_path, a_run(spec_with(epochs=1)), resume=True)


def test_two_programs_cannot_share_a_folder(tmp_path: Path) -> None:
    first = RunFolder(tmp_path, a_run(spec_with()))
    with pytest.raises(TrainingError, match="in use by another program"):
        RunFolder(tmp_path, a_run(spec_with()), resume=True)
    first.close()
    RunFolder(tmp_path, a_run(spec_with()), resume=True).close()


def test_a_full_disk_stops_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_with(epochs=2)
    train(tmp_path / "whole", spec)
    run, said = a_run(spec), []
    folder = RunFolder(tmp_path / "full", run, warn=said.append)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    events = run.run()
    for event in events:
        if isinstance(event, Metrics):
            break
    with monkeypatch.context() as patch:
        patch.setattr("latentlab.nn.resume.atomic_write", full)
        folder.log(event)
        folder.save_now_and_then(every_s=0.0)
    assert any("No space left" in sentence for sentence in said)
    for event in events:
        if isinstance(event, Metrics):
            folder.log(event)
        folder.save_now_and_then(every_s=0.0)
    folder.finish()
    assert log_of(tmp_path / "full") == log_of(tmp_path / "whole")


def test_a_run_left_in_the_middle_of_a_step_keeps_its_last_state(tmp_path: Path) -> None:
    run = a_run(spec_with(), None)
    folder = RunFolder(tmp_path, run)
    events = run.run()
    for event in events:
        if isinstance(event, Metrics) and event.split == "train" and not run.settled:
            break
    assert not run.settled  # its held-out images are still to be measured
    folder.save_now_and_then(every_s=0.0)
    folder.finish()
    assert not (tmp_path / "state.safetensors").exists()
