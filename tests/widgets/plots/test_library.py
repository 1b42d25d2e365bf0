"""The library of plots waits while a hand is at work."""

from __future__ import annotations

import pytest

from latentlab.widgets.plots import library


class Hand:
    """Somebody who has not moved for some seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def idle_s(self) -> float:
        return self.seconds


def test_nothing_is_loaded_under_a_hand_and_no_window_is_kept_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library, "_CANVAS", "nothing of that name")
    monkeypatch.setattr(library, "_pieces", [iter([None, None])])
    monkeypatch.setattr(library, "_idle", [])
    left = library._pieces[0]
    hand = Hand()
    library.load_when_quiet(hand.idle_s)
    assert not library.load_piece() and len(list(left)) == 2
    monkeypatch.setattr(library, "_pieces", [iter([None])])
    hand.seconds = 1.0
    assert not library.load_piece()
    assert library.load_piece(), "all is loaded"
    del hand
    monkeypatch.setattr(library, "_pieces", [iter([])])
    assert library.load_piece(), "nobody is left to wait for"
