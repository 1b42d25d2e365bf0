"""Nearest images of wide codes are found beside the window; the newest question counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from latentlab.latent.neighbours import NeighbourIndex, Neighbours
from latentlab.workspace import neighbour_search
from latentlab.workspace.neighbour_search import NeighbourSearch

WIDE = np.random.default_rng(0).normal(size=(50, 17)).astype(np.float32)


@pytest.fixture
def search(qtbot: QtBot) -> Iterator[NeighbourSearch]:
    made = NeighbourSearch()
    yield made
    made.close()


def heard(search: NeighbourSearch) -> list[Neighbours | None]:
    answers: list[Neighbours | None] = []
    search.found.connect(answers.append)
    return answers


def test_narrow_codes_are_answered_at_once(search: NeighbourSearch) -> None:
    codes = WIDE[:, :16].copy()
    found = search.query(NeighbourIndex(codes), codes[7], 1)
    assert found is not None and found.indices.tolist() == [7]


@pytest.mark.parametrize("most", [None, 20])
def test_wide_and_many_codes_are_answered_later(
    search: NeighbourSearch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, most: int | None
) -> None:
    codes = WIDE
    if most is not None:
        codes = WIDE[:, :2].copy()
        monkeypatch.setattr(neighbour_search, "_MAX_QUICK_POINTS", most)
    answers = heard(search)
    index = NeighbourIndex(codes)
    assert search.query(index, codes[7], 2) is None
    qtbot.waitUntil(lambda: bool(answers))
    assert answers[0] is not None
    np.testing.assert_array_equal(answers[0].indices, index.query(codes[7], 2).indices)


class Slow(NeighbourIndex):
    """Answers when it may, and notes in which thread."""

    def __init__(self) -> None:
        super().__init__(WIDE)
        self.may, self.begun = threading.Event(), threading.Event()
        self.asked: list[int] = []
        self.threads: set[int] = set()

    def query(self, z: np.ndarray, k: int) -> Neighbours:
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.may.wait(30.0)
        found = super().query(z, k)
        self.asked.append(int(found.indices[0]))
        return found


def test_of_many_questions_the_newest_is_answered(search: NeighbourSearch, qtbot: QtBot) -> None:
    answers, index = heard(search), Slow()
    search.query(index, WIDE[0], 1)
    assert index.begun.wait(30.0)
    for number in range(1, 40):
        search.query(index, WIDE[number], 1)
    index.may.set()
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert index.asked == [0, 39], "those between were not looked for"
    assert threading.get_ident() not in index.threads
    assert answers[-1] is not None and answers[-1].indices.tolist() == [39]


def test_what_is_dropped_does_not_come(search: NeighbourSearch, qtbot: QtBot) -> None:
    answers, index = heard(search), Slow()
    search.query(index, WIDE[0], 1)
    assert index.begun.wait(30.0)
    search.drop()
    index.may.set()
    search.query(NeighbourIndex(WIDE), WIDE[5], 1)
    qtbot.waitUntil(lambda: bool(answers))
    assert [a and a.indices.tolist() for a in answers] == [[5]]


def test_a_search_that_fails_says_that_nothing_is_known(
    search: NeighbourSearch, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(NeighbourIndex):
        def query(self, z: np.ndarray, k: int) -> Neighbours:
            raise MemoryError

    answers = heard(search)
    search.query(Broken(WIDE), WIDE[0], 1)
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [None]
    caplog.clear()
    search.query(NeighbourIndex(WIDE), WIDE[3], 1)
    qtbot.waitUntil(lambda: len(answers) == 2)
