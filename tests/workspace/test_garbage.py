"""Garbage collection in the window: what it sets aside, and when it looks at everything."""

from __future__ import annotations

import gc

import pytest
from pytestqt.qtbot import QtBot

from latentlab.base.trace import NullTracer
from latentlab.engine.training_messages import TrainStatusChanged
from latentlab.workspace.garbage import GarbageCollector
from latentlab.workspace.lab import Lab


def test_however_often_somebody_trains_things_are_set_aside_twice(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for torch and once for the optimiser: each time more would keep a run in memory."""
    frozen: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(0))
    lab = Lab(NullTracer())
    lab.session.set_engine_status("ready")
    for _ in range(3):
        for status in ("preparing", "running", "paused", "running", "finishing", "idle"):
            lab.training.set_status(TrainStatusChanged(status))  # type: ignore[arg-type]
    assert len(frozen) == 2
    lab.close()
    lab.deleteLater()


@pytest.mark.parametrize(
    ("idle_s", "wanted"), [(0.0, [1] * 12), (30.0, [1] * 5 + [2] + [1] * 5 + [2])]
)
def test_everything_is_looked_at_now_and_then_but_not_under_a_hand(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, idle_s: float, wanted: list[int]
) -> None:
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda generation=2: collected.append(generation))
    garbage = GarbageCollector(lambda: idle_s)
    for _ in range(12):
        garbage._collect()
    assert collected == wanted
