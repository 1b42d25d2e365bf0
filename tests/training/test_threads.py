from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training import threads
from latentlab.training.run import TrainingRun
from latentlab.training.threads import thread_candidates, tune_threads, usual_threads
from latentlab.training.train_events import StepDone

SPEC = TrainSpec(hidden=(8,), batch_size=10, epochs=1, dropout=0.1, held_out=0.0)
DATA = ImageSet(
    "noise", "Noise", np.random.default_rng(0).integers(0, 256, (30, 4, 4, 1), np.uint8)
)


@pytest.mark.parametrize(
    ("cores", "expected"),
    [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 4]), (16, [1, 2, 8, 16])],
)
def test_few_counts_are_tried(cores: int, expected: list[int]) -> None:
    assert thread_candidates(cores) == expected


@pytest.mark.parametrize(
    ("cores", "processes", "batch_size", "count"),
    [
        (8, None, 1, 1),  # 3.4 million multiplications are not worth a second thread
        (8, None, 128, 8),
        (8, None, 64, 4),
        (64, None, 65_536, 16),
        (8, "2", 65_536, 4),
        (2, "8", 65_536, 1),
    ],
)
def test_the_usual_count_follows_from_the_size_of_a_step(
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    processes: str | None,
    batch_size: int,
    count: int,
) -> None:
    monkeypatch.setattr(threads, "cpu_threads", lambda: cores)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    if processes is not None:
        monkeypatch.setenv("LOCAL_WORLD_SIZE", processes)
    spec = TrainSpec(batch_size=batch_size)
    assert usual_threads(spec, (28, 28, 1)) == usual_threads(spec, (28, 28, 1)) == count


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[int, float]], Callable[[], None]]:
    """A machine whose steps take a known time for each number of threads."""
    clock = [0.0]
    count = [0]
    monkeypatch.setattr(threads.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda n: count.__setitem__(0, n))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)

    def stepping(times_s: dict[int, float]) -> Callable[[], None]:
        def step() -> None:
            clock[0] += times_s[count[0]]

        step.count = count  # type: ignore[attr-defined]
        return step

    return stepping


@pytest.mark.parametrize(
    ("times_s", "best"),
    [
        ({1: 0.010, 2: 0.006, 4: 0.004}, 4),
        ({1: 0.010, 2: 0.006, 4: 0.020}, 2),
        ({1: 0.010, 2: 0.012, 4: 0.020}, 1),
        ({1: 0.010, 2: 0.009, 4: 0.0088}, 1),  # not worth two cores
        ({1: 1.0, 2: 0.4, 4: 0.5}, 2),  # one step is longer than a probe
    ],
)
def test_the_fastest_count_is_used_if_it_is_worth_it(
    machine: Any, times_s: dict[int, float], best: int
) -> None:
    step = machine(times_s)
    *pauses, chosen = tune_threads(step, 4)
    assert chosen == (best, pytest.approx(times_s[best]))
    assert step.count == [best]
    assert len(pauses) >= 6
    assert set(pauses) == {None}


def test_tuning_before_training_does_not_change_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_PROBE_S", 0.0)
    cpu = torch.device("cpu")
    tuned = TrainingRun(SPEC, DATA, device=cpu)
    given = TrainingRun(SPEC, DATA, device=cpu, threads=1)
    assert tuned.threads is None
    steps = [[e.step for e in run.run() if isinstance(e, StepDone)] for run in (tuned, given)]
    assert steps[0] == steps[1] == [1, 2, 3]
    assert tuned.threads == given.threads == 1
    for a, b in zip(tuned.model.parameters(), given.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_probe_that_does_not_fit_into_memory_does_not_end_the_run() -> None:
    run = TrainingRun(SPEC, DATA, device=torch.device("cpu"))
    terms = run.objective.terms
    sizes = []

    def small(model: Any, batch: Any) -> Any:
        sizes.append(len(batch.x))
        if len(batch.x) > 5:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")
        return terms(model, batch)

    run.objective.terms = small  # type: ignore[method-assign]
    steps = [e.step for e in run.run() if isinstance(e, StepDone)]
    assert steps == [1, 2, 3]
    assert sizes == [10, *[5] * 6]
    assert run.threads is not None


def test_another_error_of_the_probe_is_not_hidden() -> None:
    run = TrainingRun(SPEC, DATA, device=torch.device("cpu"))

    def broken(*_: Any) -> Any:
        raise RuntimeError("shapes cannot be multiplied")

    run.objective.terms = broken  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        next(run.run())
