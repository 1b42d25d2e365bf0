"""Jobs run a piece at a time: the newest counts, a failing one ends alone, stale ones are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from latentlab.base.errors import LatentLabError
from latentlab.engine import runner as runner_module
from latentlab.engine.jobs import JobKind, JobReport, JobRequest, Part, Share, Sources, Steps
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.runner import Runner
from latentlab.engine.work import Guard

COUNTING = JobKind("counting", f"{__name__}:counted", "Counting", "Count again.")
OF_MODEL = replace(COUNTING, name="of_model", needs_model=True)
OF_WEIGHTS = replace(OF_MODEL, name="of_weights", of_weights=True, beside_training=True)


@dataclass(frozen=True)
class Count:
    """How far to count, and what happens at the end."""

    to: int
    error: Exception | None = None


closed: list[int] = []


def counted(options: Count, sources: Sources) -> Steps[int]:
    del sources
    try:
        for number in range(options.to):
            yield Share(number / options.to)
            yield Part(number) if number == 1 else None
        if options.error is not None:
            raise options.error
        return options.to
    finally:
        closed.append(options.to)


class Bench:
    """A runner with a model that is only a number."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.mailbox = Mailbox()
        self.model: Any = SimpleNamespace(session_epoch=1, weights_version=0)
        self.runner = Runner(self.mailbox, self.said.append, self.sources)
        self.guard = Guard(self.mailbox, self.said.append)
        closed.clear()

    def sources(self) -> Sources:
        return Sources(self.model, torch.device("cpu"))

    def ask(self, kind: JobKind, options: Count | None, sequence: int = 1) -> None:
        self.mailbox.put_job(JobRequest(kind, kind.name, sequence, options, 1))

    def turn(self, count: int = 1) -> None:
        for _ in range(count):
            for work in self.runner.works():
                self.guard.advance(work)

    def rest(self) -> list[JobReport]:
        for _ in range(100):
            if not self.runner.has_work():
                return self.said
            self.turn()
        raise AssertionError("still busy")


def test_an_answer_comes_after_its_progress_and_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "REPORT_EVERY_S", 0.0)
    bench = Bench()
    bench.ask(COUNTING, Count(2))
    assert bench.runner.has_work(), "a request that waits is work"
    states = [(r.state, r.share, r.value) for r in bench.rest()]
    assert states == [
        ("running", 0.0, None),
        ("running", 0.5, None),
        ("running", 0.0, 1),
        ("done", 1.0, 2),
    ]


def test_progress_is_told_ten_times_a_second_at_most() -> None:
    bench = Bench()
    bench.ask(COUNTING, Count(30))
    assert sum(r.state == "running" and r.value is None for r in bench.rest()) == 1


def test_a_newer_request_of_the_same_client_ends_the_older() -> None:
    bench = Bench()
    bench.ask(COUNTING, Count(50), 1)
    bench.turn(5)
    bench.ask(COUNTING, Count(3), 2)
    answers = [r for r in bench.rest() if r.state == "done"]
    assert [(r.sequence, r.value) for r in answers] == [(2, 3)]
    assert closed == [50, 3], "the older one was closed at once"


def test_what_finishes_first_does_so_and_only_the_newest_follows() -> None:
    bench = Bench()
    patient = replace(COUNTING, name="patient", finishes_first=True)
    bench.ask(patient, Count(4), 1)
    bench.turn(2)
    bench.ask(patient, Count(5), 2)
    bench.turn()
    bench.ask(patient, Count(6), 3)
    answers = [r for r in bench.rest() if r.state == "done"]
    assert [(r.sequence, r.value) for r in answers] == [(1, 4), (3, 6)]
    bench.ask(patient, Count(4), 4)
    bench.turn(2)
    bench.ask(patient, Count(5), 5)
    bench.turn()
    bench.said.clear()
    bench.ask(patient, None, 6)
    assert bench.rest() == [], "nor does what waited begin"


def test_no_options_end_what_goes_on() -> None:
    bench = Bench()
    bench.ask(COUNTING, Count(50))
    bench.turn(3)
    bench.said.clear()
    bench.ask(COUNTING, None)
    assert bench.rest() == [] and closed == [50]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (LatentLabError("There is no such thing; take another."), "no such thing"),
        (ValueError("odd"), "Counting failed unexpectedly (ValueError). Count again."),
        (MemoryError(), "Counting needs more memory"),
    ],
)
def test_a_failing_job_ends_alone_and_says_so_to_its_client(
    error: Exception, sentence: str
) -> None:
    bench = Bench()
    other = replace(COUNTING, name="other")
    bench.ask(COUNTING, Count(1, error))
    bench.ask(other, Count(9))
    said = bench.rest()
    assert all(isinstance(report, JobReport) for report in said), "nobody else is told"
    failed = [report for report in said if report.state == "failed"]
    assert [report.slot for report in failed] == ["counting"] and sentence in failed[0].sentence
    assert [report.slot for report in said if report.state == "done"] == ["other"]


def test_work_that_cannot_be_imported_fails_like_any_other() -> None:
    bench = Bench()
    bench.ask(replace(COUNTING, work="latentlab.nowhere:nothing"), Count(1))
    assert [report.state for report in bench.rest()] == ["failed"]


@pytest.mark.parametrize(
    ("kind", "another_model", "other_weights"),
    [(COUNTING, "done", "done"), (OF_MODEL, "stale", "done"), (OF_WEIGHTS, "stale", "stale")],
)
def test_what_a_job_needs_must_not_change(
    kind: JobKind, another_model: str, other_weights: str
) -> None:
    for change, expected in (("session_epoch", another_model), ("weights_version", other_weights)):
        bench = Bench()
        bench.ask(kind, Count(5))
        bench.turn(3)
        setattr(bench.model, change, 7)
        assert bench.rest()[-1].state == expected
        assert closed == [5]


def test_a_change_in_the_last_piece_makes_the_answer_stale() -> None:
    bench = Bench()
    bench.ask(OF_WEIGHTS, Count(0))
    bench.turn()
    bench.model.weights_version = 1
    assert bench.rest()[-1].state == "stale"


def test_without_a_model_what_needs_one_is_stale() -> None:
    bench = Bench()
    bench.model = None
    bench.ask(OF_MODEL, Count(2))
    assert [report.state for report in bench.rest()] == ["stale"]


def test_beside_training_only_what_may() -> None:
    bench = Bench()
    bench.ask(COUNTING, Count(5))
    bench.ask(OF_WEIGHTS, Count(5))
    assert [work.job for work in bench.runner.works(beside_training=True)] == ["of_weights"]
    assert len(bench.runner.works()) == 2


def test_closing_ends_everything() -> None:
    bench = Bench()
    bench.ask(COUNTING, Count(5))
    bench.turn(2)
    bench.runner.close()
    assert closed == [5] and not bench.runner.has_work()
