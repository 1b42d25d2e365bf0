"""The compute thread's worker: turns never pile up, so that closing is soon noticed."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from latentlab.base.trace import NullTracer
from latentlab.engine import compute_thread
from latentlab.engine.compute_thread import _Worker
from latentlab.engine.mailbox import Mailbox


class BusyEngine:
    """Has always more to do."""

    def __init__(self) -> None:
        self.turns = 0

    def turn(self) -> bool:
        self.turns += 1
        return self.turns < 1000


def test_however_often_it_is_woken_one_turn_is_to_come(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute_thread, "_EVENT_LOOP_EVERY_S", 0.0)
    worker: Any = _Worker(Mailbox(), NullTracer())
    worker._engine = engine = BusyEngine()
    calls: list[int] = []
    worker.turnRequested.connect(lambda: calls.append(engine.turns))
    for _ in range(50):
        worker.wake()
    assert calls == [0]
    qtbot.waitUntil(lambda: engine.turns >= 20)
    for _ in range(50):
        worker.wake()
    qtbot.waitUntil(lambda: engine.turns == 1000)
    # Each turn calls for the next one, and nobody else for a second one.
    assert len(calls) == len(set(calls))
    worker.wake()  # it is asleep now, and can be woken
    qtbot.waitUntil(lambda: engine.turns == 1001)


class FailingEngine:
    """Raises in some turns."""

    def __init__(self, failing: range) -> None:
        self.turns = 0
        self._failing = failing

    def turn(self) -> bool:
        self.turns += 1
        if self.turns in self._failing:
            raise ZeroDivisionError
        return self.turns < 50


def test_a_turn_that_raises_does_not_put_the_thread_to_sleep(qtbot: QtBot) -> None:
    worker: Any = _Worker(Mailbox(), NullTracer())
    said: list[Any] = []
    worker.resulted.connect(said.append)
    worker._engine = engine = FailingEngine(range(3, 10))
    worker.wake()
    qtbot.waitUntil(lambda: engine.turns == 50)
    assert [(failed.origin, failed.engine_is_dead) for failed in said] == [("turn", False)]


def test_an_engine_that_always_raises_is_said_once_and_rests(qtbot: QtBot) -> None:
    worker: Any = _Worker(Mailbox(), NullTracer())
    said: list[Any] = []
    worker.resulted.connect(said.append)
    worker._engine = engine = FailingEngine(range(10**6))
    worker.wake()
    most = compute_thread._MOST_FAILED_TURNS
    qtbot.waitUntil(lambda: engine.turns == most)
    assert len(said) == 1
    worker.wake()
    qtbot.waitUntil(lambda: engine.turns == most + 1)
