"""What was clicked goes before what nobody watches, and nothing starves anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest

from latentlab.base.trace import NullTracer
from latentlab.engine.cursor_messages import Decoded, DecodeRequest
from latentlab.engine.engine import Engine
from latentlab.engine.failure import Job
from latentlab.engine.fair_turns import FairTurns
from latentlab.engine.jobs import JobReport, JobRequest
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import ModelOpened, OpenModelCommand, UseDataCommand, WatchCommand
from latentlab.engine.work import Work
from latentlab.features.noise_lab import non_local_means, strip_job
from latentlab.features.noise_lab.messages import StripAdvanced, StripRequest
from latentlab.features.outliers.messages import FINDING, OutlierOptions
from latentlab.features.variations.messages import VARYING, VaryOptions
from latentlab.images.image_set import ImageSet

R = TypeVar("R")
STEPS = (("gaussian", 0.3),)


class Bench:
    """An engine with some digits and the bundled model."""

    def __init__(self, data: ImageSet) -> None:
        self.data = data
        self.mailbox = Mailbox()
        self.said: list[Any] = []
        self.engine = Engine(self.mailbox, self.said.append, NullTracer())
        self.mailbox.put_command(UseDataCommand(data))
        self.mailbox.put_command(OpenModelCommand("digits-vae"))
        self.rest()
        self.epoch = self.of(ModelOpened)[-1].session_epoch

    def of(self, kind: type[R]) -> list[R]:
        return [result for result in self.said if isinstance(result, kind)]

    def rest(self) -> None:
        for _ in range(20_000):
            if not self.engine.turn():
                return
        raise AssertionError("still busy")

    def until(self, done: Callable[[], bool]) -> None:
        for _ in range(20_000):
            if done():
                return
            self.engine.turn()
        raise AssertionError("not reached")

    def ask_for_strip(self, sequence: int = 1) -> None:
        image = np.asarray(self.data.images[0])
        self.mailbox.put(StripRequest(self.epoch, sequence, image, STEPS, 0, 0, ""))

    def ask_for_outliers(self) -> None:
        some = ImageSet("some", "Some", np.asarray(self.data.images[:100]))  # sooner than a strip
        options = OutlierOptions(some, np.arange(len(some)))
        self.mailbox.put_job(JobRequest(FINDING, "outliers", 1, options, self.epoch))

    @property
    def has_outliers(self) -> bool:
        return any(report.state == "done" for report in self.of(JobReport))

    def watch(self, job: Job, watched: bool) -> None:
        self.mailbox.put_command(WatchCommand(job, watched))

    @property
    def is_strip_complete(self) -> bool:
        return any(strip.complete for strip in self.of(StripAdvanced))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, few_digits: ImageSet) -> Bench:
    monkeypatch.setattr(non_local_means, "is_available", lambda: False)
    monkeypatch.setattr(strip_job, "_FEWEST_LEARNT_FROM", 10**9)  # the linear fit takes seconds
    return Bench(few_digits)


def test_outliers_do_not_wait_for_a_strip_that_is_being_computed(bench: Bench) -> None:
    bench.ask_for_strip()
    bench.until(lambda: bool(bench.of(StripAdvanced)))
    bench.ask_for_outliers()
    bench.until(lambda: bench.has_outliers)
    assert not bench.is_strip_complete
    bench.rest()
    assert bench.is_strip_complete, "it had its turns as well"


def test_a_strip_that_nobody_watches_pauses_and_continues_where_it_was(bench: Bench) -> None:
    bench.ask_for_strip()
    bench.until(lambda: len(bench.of(StripAdvanced)) >= 2)
    bench.watch("strip", False)
    bench.rest()
    known = bench.of(StripAdvanced)[-1]
    assert not known.complete and known.num_images > 0
    bench.watch("strip", True)
    count = len(bench.of(StripAdvanced))
    bench.until(lambda: len(bench.of(StripAdvanced)) > count)
    assert bench.of(StripAdvanced)[count].num_images >= known.num_images, "not from the start"
    bench.rest()
    assert bench.is_strip_complete


def test_what_is_asked_for_while_nobody_watches_is_begun_when_somebody_does(bench: Bench) -> None:
    bench.watch("strip", False)
    bench.ask_for_strip(7)
    bench.rest()
    assert not bench.of(StripAdvanced)
    assert bench.mailbox.is_empty(), "or nothing else would wake the thread"
    bench.mailbox.put(DecodeRequest(bench.epoch, 1, np.zeros(2, np.float32), 0.0, True))
    bench.rest()
    assert bench.of(Decoded)
    bench.watch("strip", True)
    bench.rest()
    assert bench.is_strip_complete
    assert {strip.sequence for strip in bench.of(StripAdvanced)} == {7}


def test_a_newer_request_takes_the_place_of_one_that_was_put_aside(bench: Bench) -> None:
    bench.watch("strip", False)
    bench.ask_for_strip(1)
    bench.rest()
    bench.watch("strip", True)
    bench.ask_for_strip(2)
    bench.rest()
    assert {strip.sequence for strip in bench.of(StripAdvanced)} == {2}


def test_other_data_end_a_strip_that_pauses(bench: Bench) -> None:
    bench.ask_for_strip()
    bench.until(lambda: bool(bench.of(StripAdvanced)))
    bench.watch("strip", False)
    bench.rest()
    bench.mailbox.put_command(UseDataCommand(bench.data))
    bench.rest()
    count = len(bench.of(StripAdvanced))
    bench.watch("strip", True)
    bench.rest()
    assert len(bench.of(StripAdvanced)) == count


def test_sheets_that_nobody_watches_pause(bench: Bench) -> None:
    image = np.asarray(bench.data.images[0])
    bench.watch("variations", False)
    options = VaryOptions(image, "prior", 0.3, 4, 0)
    bench.mailbox.put_job(JobRequest(VARYING, "variations", 1, options, bench.epoch))
    bench.rest()
    assert not bench.of(JobReport)
    bench.watch("variations", True)
    bench.rest()
    assert [report.state for report in bench.of(JobReport)] == ["done"]


def test_long_and_short_pieces_get_the_same_time() -> None:
    left = {"strip": 100, "outliers": 1000}
    costs = {"strip": 0.1, "outliers": 0.004}

    def work(job: Job) -> Work:
        return Work(job, lambda: left[job] > 0, lambda: None, lambda: None)

    works = [work("strip"), work("outliers")]
    turns, spent = FairTurns(), {"strip": 0.0, "outliers": 0.0}
    for _ in range(400):
        chosen = turns.next_of(works)
        assert chosen is not None
        turns.spent(chosen, costs[chosen.job])
        spent[chosen.job] += costs[chosen.job]
        left[chosen.job] -= 1
    assert abs(spent["strip"] - spent["outliers"]) <= costs["strip"] + 1e-9
    left["strip"] = 0
    assert turns.next_of(works) is works[1]
    for _ in range(50):
        turns.spent(works[1], 1.0)
    left["strip"] = 10
    first = turns.next_of(works)
    assert first is not None
    turns.spent(works[0], 0.5)
    assert turns.next_of(works) is works[1], "what comes anew has no claim on what is past"
    left.update(strip=0, outliers=0)
    assert turns.next_of(works) is None
