from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from latentlab.data.pictures.background import in_background


def test_what_it_tells_and_returns_arrives() -> None:
    told = threading.Event()

    def work() -> Generator[int, None, str]:
        yield 7
        assert told.wait(10)
        return "done"

    found = in_background(work())
    while next(found) != 7:
        pass
    told.set()
    with pytest.raises(StopIteration) as end:
        while True:
            next(found)
    assert end.value.value == "done"


def test_what_it_raises_is_raised_where_it_is_wanted() -> None:
    def work() -> Generator[int, None, None]:
        yield 1
        raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        list(in_background(work()))


def test_whoever_closes_it_does_not_wait_for_a_system_that_does_not_answer() -> None:
    answered, ended = threading.Event(), threading.Event()

    def work() -> Generator[int, None, None]:
        try:
            answered.wait(60)  # as a network folder whose server is gone
            yield 1
            yield 2
        finally:
            ended.set()

    found = in_background(work())
    assert next(found) is None
    found.close()
    assert not ended.is_set()
    answered.set()
    assert ended.wait(10), "it ends as soon as the system answers"
