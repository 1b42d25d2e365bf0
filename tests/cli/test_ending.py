"""Signals end ``latentlab train`` in order and in time, at any moment, and it can go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentlab.__main__ import main
from latentlab.base.end_signals import end_signals
from latentlab.cli import ending
from latentlab.training.run import TrainingRun
from latentlab.training.run_folder import RunFolder
from latentlab.training.train_events import TrainEvent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--epochs", "2", "--batch-size", "20", "--hidden", "8", "--threads", "1"]


@pytest.fixture
def noise(tmp_path: Path) -> str:
    """A small data set of noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 6, 5), np.uint8)
    np.savez(tmp_path / "noise.npz", x=pixels)
    return str(tmp_path / "noise.npz")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end by force would be that of the tests."""
    monkeypatch.setattr(ending, "LEAVE_AFTER_S", 100.0)
    monkeypatch.setattr(ending, "_HURRY_S", 100.0)


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "images_per_s"} for line in lines]


def train(data: str, out: Path) -> int:
    return main(["train", data, "--out", str(out), *QUICK, "--resume"])


@pytest.mark.parametrize("moment", [0, 2, 3, 7])
@pytest.mark.parametrize("names", [("SIGINT",), ("SIGTERM",), ("SIGHUP", "SIGTERM", "SIGINT")])
def test_a_signal_at_any_moment_saves_and_is_code_130(
    noise: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int, names: tuple[str, ...]
) -> None:
    run = TrainingRun.run

    def interrupted(self: TrainingRun) -> Iterator[TrainEvent]:
        for number, event in enumerate(run(self)):
            if number == moment:
                for name in names:
                    signal.raise_signal(getattr(signal, name))
            yield event

    assert train(noise, tmp_path / "whole") == 0
    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "run", interrupted)
        assert train(noise, tmp_path / "cut") == 130
    assert (tmp_path / "cut" / "state.safetensors").exists()
    assert train(noise, tmp_path / "cut") == 0
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("cut", "whole"))
    assert a == b


def test_a_signal_while_the_run_is_saved_changes_nothing(
    noise: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = RunFolder._save_state

    def interrupted(self: RunFolder) -> None:
        signal.raise_signal(signal.SIGTERM)
        save(self)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RunFolder, "_save_state", interrupted)
    assert train(noise, tmp_path / "run") == 130
    assert (tmp_path / "run" / "state.safetensors").exists()
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_a_defect_in_a_run_does_not_lose_it(
    noise: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = TrainingRun.run

    def broken(self: TrainingRun) -> Iterator[TrainEvent]:
        for event in run(self):
            yield event
            if self.step == 3:
                raise AttributeError("a defect")

    monkeypatch.setattr(TrainingRun, "run", broken)
    assert train(noise, tmp_path / "run") == 1
    assert (tmp_path / "run" / "state.safetensors").exists()
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_what_nohup_has_switched_off_stays_off() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in end_signals()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= set(end_signals())
    finally:
        signal.signal(signal.SIGHUP, before)


_STUCK = """
import sys
import latentlab.cli.ending as ending
ending.LEAVE_AFTER_S = ending._HURRY_S = 0.2
from latentlab.models.family.objectives.variational import Variational
honest, calls = Variational.terms, []

def terms(self, model, batch):
    calls.append(0)
    if len(calls) == 3:
        print("stuck", flush=True)
        import time
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                time.sleep(60)
            except BaseException:
                pass
    return honest(self, model, batch)

Variational.terms = terms
from latentlab.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_a_step_that_takes_too_long_is_given_up(noise: str, tmp_path: Path, name: str) -> None:
    words = ["train", noise, "--out", str(tmp_path / "cut"), *QUICK, "--resume"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", _STUCK, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"stuck\n"
        program.send_signal(getattr(signal, name))
        assert program.wait(30) == 130
    assert (tmp_path / "cut" / "state.safetensors").exists()
    assert train(noise, tmp_path / "whole") == 0
    assert train(noise, tmp_path / "cut") == 0
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
