from __future__ import annotations

import pytest

from latentlab.services.engine.pace import (
    BUSY_SHARE,
    INTERACTING_S,
    PIECE_S,
    QUIET_SHARE,
    Pace,
    PieceSize,
)


def test_the_first_piece_is_small() -> None:
    assert PieceSize(512).items == 16
    assert PieceSize(5).items == 5


@pytest.mark.parametrize(
    ("pieces_per_item", "expected"), [(1 / 50, 50), (1 / 10_000, 512), (1 / 8, 8)]
)
def test_a_piece_takes_about_its_time(pieces_per_item: float, expected: int) -> None:
    piece = PieceSize(512)
    piece.learn(20, 20 * pieces_per_item * PIECE_S)
    assert piece.items == pytest.approx(expected, abs=1)
    assert PIECE_S < 1 / 60, "two pieces fit between two frames"


def test_a_piece_has_some_items_however_slow_they_are() -> None:
    piece = PieceSize(512)
    piece.learn(1, 100.0)
    assert 1 <= piece.items <= 16


def test_it_follows_a_machine_that_becomes_slower() -> None:
    piece = PieceSize(512)
    piece.learn(100, PIECE_S)
    fast = piece.items
    for _ in range(15):
        piece.learn(10, PIECE_S / 2)
    assert fast == pytest.approx(100, abs=1)
    assert piece.items == pytest.approx(20, abs=2)


def test_one_slow_piece_does_not_end_everything() -> None:
    piece = PieceSize(512)
    piece.learn(100, PIECE_S)
    piece.learn(100, 3 * PIECE_S)
    assert 40 <= piece.items < 100


def test_nothing_learnt_from_nothing_breaks_nothing() -> None:
    piece = PieceSize(512)
    piece.learn(0, 0.0)
    assert piece.items == 16


class Hand:
    """Somebody who has not moved for some seconds."""

    def __init__(self, idle_s: float) -> None:
        self.idle_s = idle_s

    def __call__(self) -> float:
        return self.idle_s


def test_batches_are_split_only_while_somebody_interacts() -> None:
    hand = Hand(10.0)
    pace = Pace(hand)
    pace.plan_micro_batch(128, 4 * PIECE_S)
    assert pace.micro_batch() is None
    assert not pace.is_interacting()
    hand.idle_s = INTERACTING_S / 2
    assert pace.is_interacting()
    assert pace.micro_batch() == 32
    hand.idle_s = INTERACTING_S * 1.01
    assert pace.micro_batch() is None


@pytest.mark.parametrize(
    ("step_s", "expected"),
    [
        (PIECE_S / 10, 128),
        (PIECE_S, 128),
        (2 * PIECE_S, 64),
        (1000.0, 1),
        (None, 128),
        (0.0, 128),
    ],
)
def test_a_part_is_at_most_the_batch_and_at_least_one_image(
    step_s: float | None, expected: int
) -> None:
    pace = Pace(Hand(0.0))
    pace.plan_micro_batch(128, step_s)
    assert pace.micro_batch() == expected


@pytest.mark.parametrize(("idle_s", "share"), [(10.0, QUIET_SHARE), (0.0, BUSY_SHARE)])
def test_work_beside_training_gets_its_share(idle_s: float, share: float) -> None:
    pace = Pace(Hand(idle_s))
    assert pace.may_work_beside()
    beside_s = 0.0
    for _ in range(2000):
        pace.trained(0.010)
        if pace.may_work_beside():
            pace.spent_beside(0.010)
            beside_s += 0.010
    assert beside_s / 20.0 == pytest.approx(share, rel=0.15)


def test_a_long_piece_is_paid_for_before_the_next() -> None:
    pace = Pace(Hand(10.0))
    pace.spent_beside(1.0)
    turns = 0
    while not pace.may_work_beside():
        pace.trained(0.1)
        turns += 1
    assert turns == pytest.approx(1.0 / (0.1 * QUIET_SHARE), abs=2)


def test_long_quiet_training_saves_up_little() -> None:
    pace = Pace(Hand(10.0))
    for _ in range(1000):
        pace.trained(1.0)
    pace.spent_beside(0.06)
    assert not pace.may_work_beside()
