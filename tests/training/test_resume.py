"""A run that is cut off and continued ends exactly as one that was not."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save

from latentlab.base.errors import TrainingError, UsageError
from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.resume import load_state
from latentlab.training.run import TrainingRun
from latentlab.training.run_folder import RunFolder
from latentlab.training.train_events import Metrics

CPU = torch.device("cpu")


def pictures(count: int = 60) -> ImageSet:
    rng = np.random.default_rng(5)
    return ImageSet("pictures", "Pictures", rng.integers(0, 256, (count, 8, 8, 1), np.uint8))


def a_run(spec: TrainSpec, data: ImageSet | None = None) -> TrainingRun:
    return TrainingRun(spec, data or pictures(), device=CPU, threads=1)


def spec_with(**changes: Any) -> TrainSpec:
    usual = {"hidden": (16,), "batch_size": 8, "epochs": 3, "held_out": 0.2}
    return dataclasses.replace(TrainSpec(), **{**usual, **changes})


def train(
    folder: Path,
    spec: TrainSpec,
    *,
    stop_after: int | None = None,
    resume: bool = False,
    data: ImageSet | None = None,
    save_every_s: float = 0.0,
):
    """Train, saving at every chance, and leave after some events as a killed program would."""
    run = a_run(spec, data)
    written = RunFolder(folder, run, resume=resume)
    for number, event in enumerate(run.run()):
        if isinstance(event, Metrics):
            written.log(event)
        written.save_now_and_then(save_every_s)
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
    "denoising, fixed amount": spec_with(objective="denoising", amounts="fixed"),
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
        patch.setattr("latentlab.training.resume.atomic_write", full)
        folder.log(event)
        folder.save_now_and_then(every_s=0.0)
    assert any("No space left" in sentence for sentence in said)
    for event in events:
        if isinstance(event, Metrics):
            folder.log(event)
        folder.save_now_and_then(every_s=0.0)
    folder.finish()
    assert log_of(tmp_path / "full") == log_of(tmp_path / "whole")


# Runs with small pieces, so that there are moments in the middle of each step and measurement.
MOMENTS = {
    "variational": spec_with(epochs=2, ema=0.9, dropout=0.2, shift=1.0),
    "sparse-kl": spec_with(epochs=2, objective="sparse-kl", latent_dim=12),
    "sparse-topk": spec_with(epochs=2, objective="sparse-topk", latent_dim=12, k=3),
    "nothing held out": spec_with(epochs=2, held_out=0.0),
    "pca": spec_with(objective="pca"),
}


FEW = pictures(30)


def leave(folder: Path, spec: TrainSpec, moment: int) -> bool:
    """Begin a run, or go on with it, and close it after some events; return whether it ended."""
    run = a_run(spec, FEW)
    written = RunFolder(folder, run, resume=True)
    events = run.run()
    ended = True
    for number, event in enumerate(events):
        if isinstance(event, Metrics):
            written.log(event)
        if number == moment:
            ended = False
            break
    events.close()  # type: ignore[attr-defined]
    written.finish()
    return ended


@pytest.mark.parametrize("name", MOMENTS)
def test_a_run_can_be_closed_at_every_moment(name: str, tmp_path: Path) -> None:
    spec = MOMENTS[name]
    whole = train(tmp_path / "whole", spec, data=FEW, save_every_s=100.0)
    assert whole is not None
    wanted = log_of(tmp_path / "whole")
    moment, ended = 0, False
    while not ended:
        folder = tmp_path / str(moment)
        ended = leave(folder, spec, moment)
        assert (folder / "state.safetensors").exists(), f"closed after event {moment}"
        continued = train(folder, spec, resume=True, data=FEW, save_every_s=100.0)
        assert continued is not None
        assert log_of(folder) == wanted, f"closed after event {moment}"
        for key, value in whole.model.state_dict().items():
            assert torch.equal(value, continued.model.state_dict()[key]), f"after event {moment}"
        moment += 1
    assert moment > (3 if name == "pca" else 10)


@pytest.mark.parametrize("name", [name for name in MOMENTS if name != "pca"])
def test_it_can_be_closed_again_and_again(name: str, tmp_path: Path) -> None:
    spec = MOMENTS[name]
    train(tmp_path / "whole", spec, data=FEW, save_every_s=100.0)
    times = 0
    while not leave(tmp_path / "cut", spec, 1 + times % 3):
        times += 1
    assert times > 1
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
    file = "model.safetensors"
    assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.parametrize("name", ["variational", "sparse-kl", "sparse-topk"])
def test_a_step_that_was_not_finished_leaves_no_trace(name: str, tmp_path: Path) -> None:
    """Left between two micro-batches, the state is that before the step, to the last bit."""
    spec = MOMENTS[name]
    run = a_run(spec, FEW)
    folder = RunFolder(tmp_path / "cut", run)
    events = run.run()
    while run.step < 2 or run.owed:
        event = next(events)
        if isinstance(event, Metrics):
            folder.log(event)
    run.largest_micro_batch = 3
    assert next(events) is None
    assert run.settled and run.step == 2
    run.largest_micro_batch = run.batch_size  # what memory allows is part of the state
    folder.finish()
    train(tmp_path / "whole", spec, data=FEW, save_every_s=100.0)
    train(tmp_path / "cut", spec, resume=True, data=FEW, save_every_s=100.0)
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")


@pytest.mark.parametrize("name", ["sparse-kl", "sparse-topk"])
def test_running_out_of_memory_counts_no_image_twice(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an objective gathers in a part of a step that is done again is forgotten."""
    gathered = []
    for fails in (False, True):
        run = a_run(MOMENTS[name], FEW)
        run.largest_micro_batch = 4
        terms = run.objective.terms
        calls: list[int] = []

        def failing(*args: Any, run: Any = run, terms: Any = terms, calls: Any = calls) -> Any:
            calls.append(len(args[1].x))
            if len(calls) == 2 and run.largest_micro_batch == 4:
                raise RuntimeError("out of memory")
            return terms(*args)

        if fails:
            monkeypatch.setattr(run.objective, "terms", failing)
        else:
            run.largest_micro_batch = 2
        events = run.run()
        while run.step < 1:
            next(events)
        gathered.append(run.objective.state())
    assert gathered[0].keys() == gathered[1].keys() != set()
    assert all(torch.equal(gathered[0][key], gathered[1][key]) for key in gathered[0])


def test_the_state_can_be_saved_by_another_thread_while_a_step_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_with(epochs=2)
    run = a_run(spec)
    folder = RunFolder(tmp_path / "cut", run)
    terms = run.objective.terms
    saved = []

    def saved_meanwhile(*args: Any) -> Any:
        found = terms(*args)
        if run.step == 3 and not saved:
            other = threading.Thread(target=folder.save_state)
            other.start()
            other.join()
            saved.append(load_state(folder.path / "state.safetensors", a_run(spec)).step)
        return found

    monkeypatch.setattr(run.objective, "terms", saved_meanwhile)
    events = run.run()
    while not saved:
        event = next(events)
        if isinstance(event, Metrics):
            folder.log(event)
    folder.close()
    assert saved == [3]
    train(tmp_path / "whole", spec)
    train(tmp_path / "cut", spec, resume=True)
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")


def test_an_error_while_a_step_takes_effect_leaves_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_with(epochs=2)
    run = a_run(spec)
    folder = RunFolder(tmp_path / "cut", run)
    update = run.optimiser.step

    def fails(*args: Any) -> None:
        update(*args)  # the weights are those of the next step, and nothing else is
        raise MemoryError

    for event in run.run():
        if isinstance(event, Metrics):
            folder.log(event)
        folder.save_now_and_then(every_s=0.0)
        if run.step == 3:
            break
    monkeypatch.setattr(run.optimiser, "step", fails)
    with pytest.raises(MemoryError):
        for _ in run.run():
            pass
    assert not run.settled
    folder.finish()
    monkeypatch.undo()
    train(tmp_path / "whole", spec)
    train(tmp_path / "cut", spec, resume=True)
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")


def test_a_loss_that_is_not_a_number_is_no_state_to_go_on_from(tmp_path: Path) -> None:
    run = a_run(spec_with())
    folder = RunFolder(tmp_path, run)
    events = run.run()
    while run.step < 2:
        next(events)
    folder.save_state()
    before = (tmp_path / "state.safetensors").read_bytes()
    next(run.model.parameters()).data.fill_(float("nan"))
    with pytest.raises(TrainingError, match="not a number"):
        for _ in events:
            pass
    folder.finish()
    assert (tmp_path / "state.safetensors").read_bytes() == before


def test_a_run_that_goes_on_has_good_weights_from_its_first_step(tmp_path: Path) -> None:
    train(tmp_path, spec_with(epochs=1))
    run = a_run(spec_with(epochs=2))
    RunFolder(tmp_path, run, resume=True).close()
    assert run.losses.good_step == run.step > 0


def test_states_of_the_version_before_are_understood(tmp_path: Path) -> None:
    train(tmp_path, spec_with(epochs=2), stop_after=5)
    path = tmp_path / "state.safetensors"
    with safe_open(str(path), "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        said = json.loads(file.metadata()["latentlab_state"])
    assert said.pop("owed") == []
    said["version"] = 1
    path.write_bytes(save(tensors, {"latentlab_state": json.dumps(said)}))
    assert load_state(path, a_run(spec_with(epochs=2))).owed == []
