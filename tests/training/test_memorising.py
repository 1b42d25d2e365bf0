"""A held-out loss that explodes is said in one sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.memorising import memorising
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import Metrics


@pytest.fixture
def run() -> TrainingRun:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), np.uint8)
    spec = TrainSpec(hidden=(4,), epochs=1)
    return TrainingRun(spec, ImageSet("few", "Few", pixels), device=torch.device("cpu"), threads=1)


def _metrics(split: str, loss: float) -> Metrics:
    return Metrics(1, 1, split, loss, loss, 0.0, 1.0)


@pytest.mark.parametrize(
    ("train", "held_out", "exploded"),
    [(30.0, 40.0, False), (30.0, 381_706.0, True), (-100.0, 20.0, False), (30.0, math.inf, True)],
)
def test_an_explosion_is_told_from_overfitting(
    run: TrainingRun, train: float, held_out: float, exploded: bool
) -> None:
    run.last_metrics = {
        "train": _metrics("train", train),
        "held_out": _metrics("held_out", held_out),
    }
    sentence = memorising(run)
    assert bool(sentence) is exploded
    if exploded:
        assert f"{held_out:,.0f} nats" in sentence and "memorises its 11 training" in sentence
        assert sentence.count(". ") == 0 and sentence.endswith(".")


def test_a_run_notes_what_it_measured_last(run: TrainingRun) -> None:
    assert memorising(run) == ""
    events = [event for event in run.run() if isinstance(event, Metrics)]
    assert run.last_metrics["held_out"] == events[-1]
    assert run.last_metrics["train"] == [e for e in events if e.split == "train"][-1]
