from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from latentlab.base.errors import UsageError
from latentlab.data.catalog import open_data
from latentlab.images.corruptions import (
    CORRUPTIONS,
    checked_corruption,
    corrupt,
    corrupt_stack,
    derived_seed,
)
from latentlab.images.corruptions.occlusion import block_size
from latentlab.images.corruptions.resolution import blur_sigma_px, cell_side_px
from latentlab.images.pixel_metrics import mean_psnr_db

RANDOM = [name for name, corruption in CORRUPTIONS.items() if corruption.is_random]
BIG = 2**63 - 1

amounts = st.floats(0.0, 1.0)
seeds = st.integers(0, BIG)
names = st.sampled_from(sorted(CORRUPTIONS))
shapes = st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))


def uint8_images(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def float_images(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random(shape, np.float32)


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    return open_data("digits").images


# Closed forms: the mean squared error of a value, and its standard error over the draws of noise.


@pytest.mark.parametrize("p", [0.05, 0.2, 0.5, 0.9])
def test_the_error_of_masking(digits: NDArray[np.uint8], p: float) -> None:
    x = digits.astype(np.float64) / 255
    measured = np.mean((x - corrupt(digits, "mask", p, 11)) ** 2)
    error = math.sqrt(p * (1 - p) * np.sum(x**4)) / x.size
    assert measured == pytest.approx(p * np.mean(x**2), abs=4 * error)


@pytest.mark.parametrize("p", [0.05, 0.2, 0.5, 0.9])
def test_the_error_of_salt_and_pepper(digits: NDArray[np.uint8], p: float) -> None:
    x = digits.astype(np.float64) / 255
    measured = np.mean((x - corrupt(digits, "salt-pepper", p, 12)) ** 2)
    square = np.mean(x**2)
    exact = p / 2 * (square + 1 - 2 * np.mean(x) + square)
    error = math.sqrt(p / 2 * np.sum(x**4 + (1 - x) ** 4)) / x.size
    assert measured == pytest.approx(exact, abs=4 * error)


@pytest.mark.parametrize("sigma", [0.01, 0.25, 0.5, 1.0])
def test_the_error_of_unclipped_gaussian_noise(digits: NDArray[np.uint8], sigma: float) -> None:
    x = digits.astype(np.float64) / 255
    measured = np.mean((x - corrupt(digits, "gaussian", sigma, 13, clip=False)) ** 2)
    assert measured == pytest.approx(sigma**2, abs=4 * sigma**2 * math.sqrt(2 / x.size))


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0])
def test_the_error_of_unclipped_speckle(digits: NDArray[np.uint8], sigma: float) -> None:
    x = digits.astype(np.float64) / 255
    measured = np.mean((x - corrupt(digits, "speckle", sigma, 14, clip=False)) ** 2)
    error = sigma**2 * math.sqrt(2 * np.sum(x**4)) / x.size
    assert measured == pytest.approx(sigma**2 * np.mean(x**2), abs=4 * error)


@pytest.mark.parametrize(
    ("name", "amount", "decibels"),
    [
        ("mask", 0.2, 16.50),
        ("mask", 0.5, 12.52),
        ("salt-pepper", 0.2, 10.17),
        ("salt-pepper", 0.5, 6.19),
        ("gaussian", 0.25, 12.04),
        ("gaussian", 0.5, 6.02),
    ],
)
def test_how_far_corrupted_digits_are(
    digits: NDArray[np.uint8], name: str, amount: float, decibels: float
) -> None:
    corrupted = corrupt(digits, name, amount, 0, clip=False)
    assert mean_psnr_db(digits, corrupted) == pytest.approx(decibels, abs=0.1)


# What holds for all of them.


@given(names, amounts, seeds, shapes, st.booleans(), st.booleans())
def test_every_corruption_is_pure_and_reproducible(
    name: str,
    amount: float,
    seed: int,
    shape: tuple[int, int, int, int],
    is_float: bool,
    clip: bool,
) -> None:
    images = float_images(shape) if is_float else uint8_images(shape)
    before = images.copy()
    images.setflags(write=False)
    first = corrupt(images, name, amount, seed, clip=clip)
    second = corrupt(images, name, amount, seed, clip=clip)
    assert first.tobytes() == second.tobytes()
    assert first.dtype == np.float32
    assert first.shape == shape
    assert first.flags.c_contiguous
    assert first.flags.writeable
    assert np.isfinite(first).all()
    if clip or not CORRUPTIONS[name].leaves_range:
        # Sums of rounded weights may pass 1 by a rounding where nothing limits them.
        assert first.min() >= 0.0
        assert first.max() <= 1.0 + (0.0 if clip else 1e-6)
    assert not np.shares_memory(first, images)
    np.testing.assert_array_equal(images, before)


@given(names, amounts, seeds, st.integers(1, 6), shapes, st.booleans())
def test_the_first_images_do_not_depend_on_how_many_follow(
    name: str, amount: float, seed: int, k: int, shape: tuple[int, int, int, int], clip: bool
) -> None:
    images = uint8_images((7, *shape[1:]))
    whole = corrupt(images, name, amount, seed, clip=clip)
    first = corrupt(images[:k], name, amount, seed, clip=clip)
    assert whole[:k].tobytes() == first.tobytes()


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_images_of_a_large_batch(name: str, channels: int) -> None:
    images = uint8_images((129, 28, 28, channels))
    amount = CORRUPTIONS[name].default_amount
    whole = corrupt(images, name, amount, 5)
    for k in (1, 2, 31, 64, 128):
        assert whole[:k].tobytes() == corrupt(images[:k], name, amount, 5).tobytes()


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_nothing_changes_at_amount_0(name: str, clip: bool) -> None:
    images = float_images((3, 5, 6, 3))
    result = corrupt(images, name, 0, 1, clip=clip)
    np.testing.assert_array_equal(result, images)
    assert not np.shares_memory(result, images)
    bytes_ = uint8_images((3, 5, 6, 1))
    np.testing.assert_array_equal(
        corrupt(bytes_, name, 0.0, 1, clip=clip), bytes_ / np.float32(255)
    )


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_one_image_is_a_batch_of_one(name: str) -> None:
    image = uint8_images((9, 7, 3))
    result = corrupt(image, name, 0.5, 3)
    assert result.shape == image.shape
    np.testing.assert_array_equal(result, corrupt(image[None], name, 0.5, 3)[0])


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(2, 1, 1, 1), (2, 1, 200, 1), (2, 200, 1, 3), (0, 28, 28, 1)])
def test_odd_sizes(name: str, shape: tuple[int, ...]) -> None:
    for amount in (1e-300, 1e-6, 0.3, 1.0):
        result = corrupt(float_images(shape), name, amount, 0)
        assert result.shape == shape
        assert np.isfinite(result).all()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_view_of_other_memory_order_gives_the_same(name: str) -> None:
    images = float_images((4, 6, 5, 3))
    other = np.asfortranarray(images)
    reverse = images[:, ::-1]
    np.testing.assert_array_equal(corrupt(other, name, 0.4, 2), corrupt(images, name, 0.4, 2))
    np.testing.assert_array_equal(
        corrupt(reverse, name, 0.4, 2), corrupt(reverse.copy(), name, 0.4, 2)
    )


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_uint8_and_float32_are_the_same_image(name: str) -> None:
    images = uint8_images((4, 6, 5, 3))
    np.testing.assert_array_equal(
        corrupt(images, name, 0.4, 2), corrupt(images / np.float32(255), name, 0.4, 2)
    )


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_only_some_leave_the_range(name: str) -> None:
    images = float_images((8, 12, 12, 1))
    result = corrupt(images, name, 0.9, 1, clip=False)
    leaves = result.min() < -1e-6 or result.max() > 1 + 1e-6
    assert leaves == CORRUPTIONS[name].leaves_range
    clipped = corrupt(images, name, 0.9, 1)
    np.testing.assert_array_equal(clipped, np.clip(result, 0, 1))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_whether_the_seed_matters(name: str) -> None:
    images = float_images((4, 12, 12, 1))
    results = {corrupt(images, name, 0.3, seed).tobytes() for seed in (0, 1, 2**32, 2**40, BIG)}
    assert len(results) == (5 if CORRUPTIONS[name].is_random else 1)


def test_the_noise_is_that_of_the_seed_and_the_number() -> None:
    seed = 2**40 + 17
    generator = np.random.default_rng(np.random.SeedSequence([seed, 3]))
    noise = generator.standard_normal((2, 4, 4, 1), np.float32)
    result = corrupt(np.zeros((2, 4, 4, 1), np.float32), "gaussian", 1, seed, clip=False)
    np.testing.assert_array_equal(result, noise)


def test_corruptions_do_not_share_their_noise() -> None:
    blank = np.ones((1, 30, 30, 1), np.float32)
    gaussian = corrupt(blank, "gaussian", 1.0, 4, clip=False)
    speckle = corrupt(blank, "speckle", 1.0, 4, clip=False)
    correlation = np.corrcoef(gaussian.ravel(), speckle.ravel())[0, 1]
    assert abs(correlation) < 5 / 30


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_images_of_a_batch_have_noise_of_their_own(name: str) -> None:
    images = np.repeat(float_images((1, 12, 12, 3)), 6, 0)
    result = corrupt(images, name, 0.5, 1)
    num_different = len({image.tobytes() for image in result})
    assert num_different > 1 if name in RANDOM else num_different == 1


# Each by itself.


@pytest.mark.parametrize("name", ["mask", "salt-pepper"])
def test_channels_of_a_pixel_are_lost_together(name: str) -> None:
    images = 0.25 + 0.5 * float_images((20, 15, 15, 3))
    result = corrupt(images, name, 0.4, 7)
    changed = result != images
    assert (changed.all(3) == changed.any(3)).all()
    lost = result[changed.all(3)]
    assert (lost == lost[:, :1]).all()
    values, counts = np.unique(lost[:, 0], return_counts=True)
    assert values.tolist() == ([0.0] if name == "mask" else [0.0, 1.0])
    assert counts.sum() == pytest.approx(0.4 * 4500, abs=4 * math.sqrt(4500 * 0.24))
    if name == "salt-pepper":
        assert counts[0] == pytest.approx(900, abs=4 * math.sqrt(4500 * 0.16))


@given(seeds, amounts, amounts)
def test_more_masking_keeps_the_holes(seed: int, a: float, b: float) -> None:
    images = 0.5 * np.ones((2, 10, 10, 1), np.float32)
    less, more = (corrupt(images, "mask", amount, seed) for amount in sorted((a, b)))
    assert ((less != 0) | (more == 0)).all()


@given(seeds, amounts, amounts)
def test_more_salt_and_pepper_keeps_the_grains(seed: int, a: float, b: float) -> None:
    images = 0.5 * np.ones((2, 10, 10, 1), np.float32)
    less, more = (corrupt(images, "salt-pepper", amount, seed) for amount in sorted((a, b)))
    assert ((less == 0.5) | (more == less)).all()


def test_everything_can_be_lost() -> None:
    images = 0.25 + 0.5 * float_images((3, 8, 8, 3))
    assert not corrupt(images, "mask", 1.0, 0).any()
    assert not corrupt(images, "block", 1.0, 0).any()
    assert set(np.unique(corrupt(images, "salt-pepper", 1.0, 0))) == {0.0, 1.0}
    np.testing.assert_allclose(corrupt(images, "contrast", 1.0, 0), 0.5)
    np.testing.assert_allclose(corrupt(images, "brightness", 1.0, 0), 1.0)


@given(st.integers(1, 40), st.integers(1, 40), amounts)
def test_the_size_of_the_block(height: int, width: int, share: float) -> None:
    rows, columns = block_size(height, width, share)
    assert 0 <= rows <= height
    assert 0 <= columns <= width
    assert abs(rows * columns - share * height * width) <= (min(height, width) + 1) / 2


@pytest.mark.parametrize(
    ("height", "width", "share", "size"),
    [
        (28, 28, 0.25, (14, 14)),
        (28, 28, 1.0, (28, 28)),
        (20, 40, 0.25, (10, 20)),
        (1, 200, 0.25, (1, 50)),
        (200, 1, 0.25, (50, 1)),
        (1, 1, 0.4, (0, 0)),
        (1, 1, 0.6, (1, 1)),
        (28, 28, 0.0, (0, 0)),
    ],
)
def test_some_sizes_of_the_block(
    height: int, width: int, share: float, size: tuple[int, int]
) -> None:
    assert block_size(height, width, share) == size


@given(seeds, amounts, st.integers(1, 12), st.integers(1, 12))
def test_the_block_is_one_rectangle(seed: int, share: float, height: int, width: int) -> None:
    images = np.ones((3, height, width, 3), np.float32)
    rows, columns = block_size(height, width, share)
    for image in corrupt(images, "block", share, seed):
        hidden = image == 0
        assert (hidden.all(2) == hidden.any(2)).all()
        assert hidden[..., 0].any(1).sum() == rows
        assert hidden[..., 0].any(0).sum() == columns
        assert hidden[..., 0].sum() == rows * columns
        assert np.isin(image, (0, 1)).all()


def test_the_block_can_be_anywhere() -> None:
    images = np.ones((9000, 4, 4, 1), np.float32)
    hidden = corrupt(images, "block", 0.25, 0)[..., 0] == 0  # 2×2 in 4×4: nine places
    places, counts = np.unique(hidden.reshape(9000, -1), axis=0, return_counts=True)
    assert len(places) == 9
    assert counts.min() > 1000 - 5 * 30
    assert counts.max() < 1000 + 5 * 30


def test_gaussian_noise_is_normal_and_independent() -> None:
    blank = np.zeros((40, 25, 25, 3), np.float32)
    noise = corrupt(blank, "gaussian", 0.5, 3, clip=False).astype(np.float64)
    assert noise.mean() == pytest.approx(0, abs=5 * 0.5 / math.sqrt(noise.size))
    assert np.mean(noise**4) == pytest.approx(3 * 0.5**4, rel=0.05)
    for other in (noise[..., ::-1], np.roll(noise, 1, 0), np.roll(noise, 1, 1)):
        channels = [0, 2]
        correlation = np.corrcoef(noise[..., channels].ravel(), other[..., channels].ravel())
        assert abs(correlation[0, 1]) < 5 / math.sqrt(len(channels) * 25000)


def test_gaussian_noise_grows_with_the_amount() -> None:
    blank = np.zeros((2, 8, 8, 1), np.float32)
    a, b = (corrupt(blank, "gaussian", amount, 9, clip=False) for amount in (0.25, 0.5))
    np.testing.assert_array_equal(2 * a, b)


def test_speckle_leaves_black_alone() -> None:
    images = np.zeros((2, 8, 8, 1), np.float32)
    images[:, :4] = 0.5
    result = corrupt(images, "speckle", 0.5, 0, clip=False)
    assert not result[:, 4:].any()
    assert (result[:, :4] != 0.5).mean() > 0.9


@pytest.mark.parametrize("shape", [(3, 28, 28, 1), (2, 13, 20, 3), (1, 1, 200, 1), (2, 1, 1, 1)])
@pytest.mark.parametrize("amount", [0.01, 0.3, 1.0])
def test_blur_is_the_gaussian_filter(shape: tuple[int, int, int, int], amount: float) -> None:
    images = float_images(shape)
    sigma = blur_sigma_px(shape[1], shape[2], amount)
    assert sigma == amount * max(shape[1:3]) / 8
    expected = gaussian_filter(images.astype(np.float64), (0, sigma, sigma, 0), mode="reflect")
    result = corrupt(images, "blur", amount, 0)
    np.testing.assert_allclose(result, expected, atol=1e-6)
    np.testing.assert_allclose(result.mean((1, 2)), images.mean((1, 2)), atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 28, 28, 1), (2, 13, 21, 3), (1, 1, 200, 1), (2, 1, 1, 1)])
@pytest.mark.parametrize("amount", [0.01, 0.5, 0.77, 1.0])
def test_pixelate_gives_cells_their_mean(shape: tuple[int, int, int, int], amount: float) -> None:
    images = float_images(shape)
    _, h, w, _ = shape
    side = cell_side_px(h, w, amount)
    expected = np.empty_like(images)
    for top in range(0, h, side):
        for left in range(0, w, side):
            cell = np.s_[:, top : top + side, left : left + side]
            expected[cell] = images[cell].mean((1, 2), keepdims=True)
    np.testing.assert_allclose(corrupt(images, "pixelate", amount, 0), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "amount", "side"),
    [(28, 28, 1, 7), (28, 28, 0.5, 4), (28, 28, 1e-9, 1), (1, 200, 1, 50), (1, 1, 1, 1)],
)
def test_the_side_of_a_cell(height: int, width: int, amount: float, side: int) -> None:
    assert cell_side_px(height, width, amount) == side


@given(amounts)
def test_brightness_and_contrast(amount: float) -> None:
    images = float_images((2, 4, 5, 3))
    np.testing.assert_allclose(
        corrupt(images, "brightness", amount, 0, clip=False), images + amount, atol=1e-6
    )
    np.testing.assert_allclose(
        corrupt(images, "brightness", amount, 0), np.minimum(images + amount, 1), atol=1e-6
    )
    np.testing.assert_allclose(
        corrupt(images, "contrast", amount, 0), 0.5 + (images - 0.5) * (1 - amount), atol=1e-6
    )


# Stacks.

stacks = st.lists(st.tuples(names, amounts), max_size=4)


@given(stacks, seeds, st.booleans())
def test_a_stack_is_reproducible_and_pure(
    steps: list[tuple[str, float]], seed: int, clip: bool
) -> None:
    images = uint8_images((3, 6, 7, 3))
    before = images.copy()
    first = corrupt_stack(images, steps, seed, clip=clip)
    assert first.tobytes() == corrupt_stack(images, steps, seed, clip=clip).tobytes()
    assert first[:2].tobytes() == corrupt_stack(images[:2], steps, seed, clip=clip).tobytes()
    assert first.dtype == np.float32
    assert first.shape == images.shape
    if clip:
        assert first.min() >= 0
        assert first.max() <= 1
    np.testing.assert_array_equal(images, before)


@given(stacks, seeds)
def test_a_further_step_follows_the_others(steps: list[tuple[str, float]], seed: int) -> None:
    images = uint8_images((2, 6, 7, 1))
    before = corrupt_stack(images, steps, seed)
    np.testing.assert_array_equal(
        corrupt_stack(images, [*steps, ("contrast", 0.5)], seed),
        corrupt(before, "contrast", 0.5, 0),
    )


def test_a_stack_of_one_is_that_corruption() -> None:
    images = uint8_images((3, 6, 7, 1))
    np.testing.assert_array_equal(
        corrupt_stack(images, [("mask", 0.5)], 8), corrupt(images, "mask", 0.5, 8)
    )
    np.testing.assert_array_equal(corrupt_stack(images, [], 8), images / np.float32(255))
    assert corrupt_stack(images[0], [("mask", 0.5), ("blur", 0.1)], 8).shape == (6, 7, 1)


def test_equal_steps_have_noise_of_their_own() -> None:
    blank = np.zeros((4, 20, 20, 1), np.float32)
    twice = corrupt_stack(blank, [("gaussian", 0.5)] * 2, 3, clip=False)
    once = corrupt(blank, "gaussian", 0.5, 3, clip=False)
    assert np.mean(twice**2) == pytest.approx(0.5, rel=0.15)
    assert abs(np.corrcoef((twice - once).ravel(), once.ravel())[0, 1]) < 5 / 40
    masked = corrupt_stack(blank + 1, [("mask", 0.5)] * 2, 3)
    assert masked.mean() == pytest.approx(0.25, abs=0.06)


def test_order_matters() -> None:
    images = uint8_images((2, 8, 8, 1))
    there = corrupt_stack(images, [("blur", 0.5), ("block", 0.2)], 0)
    back = corrupt_stack(images, [("block", 0.2), ("blur", 0.5)], 0)
    assert (there == 0).any()
    assert not (back == 0).any()


# What is refused.


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("amount", [-0.01, 1.01, math.nan, math.inf, -math.inf])
def test_amounts_out_of_range(name: str, amount: float) -> None:
    images = uint8_images((1, 4, 4, 1))
    with pytest.raises(UsageError, match=f"amount of “{name}” must be a number from 0 to 1"):
        corrupt(images, name, amount, 0)
    with pytest.raises(UsageError, match="amount"):
        corrupt_stack(images, [("mask", 0.5), (name, amount)], 0)


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="no corruption “rain”; there are: mask, block, "):
        corrupt(uint8_images((1, 4, 4, 1)), "rain", 0.5, 0)
    with pytest.raises(UsageError, match="rain"):
        corrupt_stack(uint8_images((1, 4, 4, 1)), [("mask", 0.1), ("rain", 0.5)], 0)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seeds_out_of_range(seed: int) -> None:
    images = uint8_images((1, 4, 4, 1))
    with pytest.raises(UsageError, match="seed must be a whole number"):
        corrupt(images, "mask", 0.5, seed)
    with pytest.raises(UsageError, match="seed"):
        corrupt_stack(images, [], seed)
    with pytest.raises(UsageError, match="seed"):
        derived_seed(seed, 0)


def test_other_arrays_are_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="float64"):
        corrupt(np.zeros((1, 4, 4, 1)), "mask", 0.5, 0)
    with pytest.raises(ValueError, match="2 dimensions"):
        corrupt(np.zeros((4, 4), np.uint8), "mask", 0.5, 0)


# The registry and the seeds.


def test_the_registry() -> None:
    assert {name: corruption.number for name, corruption in CORRUPTIONS.items()} == {
        "mask": 1,
        "block": 2,
        "gaussian": 3,
        "salt-pepper": 4,
        "speckle": 5,
        "blur": 6,
        "pixelate": 7,
        "brightness": 8,
        "contrast": 9,
    }, "another number is another noise: runs could not be repeated"
    for name, corruption in CORRUPTIONS.items():
        assert corruption.name == name
        assert corruption.minimum <= 0 < corruption.default_amount <= corruption.maximum
        assert corruption.title
        assert corruption.amount_meaning
        assert corruption.sentence.endswith(".")
        assert checked_corruption(name, corruption.default_amount) is corruption


@given(seeds, st.integers(0, 10**6))
def test_derived_seeds_are_seeds(seed: int, index: int) -> None:
    found = derived_seed(seed, index)
    assert 0 <= found <= BIG
    assert found == derived_seed(seed, index)


def test_derived_seeds_differ() -> None:
    assert len({derived_seed(seed, index) for seed in range(50) for index in range(50)}) == 2500
