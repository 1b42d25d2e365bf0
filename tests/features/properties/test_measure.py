"""The properties of drawn images are exact."""

from __future__ import annotations

import math

import numpy as np
import pytest

from latentlab.features.properties.measure import NAMES, measure


def of(image: np.ndarray) -> dict[str, float]:
    pixels = np.atleast_3d(image).astype(np.uint8)
    return dict(zip(NAMES, measure(pixels[None])[0].tolist(), strict=True))


def canvas(value: int = 0) -> np.ndarray:
    return np.full((20, 30), value, np.uint8)


def test_a_rectangle_on_black() -> None:
    image = canvas()
    image[4:8, 5:17] = 255  # 4 high, 12 wide
    found = of(image)
    share = 48 / 600
    assert found["area"] == pytest.approx(share)
    assert found["brightness"] == pytest.approx(share)
    assert found["contrast"] == pytest.approx(math.sqrt(share * (1 - share)))
    assert found["aspect"] == pytest.approx(3.0)
    assert found["orientation"] == pytest.approx(0.0, abs=1e-4)


def test_the_background_may_be_bright() -> None:
    image = canvas(255)
    image[2:18, 10:12] = 0
    found = of(image)
    assert found["area"] == pytest.approx(32 / 600)
    assert found["aspect"] == pytest.approx(8.0)
    assert abs(found["orientation"]) == pytest.approx(90.0)


@pytest.mark.parametrize(("flip", "degrees"), [(False, -45.0), (True, 45.0)])
def test_a_diagonal_leans_the_way_it_is_seen(flip: bool, degrees: float) -> None:
    image = np.zeros((21, 21), np.uint8)
    image[3:18, 3:18] = 255 * np.eye(15, dtype=np.uint8)  # from the top left down to the right
    found = of(image[:, ::-1] if flip else image)
    assert found["orientation"] == pytest.approx(degrees, abs=1e-3)
    # 15 pixels on a diagonal: variances along and across it are 2 · (15² − 1) / 12 + 1/12 and 1/12.
    assert found["aspect"] == pytest.approx(math.sqrt(2 * 224 + 1), rel=1e-5)


def test_what_is_round_has_no_orientation() -> None:
    y, x = np.mgrid[:31, :31]
    found = of(255 * (np.hypot(x - 15, y - 15) <= 9))
    assert found["aspect"] == pytest.approx(1.0, abs=1e-4)
    assert math.isnan(found["orientation"])


@pytest.mark.parametrize("value", [0, 100, 255])
def test_a_plain_image_has_no_foreground(value: int) -> None:
    found = of(canvas(value))
    assert found["area"] == found["contrast"] == found["sharpness"] == 0.0
    assert found["brightness"] == pytest.approx(value / 255)
    assert math.isnan(found["aspect"]) and math.isnan(found["orientation"])


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    ramp = np.tile(np.arange(0, 240, 8, dtype=np.uint8), (20, 1))
    assert of(ramp)["sharpness"] == pytest.approx(0.0, abs=1e-9)
    image = canvas()
    image[10, 15] = 255  # the Laplacian is −4 there, 1 at its four neighbours, 0 elsewhere
    inner = 18 * 28
    assert of(image)["sharpness"] == pytest.approx(20 / inner, rel=1e-6)
    assert math.isnan(of(np.zeros((2, 9)))["sharpness"])


def test_colours_count_by_luma_and_a_foreground_may_differ_in_one_channel() -> None:
    image = np.zeros((10, 10, 3), np.uint8)
    image[..., 2] = 255  # blue
    assert of(image)["brightness"] == pytest.approx(0.0722)
    image[3:7, 2:8] = (0, 114, 255)
    found = of(image)
    assert found["area"] == pytest.approx(0.24)
    assert found["aspect"] == pytest.approx(1.5)


def test_many_images_are_measured_as_each_alone() -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 9, 12, 3), np.uint8)
    together = measure(images)
    alone = np.concatenate([measure(image[None]) for image in images])
    np.testing.assert_array_equal(together, alone)
    assert measure(images[:0]).shape == (0, 6)
