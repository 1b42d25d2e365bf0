from __future__ import annotations

import numpy as np
import pytest

from latentlab.base.errors import DataError
from latentlab.data.shapes import (
    FACTORS,
    SHAPE_NAMES,
    draw,
    factors,
    is_shapes_name,
    open_shapes,
    parse_shapes_name,
)

NAMES = [factor.name for factor in FACTORS]


def column(values: np.ndarray, name: str) -> np.ndarray:
    return values[:, NAMES.index(name)]


def row(shape: int, **changes: float) -> np.ndarray:
    values = {"hue": 0.1, "size": 6.0, "angle": 0.0, "x": 16.0, "y": 16.0} | changes
    return np.array([[shape, *(values[name] for name in NAMES[1:])]], np.float64)


def cover_of(values: np.ndarray) -> np.ndarray:
    """How far each pixel is covered, (n, 32, 32) from 0 to 1, told from the images."""
    hue = column(values, "hue")[:, None]
    colour = 255 * (0.6 + 0.4 * np.cos(2 * np.pi * (hue - np.arange(3) / 3)))
    return draw(values).astype(float).sum(3) / colour.sum(1)[:, None, None]


def test_the_set_is_what_it_says() -> None:
    shapes = open_shapes()
    assert (shapes.name, shapes.title) == ("shapes", "Shapes")
    assert shapes.images.shape == (6_000, 32, 32, 3)
    assert shapes.images.dtype == np.uint8
    assert shapes.labels is not None
    assert shapes.class_names == SHAPE_NAMES
    assert np.bincount(shapes.labels).min() > 1_350, "all forms are about as frequent"
    assert (shapes.images.max((1, 2, 3)) > 100).all(), "no image is empty"
    frame = np.ones((32, 32), bool)
    frame[1:-1, 1:-1] = False
    assert not shapes.images[:, frame].any(), "nothing is cut off"


def test_the_same_name_is_the_same_set_and_a_longer_one_begins_with_it() -> None:
    some = open_shapes("shapes:300:5")
    assert some.fingerprint == open_shapes("shapes:300:5").fingerprint
    np.testing.assert_array_equal(open_shapes("shapes:700:5").images[:300], some.images)
    assert some.fingerprint != open_shapes("shapes:300:6").fingerprint
    assert some.name == "shapes:300:5"
    np.testing.assert_array_equal(open_shapes("shapes:9").images, open_shapes().images[:9])


def test_factors_are_even_and_independent() -> None:
    values = factors(20_000, 1)
    assert values.shape == (20_000, len(FACTORS))
    for factor in FACTORS:
        found = column(values, factor.name)
        assert (found >= factor.low).all()
        assert (found < factor.high).all()
        if factor.kind == "choice":
            assert set(found) == set(range(len(SHAPE_NAMES)))
            continue
        share = (found - factor.low) / (factor.high - factor.low)
        counts = np.histogram(share, 10, (0, 1))[0]
        assert np.abs(counts - 2_000).max() < 200, factor.name
    apart = np.corrcoef(values.T) - np.eye(len(FACTORS))
    assert np.abs(apart).max() < 0.03
    np.testing.assert_array_equal(column(values, "shape")[:50], open_shapes("shapes:50:1").labels)


def test_size_and_place_mean_the_same_for_each_form() -> None:
    values = factors(800, 2)
    cover = cover_of(values)
    area = cover.sum((1, 2))
    np.testing.assert_allclose(area, np.pi * column(values, "size") ** 2, rtol=0.03)
    centres = np.arange(32) + 0.5
    x, y = cover.sum(1) @ centres / area, cover.sum(2) @ centres / area
    np.testing.assert_allclose(x, column(values, "x"), atol=0.1)
    np.testing.assert_allclose(y, column(values, "y"), atol=0.1)


def test_hearts_and_triangles_stand_upright_and_turn_clockwise() -> None:
    heart, triangle = (SHAPE_NAMES.index(name) for name in ("heart", "triangle"))
    for shape, wide_above in ((heart, True), (triangle, False)):
        widths = cover_of(row(shape))[0].sum(1)
        above, below = widths[:16].max(), widths[17:].max()
        assert (above > below) == wide_above
    for angle, tip_is_at in ((0.0, 15.5), (20.0, 18.7), (-20.0, 12.3)):
        cover = cover_of(row(triangle, angle=angle))[0]
        tip = cover[np.flatnonzero(cover.sum(1) > 0.2)[0]]
        assert np.average(np.arange(32), weights=tip) == pytest.approx(tip_is_at, abs=0.6)


def test_an_angle_is_unambiguous_for_each_form() -> None:
    for shape in range(len(SHAPE_NAMES)):
        drawn = [draw(row(shape, angle=angle))[0].astype(int) for angle in (-30.0, 0.0, 30.0)]
        for one, other in ((0, 1), (1, 2), (0, 2)):
            assert np.abs(drawn[one] - drawn[other]).max() > 60


def test_edges_are_smooth() -> None:
    cover = cover_of(factors(400, 3))
    partly = (cover > 0.05) & (cover < 0.95)
    fully = cover >= 0.95
    assert (partly.sum((1, 2)) >= 8).all()
    assert (fully.sum((1, 2)) > partly.sum((1, 2)) / 3).all()
    # A shift by a tenth of a pixel is seen.
    moved = draw(row(0, x=16.1)).astype(int) - draw(row(0)).astype(int)
    assert 5 < np.abs(moved).max() < 60


def test_cover_is_that_of_a_much_finer_drawing() -> None:
    for shape in range(len(SHAPE_NAMES)):
        values = row(shape, size=4.5, angle=17.0, x=15.3, y=16.4)
        # Each pixel of the drawing is the mean of drawings shifted within it.
        steps = (np.arange(5) - 2) / 5
        shifted = np.repeat(values, 25, 0)
        shifted[:, NAMES.index("x")] -= np.repeat(steps, 5)
        shifted[:, NAMES.index("y")] -= np.tile(steps, 5)
        finer = (cover_of(shifted) > 0.5).mean(0)
        assert np.abs(finer - cover_of(values)[0]).mean() < 0.005
        assert np.abs(finer - cover_of(values)[0]).max() < 0.3


def test_colours_are_bright_and_go_round() -> None:
    hues = np.linspace(0, 1, 25)
    colours = np.stack([draw(row(0, hue=hue))[0, 16, 16] for hue in hues]).astype(int)
    assert (colours.max(1) > 200).all()
    np.testing.assert_allclose(colours[0], colours[-1], atol=1)
    assert np.abs(np.diff(colours, axis=0)).max() < 40
    assert colours[0].argmax() == 0, "it begins with red"


def test_a_set_of_one_and_an_empty_drawing() -> None:
    assert len(open_shapes("shapes:1")) == 1
    assert draw(factors(0)).shape == (0, 32, 32, 3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shapes", (6_000, 0)),
        ("shapes:7", (7, 0)),
        ("shapes:1000000:9223372036854775807", (1_000_000, 2**63 - 1)),
    ],
)
def test_names_say_how_many_and_which(name: str, expected: tuple[int, int]) -> None:
    assert is_shapes_name(name)
    assert parse_shapes_name(name) == expected


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shapes:", "the number of shapes must be a whole number from 1 to 1,000,000"),
        ("shapes:0", "the number of shapes"),
        ("shapes:-3", "the number of shapes"),
        ("shapes:1_0", "the number of shapes"),
        ("shapes:2.5", "the number of shapes"),
        ("shapes:1000001", "the number of shapes"),
        ("shapes:" + "9" * 6000, "the number of shapes"),
        ("shapes:²", "the number of shapes"),
        ("shapes:5:x", "their seed must be a whole number from 0"),
        ("shapes:5:9223372036854775808", "their seed"),
        ("shapes:5:", "their seed"),
        ("shapes:5:1:1", "write shapes, shapes:COUNT or shapes:COUNT:SEED"),
    ],
)
def test_a_name_that_says_something_else_is_refused(name: str, words: str) -> None:
    assert is_shapes_name(name)
    with pytest.raises(DataError) as caught:
        open_shapes(name)
    assert words in caught.value.sentence
    assert len(caught.value.sentence) < 250


@pytest.mark.parametrize("name", ["", "shape", "shapes2", "./shapes", "shapes.npz", "Shapes"])
def test_other_names_ask_for_no_shapes(name: str) -> None:
    assert not is_shapes_name(name)
