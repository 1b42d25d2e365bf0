from __future__ import annotations

import pytest

from latentlab.services.engine.pace import INTERACTING_S, PIECE_S, Pace, PieceSize


def test_the_first_piece_is_small() -> None:
    assert PieceSize(512).items() == 16
    assert PieceSize(5).items() == 5


@pytest.mark.parametrize(("item_s", "expected"), [(1e-3, 10), (1e-5, 512), (1.0, 1), (4e-3, 2)])
def test_a_piece_takes_about_the_wanted_time(item_s: float, expected: int) -> None:
    piece = PieceSize(512)
    piece.learn(20, 20 * item_s)
    assert piece.items(0.0101) == expected


def test_a_piece_is_short_unless_told() -> None:
    piece = PieceSize(512)
    piece.learn(10, PIECE_S / 10)
    assert piece.items() == pytest.approx(100, abs=1)
    assert PIECE_S < 1 / 60


def test_a_longer_time_holds_more_items() -> None:
    piece = PieceSize(10_000)
    piece.learn(10, 0.01)
    assert piece.items(1.0001) == 1000


def test_it_follows_a_machine_that_becomes_slower() -> None:
    piece = PieceSize(512)
    piece.learn(100, 0.01)
    fast = piece.items(0.0101)
    for _ in range(12):
        piece.learn(10, 0.01)
    assert fast == 101
    assert piece.items(0.0101) == 10


def test_one_slow_piece_does_not_end_everything() -> None:
    piece = PieceSize(512)
    piece.learn(100, 0.01)
    piece.learn(100, 0.03)
    assert 40 <= piece.items(0.01) < 100


def test_nothing_learnt_from_nothing_breaks_nothing() -> None:
    piece = PieceSize(512)
    piece.learn(0, 0.0)
    assert piece.items() == 16


class Hand:
    """Somebody who has not moved for some seconds."""

    def __init__(self, idle_s: float) -> None:
        self.idle_s = idle_s

    def __call__(self) -> float:
        return self.idle_s


def test_batches_are_split_only_while_somebody_interacts() -> None:
    hand = Hand(10.0)
    pace = Pace(hand)
    pace.trained(100, 5 * PIECE_S)
    assert pace.micro_batch() is None
    assert not pace.is_interacting()
    hand.idle_s = INTERACTING_S / 2
    assert pace.is_interacting()
    assert pace.micro_batch() == pytest.approx(20, abs=1)
    hand.idle_s = INTERACTING_S * 1.01
    assert pace.micro_batch() is None


def test_a_part_has_some_images_however_slow_they_are() -> None:
    pace = Pace(Hand(0.0))
    pace.trained(10, 10.0)
    assert pace.micro_batch() == 4


@pytest.mark.parametrize(("idle_s", "share"), [(10.0, 0.04), (0.0, 0.30)])
def test_work_beside_training_gets_its_share(idle_s: float, share: float) -> None:
    pace = Pace(Hand(idle_s))
    assert pace.may_work_beside()
    beside_s = 0.0
    for _ in range(2000):
        pace.trained(100, 0.010)
        if pace.may_work_beside():
            pace.spent_beside(0.010)
            beside_s += 0.010
    assert beside_s / 20.0 == pytest.approx(share, rel=0.15)


def test_a_long_piece_is_paid_for_before_the_next() -> None:
    pace = Pace(Hand(10.0))
    pace.spent_beside(1.0)
    turns = 0
    while not pace.may_work_beside():
        pace.trained(100, 0.1)
        turns += 1
    assert turns == pytest.approx(250, abs=2)


def test_long_quiet_training_saves_up_little() -> None:
    pace = Pace(Hand(10.0))
    for _ in range(1000):
        pace.trained(100, 1.0)
    pace.spent_beside(0.06)
    assert not pace.may_work_beside()
