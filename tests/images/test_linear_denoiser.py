from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.data.catalog import open_data
from latentlab.images.corruptions import CORRUPTIONS, corrupt, corrupt_stack
from latentlab.images.image_set import held_out_indices
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.pixel_metrics import mean_psnr_db

CLOSED_FORMS = [
    ("mask", 0.3, True),
    ("mask", 0.3, False),
    ("salt-pepper", 0.3, True),
    ("gaussian", 0.2, False),
    ("speckle", 0.4, False),
    ("brightness", 0.4, False),
    ("contrast", 0.7, True),
]
SAMPLED = [
    ("gaussian", 0.4, True),
    ("speckle", 0.6, True),
    ("block", 0.3, True),
    ("brightness", 0.4, True),
    ("blur", 1.0, True),
    ("pixelate", 1.0, True),
]


def smooth_images(count: int, channels: int, seed: int = 0) -> NDArray[np.float32]:
    """Images (n, 6, 5, c) in [0, 1] whose neighbouring values and channels are correlated."""
    generator = np.random.default_rng(seed)
    waves = np.random.default_rng(123).normal(size=(6, 6, 5, channels))
    waves[3:] = np.cumsum(waves[3:], 1) / 2
    waves += waves.mean(3, keepdims=True)
    values = np.einsum("nk,khwc->nhwc", generator.normal(size=(count, 6)), waves)
    values += 0.3 * generator.normal(size=values.shape)
    return (1 / (1 + np.exp(-values))).astype(np.float32)


def mse(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.mean((a.astype(np.float64) - b) ** 2))


def regression(
    images: NDArray[np.float32], name: str, amount: float, clip: bool, copies: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes and constants of x on y by least squares over freshly corrupted images.

    As in the denoiser, each value of y counts as rounded to 8 bits.
    """
    x = np.tile(images.reshape(len(images), -1), (copies, 1)).astype(np.float64)
    many = np.tile(images, (copies, 1, 1, 1))
    y = corrupt(many, name, amount, 1000, clip=clip).reshape(x.shape).astype(np.float64)
    mean_x, mean_y = x.mean(0), y.mean(0)
    rounding = np.eye(len(mean_y)) * np.sqrt(len(y) / 12) / 255
    design = np.concatenate([y - mean_y, rounding])
    target = np.concatenate([x - mean_x, 0 * rounding])
    slopes = np.linalg.lstsq(design, target, rcond=None)[0]
    return slopes, mean_x - mean_y @ slopes


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "amount", "clip"), CLOSED_FORMS + SAMPLED)
def test_it_is_the_affine_regression(name: str, amount: float, clip: bool, channels: int) -> None:
    images = smooth_images(2000, channels)
    fitted = LinearDenoiser.fit(images, name, amount, 5, clip=clip)
    slopes, constants = regression(images, name, amount, clip, copies=10)
    test = smooth_images(2000, channels, seed=1)
    corrupted = corrupt(test, name, amount, 77, clip=clip)
    expected = (corrupted.reshape(2000, -1) @ slopes + constants).reshape(test.shape)
    estimate = fitted.apply(corrupted, limit=False)
    # Both maps come from the same images; they differ by the noise that the regression, and the
    # covariances where there is no formula, were estimated with.
    assert mse(estimate, expected) < 0.02 * mse(test, expected)
    assert mse(estimate, test) < 1.01 * mse(expected, test)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "amount", "clip"), CLOSED_FORMS)
def test_the_formulas_are_the_moments_of_corrupted_images(
    name: str, amount: float, clip: bool, channels: int
) -> None:
    # Few images and many draws: what is left is the noise of the draws.
    images = smooth_images(30, channels)
    fitted = LinearDenoiser.fit(images, name, amount, 0, clip=clip)
    copies = 2000
    x = np.tile(images.reshape(30, -1), (copies, 1)).astype(np.float64)
    y = corrupt(np.tile(images, (copies, 1, 1, 1)), name, amount, 3, clip=clip).reshape(x.shape)
    np.testing.assert_allclose(fitted.corrupted_mean, y.mean(0), atol=0.01)
    np.testing.assert_allclose(fitted.clean_mean, x.mean(0), atol=1e-5)
    x, y = x - x.mean(0), y - y.mean(0, dtype=np.float64)
    # W solves W·C_yy = C_xy, apart from what keeps C_yy solvable.
    covariance = y.T @ y / len(y) + np.eye(len(y.T)) / (12 * 255**2)
    np.testing.assert_allclose(fitted.weights @ covariance, x.T @ y / len(y), atol=0.004)


def test_gaussian_noise_on_independent_pixels_has_a_known_answer() -> None:
    # One pixel with variance v: x̂ = m + v / (v + σ²) · (y − m), with error v σ² / (v + σ²).
    images = np.random.default_rng(0).random((5000, 1, 1, 1), np.float32)
    fitted = LinearDenoiser.fit(images, "gaussian", 0.2, 0, clip=False)
    variance = float(images.var())
    assert fitted.weights[0, 0] == pytest.approx(variance / (variance + 0.04), rel=1e-3)
    estimate = fitted.apply(corrupt(images, "gaussian", 0.2, 1, clip=False), limit=False)
    assert mse(estimate, images) == pytest.approx(variance * 0.04 / (variance + 0.04), rel=0.05)


def test_masked_independent_pixels_have_a_known_answer() -> None:
    # One pixel: the slope is Cov(x, y) / Var(y) with Cov = (1 − p) v, Var = (1 − p) (v + p m²).
    images = np.random.default_rng(0).random((5000, 1, 1, 1), np.float32)
    fitted = LinearDenoiser.fit(images, "mask", 0.25, 0)
    v, m = float(images.var()), float(images.mean())
    assert fitted.weights[0, 0] == pytest.approx(v / (v + 0.25 * m**2), rel=1e-3)


# Digits.


@dataclass(frozen=True)
class Split:
    train: NDArray[np.uint8]
    held_out: NDArray[np.uint8]


@pytest.fixture(scope="module")
def digits() -> Split:
    images = open_data("digits").images
    held_out = held_out_indices(len(images), 0.1)
    return Split(np.delete(images, held_out, 0), images[held_out])


@pytest.mark.parametrize(
    ("name", "amount", "decibels"),
    [
        ("mask", 0.2, 19.96),
        ("mask", 0.5, 16.84),
        ("salt-pepper", 0.2, 17.99),
        ("salt-pepper", 0.5, 14.82),
        ("gaussian", 0.25, 19.61),
        ("gaussian", 0.5, 16.67),
    ],
)
def test_held_out_digits(digits: Split, name: str, amount: float, decibels: float) -> None:
    fitted = LinearDenoiser.fit(digits.train, name, amount, 0, clip=False)
    corrupted = corrupt(digits.held_out, name, amount, 1, clip=False)
    affine = mean_psnr_db(digits.held_out, fitted.apply(corrupted, limit=False))
    # Measured once with another 10,000 digits, and without limits.
    assert affine == pytest.approx(decibels, abs=0.6)
    limited = mean_psnr_db(digits.held_out, fitted.apply(corrupted))
    assert affine < limited < affine + 1.0


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_held_out_digits_come_closer(digits: Split, name: str) -> None:
    amount = CORRUPTIONS[name].default_amount
    fitted = LinearDenoiser.fit(digits.train[:3000], name, amount, 0)
    corrupted = corrupt(digits.held_out, name, amount, 1)
    before = mean_psnr_db(digits.held_out, corrupted)
    assert mean_psnr_db(digits.held_out, fitted.apply(corrupted)) > before + 1.0


def test_clipped_noise_has_a_better_denoiser_than_unclipped(digits: Split) -> None:
    corrupted = corrupt(digits.held_out, "gaussian", 0.25, 1)
    results = [
        mean_psnr_db(
            digits.held_out,
            LinearDenoiser.fit(digits.train, "gaussian", 0.25, 0, clip=clip).apply(corrupted),
        )
        for clip in (True, False)
    ]
    assert results[0] > results[1] + 0.3


@pytest.mark.parametrize("amount", [0.1, 0.3, 0.5])
def test_a_blur_saved_with_8_bits_is_not_made_worse(digits: Split, amount: float) -> None:
    fitted = LinearDenoiser.fit(digits.train[:3000], "blur", amount, 0)
    blurred = corrupt(digits.held_out, "blur", amount, 0)
    saved = np.round(blurred * 255).astype(np.uint8)
    restored = mean_psnr_db(digits.held_out, fitted.apply(saved))
    assert restored > mean_psnr_db(digits.held_out, saved) + 5
    assert restored == pytest.approx(mean_psnr_db(digits.held_out, fitted.apply(blurred)), abs=3)


# Images with many values.


@pytest.mark.parametrize(
    ("name", "amount", "clip"),
    [
        ("mask", 0.3, True),
        ("salt-pepper", 0.3, True),
        ("speckle", 0.4, False),
        ("block", 0.3, True),
        ("blur", 1.0, True),
    ],
)
def test_all_principal_components_are_the_whole(name: str, amount: float, clip: bool) -> None:
    images = smooth_images(600, 3)
    whole = LinearDenoiser.fit(images, name, amount, 5, clip=clip)
    rotated = LinearDenoiser.fit(images, name, amount, 5, clip=clip, max_values=10)
    assert rotated.directions is not None
    assert rotated.directions.shape == (90, 90)
    corrupted = corrupt(images, name, amount, 77, clip=clip)
    np.testing.assert_allclose(rotated.apply(corrupted), whole.apply(corrupted), atol=0.02)
    assert mse(rotated.apply(corrupted), whole.apply(corrupted)) < 1e-6


def test_few_principal_components() -> None:
    images = smooth_images(600, 3)
    fitted = LinearDenoiser.fit(images, "gaussian", 0.3, 0, clip=False, max_values=10)
    few = LinearDenoiser.fit(
        images, "gaussian", 0.3, 0, clip=False, max_values=10, max_components=6
    )
    assert few.directions is not None
    assert few.directions.dtype == few.weights.dtype == np.float32
    assert few.directions.shape == (90, 6)
    np.testing.assert_allclose(few.directions.T @ few.directions, np.eye(6), atol=1e-5)
    x = images.reshape(600, -1).astype(np.float64)
    leading = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:6]
    np.testing.assert_allclose(
        np.linalg.svd(leading @ few.directions, compute_uv=False), 1, atol=1e-4
    )
    test = smooth_images(500, 3, seed=2)
    corrupted = corrupt(test, "gaussian", 0.3, 1, clip=False)
    assert mse(fitted.apply(corrupted), test) < mse(few.apply(corrupted), test)
    assert mse(few.apply(corrupted), test) < 0.3 * mse(corrupted, test)


def test_fewer_images_than_values() -> None:
    images = smooth_images(8, 3)
    for max_values in (10, 3072):
        fitted = LinearDenoiser.fit(images, "mask", 0.3, 0, max_values=max_values)
        result = fitted.apply(corrupt(smooth_images(50, 3, seed=1), "mask", 0.3, 0))
        assert np.isfinite(result).all()
        if fitted.directions is not None:
            assert fitted.directions.shape[1] <= 7, "the mean takes one away"


# What comes out.


@pytest.mark.parametrize(("name", "amount", "clip"), [("mask", 0.3, True), ("block", 0.3, True)])
def test_it_is_reproducible(name: str, amount: float, clip: bool) -> None:
    images = smooth_images(300, 1)
    before = images.copy()
    a, b, other = (LinearDenoiser.fit(images, name, amount, s, clip=clip) for s in (4, 4, 5))
    assert a.weights.tobytes() == b.weights.tobytes()
    assert a.corrupted_mean.tobytes() == b.corrupted_mean.tobytes()
    assert (a.weights.tobytes() == other.weights.tobytes()) == (name == "mask")
    np.testing.assert_array_equal(images, before)


def test_shapes_types_and_limits() -> None:
    images = smooth_images(200, 3)
    fitted = LinearDenoiser.fit(images, "gaussian", 0.5, 0, clip=False)
    assert (fitted.steps, fitted.clip) == ((("gaussian", 0.5),), False)
    assert fitted.image_shape == (6, 5, 3)
    assert fitted.directions is None
    corrupted = corrupt(images, "gaussian", 1.0, 0, clip=False)
    before = corrupted.copy()
    result = fitted.apply(corrupted)
    assert result.dtype == np.float32
    assert result.shape == images.shape
    assert result.min() >= 0
    assert result.max() <= 1
    np.testing.assert_array_equal(corrupted, before)
    free = fitted.apply(corrupted, limit=False)
    assert free.min() < 0
    np.testing.assert_array_equal(result, np.clip(free, 0, 1))
    np.testing.assert_allclose(fitted.apply(corrupted[0]), result[0], atol=1e-6)
    assert fitted.apply(corrupted[:0]).shape == (0, 6, 5, 3)


def test_bytes_and_floats_give_the_same() -> None:
    images = np.round(smooth_images(200, 1) * 255).astype(np.uint8)
    floats = images / np.float32(255)
    a, b = (LinearDenoiser.fit(x, "block", 0.3, 0) for x in (images, floats))
    np.testing.assert_array_equal(a.weights, b.weights)
    np.testing.assert_array_equal(a.apply(images), a.apply(floats))


def test_images_without_variation_come_back_as_they_are() -> None:
    images = np.full((3, 4, 4, 3), 100, np.uint8)
    for name in CORRUPTIONS:
        for max_values in (5, 3072):
            fitted = LinearDenoiser.fit(images[:1], name, 0.3, 0, max_values=max_values)
            np.testing.assert_allclose(
                fitted.apply(corrupt(images, name, 0.3, 1)), 100 / 255, atol=1e-4
            )


@pytest.mark.parametrize("name", ["mask", "block", "contrast"])
def test_when_nothing_is_left_the_mean_is_the_best_guess(name: str) -> None:
    images = smooth_images(300, 1)
    estimate = LinearDenoiser.fit(images, name, 1.0, 0).apply(corrupt(images, name, 1.0, 0))
    np.testing.assert_allclose(estimate, np.broadcast_to(images.mean(0), images.shape), atol=1e-4)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_at_amount_0_nothing_changes(name: str) -> None:
    images = smooth_images(300, 1)
    estimate = LinearDenoiser.fit(images, name, 0.0, 0).apply(images)
    np.testing.assert_allclose(estimate, images, atol=0.002)


# Several corruptions.


@pytest.mark.parametrize(("name", "amount", "clip"), CLOSED_FORMS + SAMPLED)
def test_a_stack_of_one_is_the_single_corruption(name: str, amount: float, clip: bool) -> None:
    images = smooth_images(300, 1)
    single = LinearDenoiser.fit(images, name, amount, 5, clip=clip)
    stack = LinearDenoiser.fit_stack(images, [(name, amount)], 5, clip=clip)
    assert stack.steps == single.steps == ((name, amount),)
    for field in ("weights", "clean_mean", "corrupted_mean"):
        assert getattr(stack, field).tobytes() == getattr(single, field).tobytes()


@pytest.mark.parametrize("max_values", [10, 3072])
def test_two_linear_corruptions_have_a_known_answer(max_values: int) -> None:
    """Noise and then less contrast: y = (1 − a)(x + n) + a/2, which loses nothing more."""
    # In small pieces each takes long, and the moments are the same.
    images = smooth_images(3000 if max_values > 10 else 600, 1)
    steps = [("gaussian", 0.3), ("contrast", 0.5)]
    fitted = LinearDenoiser.fit_stack(images, steps, 5, clip=False, max_values=max_values)
    noise_alone = LinearDenoiser.fit(images, "gaussian", 0.3, 5, clip=False, max_values=max_values)
    test = smooth_images(2000, 1, seed=1)
    corrupted = corrupt_stack(test, steps, 77, clip=False)
    estimate = fitted.apply(corrupted, limit=False)
    expected = noise_alone.apply((corrupted - 0.25) / 0.5, limit=False)
    assert mse(estimate, expected) < 0.02 * mse(test, expected)
    assert mse(estimate, test) < 1.01 * mse(expected, test)


def test_the_order_of_corruptions_matters() -> None:
    images = smooth_images(2000, 1)
    blurred_last = [("salt-pepper", 0.4), ("blur", 1.0)]
    test = smooth_images(1000, 1, seed=1)
    corrupted = corrupt_stack(test, blurred_last, 3)
    errors = [
        mse(LinearDenoiser.fit_stack(images, steps, 0).apply(corrupted), test)
        for steps in (blurred_last, blurred_last[::-1])
    ]
    assert errors[0] < 0.8 * errors[1]


def test_a_stack_without_chance_needs_each_image_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    module = sys.modules["latentlab.images.linear_fit"]

    def counted(images: NDArray[np.float32], *args: Any, **more: Any) -> NDArray[np.float32]:
        seen.append(len(images))
        return corrupt_stack(images, *args, **more)

    monkeypatch.setattr(module, "corrupt_stack", counted)
    images = smooth_images(50, 1)
    LinearDenoiser.fit_stack(images, [("blur", 0.5), ("pixelate", 1.0)], 0)
    assert sum(seen) == 50
    LinearDenoiser.fit_stack(images, [("blur", 0.5), ("mask", 0.1)], 0)
    assert sum(seen) == 50 + 20_000


def test_what_is_refused() -> None:
    images = smooth_images(5, 1)
    with pytest.raises(UsageError, match="no corruption"):
        LinearDenoiser.fit(images, "rain", 0.5, 0)
    for amount in (-0.1, 1.1, math.nan):
        with pytest.raises(UsageError, match="amount"):
            LinearDenoiser.fit(images, "mask", amount, 0)
    with pytest.raises(UsageError, match="seed"):
        LinearDenoiser.fit(images, "mask", 0.5, -1)
    with pytest.raises(UsageError, match="amount"):
        LinearDenoiser.fit_stack(images, [("mask", 0.5), ("blur", 2.0)], 0)
    with pytest.raises(ValueError, match="no corruption"):
        LinearDenoiser.fit_stack(images, [], 0)
    with pytest.raises(ValueError, match="shape"):
        LinearDenoiser.fit(images[0], "mask", 0.5, 0)
    with pytest.raises(ValueError, match="shape"):
        LinearDenoiser.fit(images[:0], "mask", 0.5, 0)
    fitted = LinearDenoiser.fit(images, "mask", 0.5, 0)
    for wrong in (images[:, 1:], images[..., 0], images[0, 0]):
        with pytest.raises(ValueError, match="shape"):
            fitted.apply(wrong)


@pytest.mark.parametrize(
    "steps", [[("gaussian", 0.01)], [("mask", 0.3)], [("blur", 0.1), ("gaussian", 0.05)]]
)
def test_what_few_components_leave_out_is_not_lost(steps: list[tuple[str, float]]) -> None:
    generator = np.random.default_rng(0)
    images = generator.random((400, 8, 8, 3), np.float32)  # nothing that components could sum up
    fitted = LinearDenoiser.fit_stack(images, steps, 1, clip=False, max_values=5, max_components=5)
    corrupted = corrupt_stack(images[:200], steps, 3, clip=False)
    estimate = fitted.apply(corrupted, limit=False)
    assert mse(estimate, images[:200]) <= 1.01 * mse(corrupted, images[:200])
    # The gain of the rest is that of the least squared error.
    clean = (images[:200].reshape(200, -1) - fitted.clean_mean).astype(np.float64)
    noisy = corrupted.reshape(200, -1) - fitted.corrupted_mean
    assert fitted.directions is not None
    rest = noisy - (noisy @ fitted.directions) @ fitted.directions.T
    assert fitted.rest_gain == pytest.approx(
        float((clean * rest).sum() / (rest**2).sum()), abs=0.03
    )


def test_whole_images_have_no_rest() -> None:
    assert LinearDenoiser.fit(smooth_images(100, 1), "mask", 0.3, 0).rest_gain == 0.0


def test_few_images_are_not_learnt_by_heart() -> None:
    images = smooth_images(60, 3)  # of 90 values each
    others = smooth_images(500, 3, seed=1)
    corrupted = corrupt(others, "gaussian", 0.05, 2, clip=False)
    whole = LinearDenoiser.fit(images, "gaussian", 0.05, 0, clip=False)
    fewer = LinearDenoiser.fit_for_others(images, [("gaussian", 0.05)], 0)
    assert fewer.directions is not None
    assert fewer.directions.shape == (90, 15)
    errors = [mse(d.apply(corrupted, limit=False), others) for d in (whole, fewer)]
    assert errors[1] < errors[0]
    assert errors[1] < mse(corrupted, others)
    one = LinearDenoiser.fit_for_others(images[:1], [("mask", 0.5)], 0)
    assert np.isfinite(one.apply(corrupted)).all()
