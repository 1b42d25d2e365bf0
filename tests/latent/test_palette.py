from __future__ import annotations

import itertools

import numpy as np
import pytest

from latentlab.latent.palette import MOST_COLOURS, class_colours
from latentlab.widgets.style.tokens import DARK, LIGHT


@pytest.mark.parametrize("count", [0, 1, 2, 8, 9, 10, 11, 26, 100, 300])
def test_every_class_has_a_colour_of_its_own(count: int) -> None:
    colours = class_colours(count)
    assert len(colours) == len(set(colours)) == count
    assert all(0 <= part <= 255 for colour in colours for part in colour)


@pytest.mark.parametrize("count", [8, 10])
def test_few_colours_are_far_apart(count: int) -> None:
    for a, b in itertools.combinations(class_colours(count), 2):
        assert sum(abs(x - y) for x, y in zip(a, b, strict=True)) >= 60


def luminance(colour: tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    darker, lighter = sorted((luminance(a), luminance(b)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("count", [12, 16, 30])
def test_a_dozen_and_more_colours_are_told_apart(count: int) -> None:
    for a, b in itertools.combinations(class_colours(count), 2):
        assert max(abs(x - y) for x, y in zip(a, b, strict=True)) >= 30


def test_even_hundreds_of_colours_are_steps_apart() -> None:
    colours = np.array(class_colours(300))
    apart = np.abs(colours[:, None] - colours[None]).max(-1)
    assert apart[~np.eye(300, dtype=bool)].min() >= 12


def test_more_classes_do_not_recolour_the_first_ones() -> None:
    assert class_colours(300)[:50] == class_colours(50)
    assert class_colours(17)[:11] == class_colours(11)
    assert class_colours(11)[:10] == class_colours(10)
    assert class_colours(8)[:3] == class_colours(3)


def test_no_colour_beyond_the_first_ten_is_lost_on_the_ground_of_either_theme() -> None:
    for tokens in (DARK, LIGHT):
        ground = tuple(bytes.fromhex(tokens.background[1:]))
        for colour in class_colours(300)[10:]:
            assert contrast(colour, ground) >= 2.0


def test_beyond_the_last_colour_they_begin_again() -> None:
    colours = class_colours(MOST_COLOURS + 5)
    assert len(set(colours)) == MOST_COLOURS
    assert colours[MOST_COLOURS:] == colours[:5]
