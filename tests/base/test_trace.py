from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from latentlab.base import trace
from latentlab.base.trace import FileTracer, NullTracer, now_s


def events_of(path: Path) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return events


def test_spans_and_marks(tmp_path: Path) -> None:
    tracer = FileTracer(tmp_path / "t.json")
    begin = now_s()
    tracer.span("decode", begin, begin + 0.25, sequence=7, what="žluť")
    tracer.mark("ready")
    tracer.close()
    span, mark = events_of(tmp_path / "t.json")
    assert span["name"] == "decode"
    assert span["ph"] == mark["ph"] == "X"
    assert span["dur"] == pytest.approx(250_000, abs=1)
    assert span["args"] == {"sequence": 7, "what": "žluť"}
    assert span["pid"] == os.getpid()
    assert span["ts"] >= 0
    assert mark["ts"] == 0
    assert mark["dur"] >= span["ts"]


def test_times_count_from_the_start_of_the_process(tmp_path: Path) -> None:
    tracer = FileTracer(tmp_path / "t.json")
    tracer.span("a", trace._process_origin_s() + 2.0, trace._process_origin_s() + 3.0)
    tracer.close()
    (event,) = events_of(tmp_path / "t.json")
    assert event["ts"] == pytest.approx(2e6, abs=5e4)
    assert trace._process_origin_s() < now_s()


def test_a_trace_without_events_is_valid(tmp_path: Path) -> None:
    FileTracer(tmp_path / "t.json").close()
    assert events_of(tmp_path / "t.json") == []


def test_a_trace_that_was_not_closed_only_lacks_its_bracket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000, 2000))  # each look at the clock is a second later: all is flushed
    monkeypatch.setattr(trace, "now_s", lambda: float(next(clock)))
    tracer = FileTracer(tmp_path / "t.json")
    for number in range(5):
        tracer.span(f"step {number}", 1.0, 2.0)
    text = (tmp_path / "t.json").read_text()
    assert [event["name"] for event in json.loads(text + "]")] == [f"step {n}" for n in range(5)]
    tracer.close()
    assert len(events_of(tmp_path / "t.json")) == 5


def test_events_after_the_end_are_dropped_and_closing_twice_is_fine(tmp_path: Path) -> None:
    tracer = FileTracer(tmp_path / "t.json")
    tracer.span("a", 0.0, 1.0)
    tracer.close()
    tracer.close()
    tracer.mark("late")
    assert [event["name"] for event in events_of(tmp_path / "t.json")] == ["a"]


def test_an_old_trace_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("old " * 1000)
    FileTracer(tmp_path / "t.json").close()
    assert events_of(tmp_path / "t.json") == []


def test_threads_write_whole_events(tmp_path: Path) -> None:
    tracer = FileTracer(tmp_path / "t.json")
    together = threading.Barrier(4)

    def write(name: str) -> None:
        together.wait()
        for number in range(200):
            tracer.span(name, 0.0, 1.0, number=number)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tracer.close()
    events = events_of(tmp_path / "t.json")
    assert len(events) == 800
    assert len({event["tid"] for event in events}) == 4
    for name in "abcd":
        assert [e["args"]["number"] for e in events if e["name"] == name] == list(range(200))


def test_a_tracer_that_records_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tracer = NullTracer()
    tracer.span("a", 0.0, 1.0, x=1)
    tracer.mark("b", y=2)
    tracer.close()
    assert list(tmp_path.iterdir()) == []
