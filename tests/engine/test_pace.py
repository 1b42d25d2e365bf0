from __future__ import annotations

import pytest

from latentlab.engine.pace import (
    BUSY_SHARE,
    INTERACTING_S,
    LONGEST_PART_S,
    PIECE_S,
    QUIET_SHARE,
    SHORTEST_PART_S,
    Pace,
    PartSize,
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
    pace.plan_parts(128, 4 * SHORTEST_PART_S)
    assert pace.micro_batch() is None
    assert not pace.is_interacting()
    hand.idle_s = INTERACTING_S / 2
    assert pace.is_interacting()
    assert pace.micro_batch() == 32
    hand.idle_s = INTERACTING_S * 1.01
    assert pace.micro_batch() is None


def test_a_new_run_is_not_split_as_the_one_before() -> None:
    pace = Pace(Hand(0.0))
    pace.plan_parts(128, 1.0)
    pace.begin_run()
    assert pace.micro_batch() is None
    pace.trained_part(128, 1.0)


@pytest.mark.parametrize(
    ("step_s", "expected"),
    [
        (SHORTEST_PART_S / 10, 128),
        (SHORTEST_PART_S, 128),
        (2 * SHORTEST_PART_S, 64),
        (1000.0, 1),
        (None, 128),
        (0.0, 128),
    ],
)
def test_a_part_is_at_most_the_batch_and_at_least_one_image(
    step_s: float | None, expected: int
) -> None:
    pace = Pace(Hand(0.0))
    pace.plan_parts(128, step_s)
    assert pace.micro_batch() == expected


class Machine:
    """Computes parts that cost something each and something for each image."""

    def __init__(self, part_s: float, image_s: float) -> None:
        self.part_s = part_s
        self.image_s = image_s

    def train(self, size: PartSize, parts: int = 400) -> float:
        """Compute some parts and return how long the last one took."""
        seconds = 0.0
        for _ in range(parts):
            seconds = self.part_s + self.image_s * size.items
            size.learn(size.items, seconds)
        return seconds


@pytest.mark.parametrize("image_s", [1e-5, 5e-5, 2e-4, 1e-3, 4e-3])
@pytest.mark.parametrize("part_s", [0.0, 0.001, 0.002])
@pytest.mark.parametrize("guess_s", [None, 0.003, 0.08])
def test_no_part_takes_longer_than_a_pointer_can_wait(
    part_s: float, image_s: float, guess_s: float | None
) -> None:
    size = PartSize(128, guess_s)
    machine = Machine(part_s, image_s)
    last_s = machine.train(size)
    assert last_s <= LONGEST_PART_S or size.items == 1
    # And none is needlessly small.
    assert size.items == 128 or 2 * last_s > LONGEST_PART_S


def test_parts_follow_a_machine_that_becomes_slower_and_faster() -> None:
    size = PartSize(128, None)
    assert Machine(0.0005, 3e-5).train(size) <= LONGEST_PART_S
    quick = size.items
    assert Machine(0.0010, 6e-5).train(size) <= LONGEST_PART_S
    assert size.items < quick
    assert Machine(0.0005, 3e-5).train(size) <= LONGEST_PART_S
    assert size.items >= 0.6 * quick


def test_what_cannot_be_made_shorter_is_not_split_without_end() -> None:
    size = PartSize(128, None)
    Machine(0.020, 1e-6).train(size)
    assert size.items >= 32, "a part costs 20 ms however small it is"


def test_after_a_rest_smaller_parts_are_tried_again() -> None:
    size = PartSize(128, None)
    Machine(0.020, 1e-6).train(size)
    size.rest()
    assert Machine(0.0005, 1e-4).train(size) <= LONGEST_PART_S


def test_a_few_interrupted_parts_change_nothing() -> None:
    size = PartSize(128, None)
    machine = Machine(0.0005, 4e-5)
    machine.train(size)
    before = size.items
    for number in range(70):
        size.learn(size.items, 0.1 if number % 5 == 0 else 0.005)
    assert size.items == before


def test_the_small_rest_of_a_batch_says_nothing() -> None:
    size = PartSize(100, 2.9 * SHORTEST_PART_S)
    assert size.items == 34
    for _ in range(50):
        size.learn(32, 1e-6)
    assert size.items == 34


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
