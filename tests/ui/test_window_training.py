"""Training in the real window: live, controllable, and safe to close."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest
from lab_window import LabWindow

from latentlab.core.folders import runs_folder
from latentlab.core.messages import Embedded, TrainProgress
from latentlab.core.model_file import read_model_file
from latentlab.family.objectives.variational import Variational
from latentlab.family.train_spec import TrainSpec

LONG = TrainSpec(epochs=1000, hidden=(64,), batch_size=100)


def start(lab_window: LabWindow, spec: TrainSpec = LONG) -> None:
    lab_window.lab.training.set_spec(spec)
    lab_window.trigger("train_action")
    training = lab_window.lab.training
    lab_window.wait(lambda: training.progress is not None and training.progress.step > 20)


def test_train_pause_step_resume_stop(lab_window: LabWindow) -> None:
    training = lab_window.lab.training
    start(lab_window)
    assert training.status == "running"
    lab_window.trigger("train_action")
    lab_window.wait(lambda: training.status == "paused")
    lab_window.qtbot.wait(150)
    step = training.progress.step
    lab_window.trigger("step_action")
    lab_window.wait(lambda: training.progress.step == step + 1)
    lab_window.qtbot.wait(100)
    assert training.progress.step == step + 1 and training.status == "paused"
    lab_window.trigger("train_action")
    lab_window.wait(lambda: training.progress.step > step + 20)
    lab_window.wait(lambda: any(p.split == "held_out" for p in training.curves))
    lab_window.trigger("stop_action")
    lab_window.wait(lambda: training.status == "idle")
    assert "nats" in training.sentence
    folder = next(runs_folder().iterdir())
    document = read_model_file(folder).document
    held_out = [p for p in training.curves if p.split == "held_out"]
    assert np.isclose(document.metrics["loss"], min(p.loss for p in held_out))
    assert lab_window.lab.session.model.path == folder / "model.safetensors"


def test_picture_points_and_grid_follow_the_live_weights(lab_window: LabWindow) -> None:
    pictures, codes, grids = set(), set(), set()
    start(lab_window)
    mosaic = lab_window.lab.map_view.mosaic

    def look() -> bool:
        pictures.add(lab_window.lab.explorer.decoded.image.tobytes())
        codes.add(lab_window.lab.map_view.codes.tobytes())
        grids.add(mosaic.pixels.tobytes())
        return len(pictures) > 5 and len(codes) > 5 and len(grids) > 3

    lab_window.wait(look)
    lab_window.trigger("stop_action")
    lab_window.wait(lambda: lab_window.lab.training.status == "idle")


def test_the_hand_is_served_while_training(lab_window: LabWindow) -> None:
    start(lab_window)
    explorer = lab_window.lab.explorer
    seen = set()
    lab_window.press((300, 200))
    for i in range(40):
        lab_window.move((300 + 4 * i, 200))
        lab_window.qtbot.wait(10)
        seen.add(explorer.decoded.z.tobytes())
    lab_window.release((460, 200))
    assert len(seen) > 10
    lab_window.trigger("stop_action")
    lab_window.wait(lambda: lab_window.lab.training.status == "idle")


def test_closing_the_window_while_training_saves_the_run(lab_window: LabWindow) -> None:
    start(lab_window)
    lab_window.wait(lambda: any(p.split == "held_out" for p in lab_window.lab.training.curves))
    lab_window.window.close()
    assert not lab_window.lab.compute.is_running
    folder = next(runs_folder().iterdir())
    best_step = read_model_file(folder / "model.safetensors").document.step
    last = folder / "last.safetensors"  # written only where the best weights are older
    last_step = read_model_file(last).document.step if last.exists() else best_step
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert last_step >= max(best_step, *(line["step"] for line in lines))
    assert best_step > 0
    assert {line["split"] for line in lines} == {"train", "held_out"}


def test_a_loss_that_is_no_number_ends_the_run_and_the_window_lives(
    lab_window: LabWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(self: Variational, model: object, batch: object) -> object:
        terms = honest(self, model, batch)
        calls.append(len(calls))
        return terms._replace(kl=terms.kl * float("nan")) if len(calls) > 40 else terms

    calls: list[int] = []
    honest = Variational.terms
    monkeypatch.setattr(Variational, "terms", poisoned)
    failures: list[str] = []

    def record(kind: str, sentence: str, details: str) -> None:
        failures.append(sentence)

    lab_window.lab.session_controller.noticed.connect(record)
    lab_window.lab.training.set_spec(LONG)
    lab_window.trigger("train_action")
    lab_window.wait(lambda: failures)
    assert re.match(r"Training stopped at step \d+: the KL term is not a number", failures[0])
    lab_window.wait(lambda: lab_window.lab.training.status == "idle")
    lab_window.wait(lambda: lab_window.lab.map_view.index is not None)
    assert np.isfinite(lab_window.lab.map_view.codes).all()


def test_a_storm_of_clicks_on_train_pause_and_stop(lab_window: LabWindow) -> None:
    lab_window.lab.training.set_spec(LONG)
    for i in range(60):
        lab_window.trigger(("train_action", "step_action", "stop_action")[i % 3])
        lab_window.qtbot.wait(7)
    lab_window.wait(lambda: lab_window.lab.training.status in ("idle", "running", "paused"))
    if lab_window.lab.training.is_active:
        lab_window.trigger("stop_action")
    lab_window.wait(lambda: lab_window.lab.training.status == "idle")


def test_settings_out_of_range_are_refused_with_a_sentence(lab_window: LabWindow) -> None:
    refused: list[str] = []
    lab_window.lab.training_controller.refused.connect(refused.append)
    lab_window.lab.training.set_spec(TrainSpec(epochs=0))
    lab_window.lab.training_controller.start()
    assert refused == ["Epochs cannot be 0; it goes from 1 to 100,000 passes."]
    assert lab_window.lab.training.status == "idle"


def test_messages_of_training_arrive_at_a_bounded_rate(lab_window: LabWindow) -> None:
    kinds: list[type] = []

    def record(result: object) -> None:
        kinds.append(type(result))

    lab_window.lab.compute.resulted.connect(record)
    begin = time.monotonic()
    start(lab_window)
    first = lab_window.lab.training.progress.step
    lab_window.wait(lambda: lab_window.lab.training.progress.step > first + 60)
    lab_window.wait(lambda: min(kinds.count(TrainProgress), kinds.count(Embedded)) > 2)
    most = 30 * (time.monotonic() - begin) + 3
    assert kinds.count(TrainProgress) < most
    assert kinds.count(Embedded) < most
    lab_window.trigger("stop_action")
    lab_window.wait(lambda: lab_window.lab.training.status == "idle")
