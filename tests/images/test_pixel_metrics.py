from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from latentlab.images.pixel_metrics import mean_psnr_db, mse_as_db, psnr_db, ssim


def pair(shape: tuple[int, ...], seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Random images and the same with noise; the golden numbers below are made of these."""
    generator = np.random.default_rng(seed)
    clean = generator.random(shape)
    return clean, np.clip(clean + generator.normal(0, 0.2, shape), 0, 1)


def as_bytes(images: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.round(images * 255).astype(np.uint8)


def windowed_ssim(x: NDArray[np.float64], y: NDArray[np.float64], side: int) -> float:
    """The formula position by position, for one channel (h, w)."""
    offsets = np.arange(side) - side // 2
    weights = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    weights /= weights.sum()
    scores = []
    for top in range(x.shape[0] - side + 1):
        for left in range(x.shape[1] - side + 1):
            a, b = (z[top : top + side, left : left + side] for z in (x, y))
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
            covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
            score = (2 * mean_a * mean_b + 1e-4) * (2 * covariance + 9e-4)
            scores.append(score / ((mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4)))
    return float(np.mean(scores))


def test_decibels() -> None:
    assert mse_as_db(1.0) == 0.0
    assert mse_as_db(0.01) == pytest.approx(20)
    assert mse_as_db(0.0) == math.inf


def test_the_psnr_of_two_pictures() -> None:
    black, white = np.zeros((4, 4, 1), np.uint8), np.full((4, 4, 1), 255, np.uint8)
    assert psnr_db(black, white) == 0.0
    assert psnr_db(white, black) == 0.0
    assert psnr_db(black, black) == math.inf
    assert psnr_db(black, black + np.uint8(51)) == pytest.approx(10 * math.log10(25))


def test_the_mean_psnr_is_that_of_the_mean_error() -> None:
    clean = np.zeros((2, 3, 3, 1), np.float32)
    other = clean.copy()
    other[1] = 0.2  # MSE 0 and 0.04
    assert mean_psnr_db(clean, other) == pytest.approx(-10 * math.log10(0.02))
    assert mean_psnr_db(clean, clean) == math.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bytes_and_floats_are_on_one_scale(dtype: Any) -> None:
    a, b = (as_bytes(images) for images in pair((3, 12, 13, 3), 0))
    floats = (b / np.float32(255)).astype(dtype)
    assert mean_psnr_db(a, floats) == mean_psnr_db(a, b)
    assert mean_psnr_db(a, b) == pytest.approx(psnr_db(a, b))
    assert mean_psnr_db(b, floats) == math.inf
    np.testing.assert_array_equal(ssim(a, floats), ssim(a, b))


def test_many_images_are_measured_in_parts() -> None:
    a, b = (as_bytes(images) for images in pair((900, 28, 28, 1), 1))
    assert mean_psnr_db(a, b) == pytest.approx(psnr_db(a, b), rel=1e-6)
    parts = np.concatenate([ssim(a[i : i + 1], b[i : i + 1]) for i in range(0, 900, 50)])
    np.testing.assert_allclose(ssim(a, b)[::50], parts, rtol=1e-12)


@pytest.mark.parametrize(
    ("shape", "seed", "expected"),
    [
        ((3, 28, 28, 1), 0, [0.816833458832, 0.839469914957, 0.810826223714]),
        ((2, 11, 17, 3), 1, [0.825997011681, 0.868641789836]),
    ],
)
def test_the_ssim_of_scikit_image(shape: tuple[int, ...], seed: int, expected: list[float]) -> None:
    # scikit-image 0.26.0: structural_similarity(clean, other, gaussian_weights=True, sigma=1.5,
    # use_sample_covariance=False, data_range=1.0), averaged over the channels.
    found = ssim(*pair(shape, seed))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_the_ssim_of_scikit_image_for_bytes() -> None:
    a, b = pair((2, 32, 24, 3), 2)
    found = ssim(as_bytes(a), as_bytes(b))
    np.testing.assert_allclose(found, [0.823387613637, 0.82533946057], rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("height", "width", "side"),
    [(13, 12, 11), (11, 11, 11), (10, 30, 9), (7, 8, 7), (4, 4, 3), (2, 9, 1), (1, 200, 1)],
)
def test_the_largest_odd_window_that_fits(height: int, width: int, side: int) -> None:
    a, b = pair((2, height, width, 3), 3)
    expected = [
        np.mean([windowed_ssim(x[..., k], y[..., k], side) for k in range(3)])
        for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(ssim(a, b), expected, rtol=1e-9)


def test_the_ssim_of_one_pixel() -> None:
    x, y = 0.25, 0.75
    found = ssim(np.full((1, 1, 1, 1), x), np.full((1, 1, 1, 1), y))
    assert found[0] == pytest.approx((2 * x * y + 1e-4) / (x * x + y * y + 1e-4))


@given(st.integers(1, 14), st.integers(1, 14), st.sampled_from([1, 3]), st.integers(0, 99))
def test_what_holds_for_every_ssim(height: int, width: int, channels: int, seed: int) -> None:
    a, b = pair((3, height, width, channels), seed)
    found = ssim(a, b)
    assert found.shape == (3,)
    assert (found <= 1 + 1e-12).all()
    assert (found >= -1 - 1e-12).all()
    np.testing.assert_allclose(found, ssim(b, a), rtol=1e-9)
    np.testing.assert_allclose(ssim(a, a), 1.0, rtol=1e-9)
    np.testing.assert_allclose(found, ssim(a[:, ::-1, ::-1], b[:, ::-1, ::-1]), rtol=1e-9)


def test_an_inverted_picture_has_a_negative_ssim() -> None:
    a = pair((1, 28, 28, 1), 0)[0]
    assert ssim(a, 1 - a)[0] < -0.5


@pytest.mark.parametrize("measure", [mean_psnr_db, ssim])
def test_images_that_cannot_be_compared(measure: Any) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        measure(np.zeros((2, 4, 4, 1)), np.zeros((1, 4, 4, 1)))
    with pytest.raises(ValueError, match="no images"):
        measure(np.zeros((0, 4, 4, 1)), np.zeros((0, 4, 4, 1)))
    with pytest.raises(ValueError, match="3 dimensions"):
        ssim(np.zeros((4, 4, 1)), np.zeros((4, 4, 1)))
