from __future__ import annotations

import numpy as np
import pytest

from latentlab.images.adapt import adapted


def noise(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, *shape), np.uint8)


def test_images_that_fit_come_back_themselves() -> None:
    images = noise(3, 5, 7, 3)
    assert adapted(images, (5, 7, 3)) is images


def test_half_the_size_is_the_mean_of_four_pixels() -> None:
    images = noise(4, 6, 8, 3)
    blocks = images.reshape(4, 3, 2, 4, 2, 3).astype(np.float64).mean((2, 4))
    found = adapted(images, (3, 4, 3))
    assert found.dtype == np.uint8
    assert np.abs(found - blocks).max() <= 0.5


def test_a_size_that_is_no_divisor_keeps_the_mean() -> None:
    images = noise(2, 31, 31, 1)
    found = adapted(images, (7, 7, 1))
    assert np.allclose(found.mean((1, 2)), images.mean((1, 2)), atol=0.6)


def test_what_is_too_wide_is_cut_on_both_sides_alike() -> None:
    images = np.zeros((1, 4, 10, 1), np.uint8)
    images[:, :, 3:7] = 200
    assert (adapted(images, (4, 4, 1)) == 200).all()
    assert (adapted(images.transpose(0, 2, 1, 3), (2, 2, 1)) == 200).all()


def test_nothing_is_distorted() -> None:
    """A square in the middle of a wide image stays a square."""
    images = np.zeros((1, 60, 90, 1), np.uint8)
    images[:, 20:40, 35:55] = 255
    found = adapted(images, (30, 30, 1))[0, :, :, 0] > 127
    assert found.any(0).sum() == found.any(1).sum() == 10


def test_growing_interpolates_between_the_pixels() -> None:
    images = np.array([[0, 100]], np.uint8).reshape(1, 1, 2, 1)
    found = adapted(np.repeat(images, 2, 1), (4, 4, 1))
    assert found[0, 0, :, 0].tolist() == [0, 25, 75, 100]


def test_colour_turns_grey_as_it_is_seen_and_grey_turns_into_three_channels() -> None:
    images = np.zeros((3, 2, 2, 3), np.uint8)
    for channel in range(3):
        images[channel, ..., channel] = 255
    grey = adapted(images, (2, 2, 1))
    assert grey[:, 0, 0, 0].tolist() == [76, 150, 29]
    colour = adapted(grey, (2, 2, 3))
    assert (colour == grey).all() and colour.shape == (3, 2, 2, 3)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 3), (40, 1, 1), (64, 64, 3)])
def test_odd_shapes_have_defined_results(shape: tuple[int, int, int]) -> None:
    flat = np.full((2, 3, 17, 1), 91, np.uint8)
    found = adapted(flat, shape)
    assert found.shape == (2, *shape)
    assert (found == 91).all()


def test_many_images_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    images = noise(50, 9, 9, 3)
    whole = adapted(images, (4, 4, 1))
    monkeypatch.setattr("latentlab.images.adapt._CHUNK_BYTES", 4 * 9 * 9 * 3 * 7)
    assert (adapted(images, (4, 4, 1)) == whole).all()


def test_read_only_images_will_do() -> None:
    images = noise(2, 8, 8, 3)
    images.flags.writeable = False
    assert adapted(images, (4, 4, 3)).shape == (2, 4, 4, 3)
