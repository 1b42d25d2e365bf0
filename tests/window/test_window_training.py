"""Training under the map, with the real compute thread: live, controllable, and safe to close."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest
from lab_window import LabMap, OpenLab

from latentlab.base.folders import runs_folder
from latentlab.engine.messages import Embedded
from latentlab.engine.training_messages import TrainProgress
from latentlab.models.family.objectives.variational import Variational
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_file import read_model_file

LONG = TrainSpec(epochs=1000, hidden=(64,), batch_size=100)


def start(opened: OpenLab, spec: TrainSpec = LONG) -> None:
    opened.lab.training.set_spec(spec)
    opened.lab.training_controller.train_or_pause()
    training = opened.lab.training
    opened.wait(lambda: training.progress is not None and training.progress.step > 20)


def test_train_pause_step_resume_stop(open_lab: OpenLab) -> None:
    training = open_lab.lab.training
    start(open_lab)
    assert training.status == "running"
    open_lab.lab.training_controller.train_or_pause()
    open_lab.wait(lambda: training.status == "paused")
    open_lab.round_trip()
    step = training.progress.step
    open_lab.lab.training_controller.single_step()
    open_lab.wait(lambda: training.progress.step == step + 1)
    open_lab.round_trip()
    assert training.progress.step == step + 1 and training.status == "paused"
    open_lab.lab.training_controller.train_or_pause()
    open_lab.wait(lambda: training.progress.step > step + 20)
    open_lab.wait(lambda: any(p.split == "held_out" for p in training.curves))
    open_lab.lab.training_controller.stop()
    open_lab.wait(lambda: training.status == "idle")
    assert "nats" in training.sentence
    folder = next(runs_folder().iterdir())
    document = read_model_file(folder).document
    held_out = [p for p in training.curves if p.split == "held_out"]
    assert np.isclose(document.metrics["loss"], min(p.loss for p in held_out))
    assert open_lab.lab.session.model.path == folder / "model.safetensors"


def test_picture_points_and_grid_follow_the_live_weights(lab_map: LabMap) -> None:
    pictures, codes, grids = set(), set(), set()
    start(lab_map)
    mosaic = lab_map.lab.map_view.mosaic

    def look() -> bool:
        pictures.add(lab_map.lab.explorer.decoded.image.tobytes())
        codes.add(lab_map.lab.map_view.codes.tobytes())
        grids.add(mosaic.pixels.tobytes())
        return len(pictures) > 5 and len(codes) > 5 and len(grids) > 3

    lab_map.wait(look)
    lab_map.lab.training_controller.stop()
    lab_map.wait(lambda: lab_map.lab.training.status == "idle")


def test_the_hand_is_served_while_training(lab_map: LabMap) -> None:
    start(lab_map)
    explorer = lab_map.lab.explorer
    seen = set()
    lab_map.press((300, 200))
    for i in range(500):  # how many answers come between two moves depends on the machine
        lab_map.move((300 + 4 * (i % 40), 200 + i % 7))
        lab_map.rest()
        seen.add(explorer.decoded.z.tobytes())
        if len(seen) > 10:
            break
    lab_map.release((460, 200))
    assert len(seen) > 10
    lab_map.lab.training_controller.stop()
    lab_map.wait(lambda: lab_map.lab.training.status == "idle")


def test_closing_the_window_while_training_saves_the_run(open_lab: OpenLab) -> None:
    start(open_lab)
    open_lab.wait(lambda: any(p.split == "held_out" for p in open_lab.lab.training.curves))
    open_lab.lab.close()
    assert not open_lab.lab.compute.is_running
    folder = next(runs_folder().iterdir())
    best_step = read_model_file(folder / "model.safetensors").document.step
    last = folder / "last.safetensors"  # written only where the best weights are older
    last_step = read_model_file(last).document.step if last.exists() else best_step
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert last_step >= max(best_step, *(line["step"] for line in lines))
    assert best_step > 0
    assert {line["split"] for line in lines} == {"train", "held_out"}


def test_a_loss_that_is_no_number_ends_the_run_and_the_lab_lives(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(self: Variational, model: object, batch: object) -> object:
        terms = honest(self, model, batch)
        calls.append(len(calls))
        return terms._replace(kl=terms.kl * float("nan")) if len(calls) > 40 else terms

    calls: list[int] = []
    honest = Variational.terms
    monkeypatch.setattr(Variational, "terms", poisoned)
    open_lab.lab.training.set_spec(LONG)
    open_lab.lab.training_controller.train_or_pause()
    open_lab.wait(lambda: open_lab.notices)
    assert re.match(
        r"Training stopped at step \d+: the KL term is not a number", open_lab.notices[0]
    )
    open_lab.wait(lambda: open_lab.lab.training.status == "idle")
    open_lab.wait(lambda: open_lab.lab.map_view.index is not None)
    assert np.isfinite(open_lab.lab.map_view.codes).all()


def test_a_storm_of_clicks_on_train_pause_and_stop(open_lab: OpenLab) -> None:
    training, control = open_lab.lab.training, open_lab.lab.training_controller
    training.set_spec(LONG)
    for i in range(45):
        (control.train_or_pause, control.single_step, control.stop)[i % 3]()
        open_lab.rest()
    open_lab.wait(lambda: training.status in ("idle", "running", "paused"))
    if training.is_active:
        control.stop()
    open_lab.wait(lambda: training.status == "idle")


def test_settings_out_of_range_are_refused_with_a_sentence(open_lab: OpenLab) -> None:
    refused: list[str] = []
    open_lab.lab.training_controller.refused.connect(refused.append)
    open_lab.lab.training.set_spec(TrainSpec(epochs=0))
    open_lab.lab.training_controller.start()
    assert refused == ["Epochs cannot be 0; it goes from 1 to 100,000 passes."]
    assert open_lab.lab.training.status == "idle"


def test_messages_of_training_arrive_at_a_bounded_rate(open_lab: OpenLab) -> None:
    kinds: list[type] = []

    def record(result: object) -> None:
        kinds.append(type(result))

    open_lab.lab.compute.resulted.connect(record)
    begin = time.monotonic()
    start(open_lab)
    first = open_lab.lab.training.progress.step
    open_lab.wait(lambda: open_lab.lab.training.progress.step > first + 60)
    open_lab.wait(lambda: min(kinds.count(TrainProgress), kinds.count(Embedded)) > 2)
    most = 30 * (time.monotonic() - begin) + 3
    assert kinds.count(TrainProgress) < most
    assert kinds.count(Embedded) < most
    open_lab.lab.training_controller.stop()
    open_lab.wait(lambda: open_lab.lab.training.status == "idle")
