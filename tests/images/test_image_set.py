from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from latentlab.base.errors import DataError
from latentlab.images.image_set import ImageSet, held_out_indices

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 3), np.uint8)


def image_set(images: np.ndarray, **more: object) -> ImageSet:
    return ImageSet("a", "A", images, **more)  # type: ignore[arg-type]


HELD_OUT_OF_100 = [5, 16, 20, 36, 52, 72, 82, 90, 93, 94]


# --- Held-out images -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (10_000, 0.1, 1000),
        (100, 0.25, 25),
        (7, 0.1, 1),
        (2, 0.1, 1),
        (2, 0.9, 1),
        (10, 0.9, 9),
        (3, 0.9, 2),
        (1000, 1e-9, 1),
        (100, 0.0, 0),
        (100, -1.0, 0),
        (1, 0.5, 0),
        (0, 0.5, 0),
    ],
)
def test_so_many_are_held_out(count: int, share: float, expected: int) -> None:
    held_out = held_out_indices(count, share)
    assert held_out.dtype == np.int64
    assert len(held_out) == expected
    assert len(np.unique(held_out)) == expected
    assert np.all(np.diff(held_out) > 0)
    if expected:
        assert held_out.min() >= 0
        assert held_out.max() < count
        assert expected < count, "something is left to train on"


def test_the_same_images_are_held_out_always_and_everywhere() -> None:
    # Every model that was ever trained was measured on these: they must not change.
    assert held_out_indices(100, 0.1).tolist() == HELD_OUT_OF_100
    np.random.seed(3)
    assert held_out_indices(100, 0.1).tolist() == HELD_OUT_OF_100


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    small, large = held_out_indices(500, 0.1), held_out_indices(500, 0.3)
    assert set(small.tolist()) < set(large.tolist())


def test_held_out_images_come_from_everywhere() -> None:
    held_out = held_out_indices(10_000, 0.1)
    counts = np.histogram(held_out, bins=10, range=(0, 10_000))[0]
    assert counts.min() > 60
    assert counts.max() < 140


# --- Fingerprints --------------------------------------------------------------------------------


def test_equal_pixels_have_equal_fingerprints_whatever_surrounds_them(tmp_path: Path) -> None:
    expected = image_set(PIXELS).fingerprint
    assert len(expected) == 32
    np.save(tmp_path / "x.npy", PIXELS)
    labelled = ImageSet("b", "B", PIXELS, np.zeros(9, np.int32), ("x",))
    others = [
        labelled,
        image_set(PIXELS.copy()),
        image_set(np.asfortranarray(PIXELS)),
        image_set(np.load(tmp_path / "x.npy", mmap_mode="r")),
    ]
    assert {other.fingerprint for other in others} == {expected}


@pytest.mark.parametrize(
    "images",
    [
        PIXELS[::-1],
        PIXELS[:8],
        PIXELS.reshape(9, 5, 4, 3),
        PIXELS.reshape(9, 20, 1, 3),
        np.where(np.arange(540).reshape(PIXELS.shape) == 539, PIXELS + 1, PIXELS).astype(np.uint8),
    ],
)
def test_other_pixels_have_another_fingerprint(images: np.ndarray) -> None:
    assert image_set(images).fingerprint != image_set(PIXELS).fingerprint


def test_a_change_behind_the_first_thousands_is_seen() -> None:
    many = np.zeros((9000, 2, 2, 1), np.uint8)
    changed = many.copy()
    changed[8999] = 1
    assert image_set(many).fingerprint != image_set(changed).fingerprint


# --- Shapes and classes --------------------------------------------------------------------------


def test_shape_and_length() -> None:
    data = image_set(PIXELS)
    assert len(data) == 9
    assert data.image_shape == (4, 5, 3)


def test_classes_in_words() -> None:
    labels = np.array([1, 0, 2, -1, 0, 0, 0, 0, 0], np.int32)
    data = image_set(PIXELS, labels=labels, class_names=("cat", "dog"))
    assert [data.class_name(i) for i in range(4)] == ["dog", "cat", "2", "-1"]
    assert image_set(PIXELS).class_name(3) == ""


def test_names_that_are_no_text_are_escaped() -> None:
    data = ImageSet(
        "some",
        "title \udcff",
        np.zeros((2, 3, 3, 1), np.uint8),
        np.array([0, 1], np.int32),
        ("cat", "\ud800"),
    )
    assert data.title == "title \\udcff"
    assert data.class_names == ("cat", "\\ud800")


class _Gone:
    """Images whose file cannot be read any more."""

    shape = (2, 3, 4, 1)

    def __getitem__(self, index: object) -> None:
        raise DataError("“images.npy” has become shorter.")


def test_an_image_that_cannot_be_read_is_shown_grey() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4, 1)
    np.testing.assert_array_equal(ImageSet("a", "A", pixels).shown_image(1), pixels[1])
    shown = ImageSet("a", "A", _Gone()).shown_image(1)  # type: ignore[arg-type]
    np.testing.assert_array_equal(shown, np.full((3, 4, 1), 128, np.uint8), strict=True)
