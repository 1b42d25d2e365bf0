from __future__ import annotations

import itertools

import pytest

from latentlab.core.palette import class_colours


@pytest.mark.parametrize("count", [0, 1, 2, 8, 9, 10, 11, 26, 100, 300])
def test_every_class_has_a_colour_of_its_own(count: int) -> None:
    colours = class_colours(count)
    assert len(colours) == len(set(colours)) == count
    assert all(0 <= part <= 255 for colour in colours for part in colour)


@pytest.mark.parametrize("count", [8, 10])
def test_few_colours_are_far_apart(count: int) -> None:
    for a, b in itertools.combinations(class_colours(count), 2):
        assert sum(abs(x - y) for x, y in zip(a, b, strict=True)) >= 60


def test_neighbours_in_number_are_far_apart_however_many_there_are() -> None:
    for a, b in itertools.pairwise(class_colours(300)):
        assert sum(abs(x - y) for x, y in zip(a, b, strict=True)) >= 60


def test_more_classes_do_not_recolour_the_first_ones() -> None:
    assert class_colours(300)[:50] == class_colours(50)
    assert class_colours(8)[:3] == class_colours(3)


def test_no_colour_is_lost_on_a_dark_or_a_light_ground() -> None:
    for r, g, b in class_colours(300):
        light = 0.299 * r + 0.587 * g + 0.114 * b
        assert 50 < light < 240
