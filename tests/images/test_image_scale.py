from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.images.adapt import adapted
from latentlab.images.image_scale import MAX_HELD_OUT, MAX_OTHERS, picture_scale


def scale_of(
    images: NDArray[Any], held_out: Any, others: Any, shape: tuple[int, int, int] | None = None
) -> float:
    work = picture_scale(images, np.asarray(held_out), np.asarray(others), shape)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: float = end.value
            return found


def direct(images: NDArray[Any], held_out: Any, others: Any) -> float:
    x = images.reshape(len(images), -1).astype(float) / 255
    nearest = [math.sqrt(min(((x[i] - x[j]) ** 2).mean() for j in others)) for i in held_out]
    return float(np.median(nearest))


def noise(n: int, h: int, w: int, c: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (n, h, w, c), np.uint8)


@pytest.mark.parametrize("shape", [(3, 4, 1), (9, 7, 3), (100, 80, 3)])
def test_it_is_the_median_distance_to_the_nearest_training_image(
    shape: tuple[int, int, int],
) -> None:
    images = noise(60, *shape)
    held_out, others = np.arange(0, 60, 5), np.setdiff1d(np.arange(60), np.arange(0, 60, 5))
    expected = direct(images, held_out, others)
    assert scale_of(images, held_out, others) == pytest.approx(expected, rel=1e-4)
    small = adapted(images, (2, 3, 1))
    assert scale_of(images, held_out, others, (2, 3, 1)) == pytest.approx(
        direct(small, held_out, others), abs=1e-4
    )


def test_of_many_images_a_sample_spread_evenly_is_measured() -> None:
    images = noise(MAX_OTHERS + 1500, 2, 2, 1)
    held_out, others = np.arange(500), np.arange(500, len(images))
    measured = held_out[np.linspace(0, 499, MAX_HELD_OUT).round().astype(int)]
    among = others[np.linspace(0, len(others) - 1, MAX_OTHERS).round().astype(int)]
    x = images.reshape(len(images), -1).astype(float) / 255
    nearest = [np.sqrt(((x[i] - x[among]) ** 2).mean(1).min()) for i in measured]
    found = scale_of(images, held_out, others)
    assert found == pytest.approx(float(np.median(nearest)), abs=1e-4)
    assert found == scale_of(images, held_out, others), "no chance"


def test_nothing_to_measure_and_equal_images() -> None:
    images = noise(5, 2, 2, 1)
    none = np.empty(0, np.int64)
    assert math.isnan(scale_of(images, none, np.arange(5)))
    assert math.isnan(scale_of(images, np.arange(5), none))
    equal = np.repeat(images[:1], 5, 0)
    assert scale_of(equal, np.arange(2), np.arange(2, 5)) == pytest.approx(0.0, abs=2e-4)
