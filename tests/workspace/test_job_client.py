"""A client keeps sequences, staleness and visibility to itself; a fake runner answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from latentlab.engine.jobs import JobKind, JobReport, JobRequest
from latentlab.engine.messages import WatchCommand
from latentlab.engine.training_messages import TrainProgress
from latentlab.images.image_set import ImageSet
from latentlab.workspace.job_client import JobClient, JobDesk
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

KIND = JobKind("counting", "nowhere:nothing", "Counting", "Count again.")


class FakeRunner(QObject):
    """Keeps what is asked; a test answers."""

    resulted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[JobRequest] = []
        self.watched: list[WatchCommand] = []

    def ask(self, request: JobRequest) -> None:
        self.asked.append(request)

    def command(self, command: WatchCommand) -> None:
        self.watched.append(command)

    def answer(self, state: Any, request: JobRequest | None = None, **more: Any) -> None:
        request = request or self.asked[-1]
        self.resulted.emit(JobReport(request.slot, request.sequence, state, **more))


class Bench:
    def __init__(self, kind: JobKind = KIND) -> None:
        self.runner, self.session, self.training = FakeRunner(), Session(), Training()
        self.desk = JobDesk(self.runner, self.session, self.training)  # type: ignore[arg-type]
        self.client: JobClient = self.desk.client(kind)

    def open(self, name: str = "a") -> ImageSet:
        data = ImageSet(name, name, np.zeros((2, 2, 2, 1), np.uint8))
        self.session.set_data(data)
        return data

    @property
    def options(self) -> list[Any]:
        return [request.options for request in self.runner.asked]


def test_progress_parts_and_the_answer_reach_the_client_that_asked() -> None:
    bench = Bench()
    other = bench.desk.client(replace(KIND, name="other"))
    parts: list[object] = []
    bench.client.advanced.connect(parts.append)
    bench.client.ask("3")
    assert (bench.client.state, bench.client.share) == ("running", 0.0)
    bench.runner.answer("running", share=0.5)
    assert bench.client.share == 0.5
    bench.runner.answer("running", value="one")
    assert parts == ["one"]
    bench.runner.answer("done", share=1.0, value=3)
    assert (bench.client.state, bench.client.answer) == ("done", 3)
    assert other.state == "idle"


def test_only_the_newest_request_is_answered() -> None:
    bench = Bench()
    bench.client.ask("old")
    old = bench.runner.asked[-1]
    bench.client.ask("new")
    bench.runner.answer("done", old, value="old")
    assert bench.client.state == "running" and bench.client.answer is None
    bench.runner.answer("done", value="new")
    assert bench.client.answer == "new"
    bench.runner.answer("failed", old, sentence="no")
    assert bench.client.state == "done"


def test_where_work_finishes_first_older_answers_are_shown_until_newer_ones_come() -> None:
    bench = Bench(replace(KIND, finishes_first=True))
    bench.client.ask("1")
    first = bench.runner.asked[-1]
    bench.client.ask("2")
    second = bench.runner.asked[-1]
    bench.runner.answer("done", first, value=1)
    assert (bench.client.answer, bench.client.state) == (1, "running")
    bench.client.ask("3")
    assert bench.client.answer == 1, "it stays until there is another"
    bench.runner.answer("done", value=3)
    bench.runner.answer("done", second, value=2)
    assert (bench.client.answer, bench.client.state) == (3, "done")
    bench.client.ask("4")
    fourth = bench.runner.asked[-1]
    bench.client.cancel()
    bench.runner.answer("done", fourth, value=4)
    assert bench.client.answer is None


def test_a_failure_is_kept_as_a_sentence_and_asking_again_forgets_it() -> None:
    bench = Bench()
    bench.client.ask("3")
    bench.runner.answer("failed", sentence="Counting failed.")
    assert (bench.client.state, bench.client.problem) == ("failed", "Counting failed.")
    bench.client.ask("3")
    assert (bench.client.state, bench.client.problem) == ("running", "")


def test_cancelling_tells_the_runner_and_late_answers_are_passed_over() -> None:
    bench = Bench()
    bench.client.ask("3")
    running = bench.runner.asked[-1]
    bench.client.cancel()
    assert bench.options == ["3", None] and bench.client.state == "idle"
    bench.runner.answer("done", running, value=3)
    assert bench.client.state == "idle"


def test_what_is_followed_is_asked_again_with_other_data() -> None:
    bench = Bench()
    bench.client.follow(lambda: bench.session.data)
    assert bench.options == [] and bench.client.state == "idle"
    first = bench.open()
    assert bench.options == [first]
    bench.runner.answer("done", value=1)
    second = bench.open("b")
    assert bench.options == [first, second] and bench.client.answer is None


def test_hidden_work_pauses_and_is_asked_for_when_it_is_seen() -> None:
    bench = Bench()
    bench.client.set_shown(False)
    bench.client.follow(lambda: bench.session.data)
    bench.open()
    last = bench.open("b")
    assert bench.options == []
    assert [(one.job, one.is_watched) for one in bench.runner.watched] == [("counting", False)]
    bench.client.set_shown(True)
    assert bench.options == [last]
    bench.client.set_shown(False)
    bench.client.set_shown(True)
    assert bench.options == [last], "nothing has changed meanwhile"


@pytest.mark.parametrize(("of_weights", "times"), [(False, 1), (True, 2)])
def test_changed_weights_concern_only_what_rests_on_them(of_weights: bool, times: int) -> None:
    bench = Bench(replace(KIND, needs_model=True, of_weights=of_weights))
    bench.client.follow(lambda: "3")
    bench.training.set_progress(TrainProgress(1, 9, 1, 1, 0.0, 0.0, weights_version=5))
    bench.training.set_progress(TrainProgress(1, 9, 1, 1, 9.0, 0.0, weights_version=5))
    assert [wish for wish in bench.options if wish] == ["3"] * times


def test_a_stale_answer_is_asked_for_again_where_it_is_followed_and_told_elsewhere() -> None:
    bench = Bench()
    bench.client.follow(lambda: "3")
    bench.runner.answer("stale")
    assert [wish for wish in bench.options if wish] == ["3", "3"]
    bench.client.ask("once")
    bench.runner.answer("stale")
    assert bench.client.state == "failed"
    assert bench.client.problem.startswith("Counting was ended, because the model has changed.")
