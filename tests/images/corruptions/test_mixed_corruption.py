from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.images.corruptions import CORRUPTIONS, MIXED, corrupt, corrupt_mixed
from latentlab.images.corruptions.mixed import INGREDIENTS, draw_mixture

BIG = 2**63 - 1

amounts = st.floats(0.0, 1.0)
seeds = st.integers(0, BIG)


def uint8_images(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


@given(amounts, seeds, st.booleans(), st.booleans(), st.sampled_from([1, 3]))
def test_the_same_arguments_give_the_same_bits(
    amount: float, seed: int, is_float: bool, clip: bool, channels: int
) -> None:
    images: NDArray[np.uint8] | NDArray[np.float32] = uint8_images((9, 6, 5, channels))
    if is_float:
        images = images / np.float32(255)
    before = images.copy()
    images.setflags(write=False)
    first = corrupt_mixed(images, amount, seed, clip=clip)
    assert first.tobytes() == corrupt_mixed(images, amount, seed, clip=clip).tobytes()
    assert first.dtype == np.float32 and first.shape == images.shape
    assert first.flags.c_contiguous and first.flags.writeable
    assert not np.shares_memory(first, images)
    np.testing.assert_array_equal(images, before)
    if clip:
        assert first.min() >= 0.0 and first.max() <= 1.0


@given(amounts, seeds, st.integers(0, 39))
def test_the_first_images_do_not_depend_on_how_many_follow(
    amount: float, seed: int, k: int
) -> None:
    images = uint8_images((40, 6, 5, 1))
    whole = corrupt_mixed(images, amount, seed, clip=False)
    assert whole[:k].tobytes() == corrupt_mixed(images[:k], amount, seed, clip=False).tobytes()
    assert draw_mixture(40, amount, seed)[:k] == draw_mixture(k, amount, seed)


def test_each_image_is_corrupted_as_in_a_batch_of_its_kind_alone() -> None:
    images = uint8_images((200, 12, 11, 3))
    seed = 2**40 + 3
    mixed = corrupt_mixed(images, 0.8, seed, clip=False)
    drawn = draw_mixture(len(images), 0.8, seed)
    num_compared = 0
    for ingredient in INGREDIENTS:
        places = [i for i, (name, own) in enumerate(drawn) if name == ingredient.name and own > 0]
        for row, place in enumerate(places):
            own = drawn[place][1]
            alone = corrupt(images[places], ingredient.name, own, seed, clip=False)
            assert mixed[place].tobytes() == alone[row].tobytes()
            num_compared += 1
    clean = [i for i, (_, own) in enumerate(drawn) if own == 0]
    np.testing.assert_array_equal(mixed[clean], images[clean] / np.float32(255))
    assert clean and num_compared + len(clean) == len(images)


def test_kinds_come_as_often_as_they_should_and_amounts_spread_evenly() -> None:
    n, amount = 20_000, 0.6
    drawn = draw_mixture(n, amount, 5)
    shares = [ingredient.share for ingredient in INGREDIENTS]
    shares.append(1 - sum(shares))
    assert shares[-1] == pytest.approx(0.05)
    own_amounts = [
        np.array([own for name, own in drawn if name == ingredient.name and own > 0])
        for ingredient in INGREDIENTS
    ]
    counts = [*map(len, own_amounts), sum(own == 0 for _, own in drawn)]
    assert sum(counts) == n
    for share, count in zip(shares, counts, strict=True):
        assert count / n == pytest.approx(share, abs=4 * (share * (1 - share) / n) ** 0.5)
    for ingredient, found in zip(INGREDIENTS, own_amounts, strict=True):
        top = amount * ingredient.most
        assert found.max() <= top
        # The largest distance from an even spread; a true one passes this once in 100,000 times.
        ranks = np.arange(1, len(found) + 1) / len(found)
        distance = np.abs(np.sort(found) / top - ranks).max()
        assert distance < 2.5 / len(found) ** 0.5


def test_what_is_mixed_is_in_the_registry_and_in_range() -> None:
    names = [ingredient.name for ingredient in INGREDIENTS]
    assert len(set(names)) == len(names)
    assert {"mask", "salt-pepper", "gaussian", "speckle", "block", "blur"} <= set(names)
    for ingredient in INGREDIENTS:
        assert 0 < ingredient.most <= CORRUPTIONS[ingredient.name].maximum
        assert ingredient.share > 0
    # It is no corruption that something can be measured with.
    assert MIXED not in CORRUPTIONS


def test_gaussian_noise_in_the_mixture_is_not_clipped() -> None:
    images = np.zeros((60, 20, 20, 1), np.float32)
    mixed = corrupt_mixed(images, 1.0, 0, clip=False)
    drawn = draw_mixture(60, 1.0, 0)
    checked = 0
    for image, (name, own) in zip(mixed, drawn, strict=True):
        if name == "gaussian" and own > 0.1:
            assert image.min() < -own
            assert image.std() == pytest.approx(own, rel=0.2)
            checked += 1
    assert checked > 5
    np.testing.assert_array_equal(corrupt_mixed(images, 1.0, 0), np.clip(mixed, 0, 1))


def test_seeds_give_other_mixtures_and_other_noise() -> None:
    images = uint8_images((16, 8, 8, 1))
    found = {corrupt_mixed(images, 1.0, seed).tobytes() for seed in (0, 1, 2**32, BIG)}
    assert len(found) == 4


@pytest.mark.parametrize("shape", [(0, 4, 4, 1), (3, 4, 4, 1), (3, 1, 1, 3), (2, 1, 90, 1)])
def test_nothing_changes_at_amount_0_and_odd_sizes_pass(shape: tuple[int, ...]) -> None:
    images = uint8_images(shape)
    np.testing.assert_array_equal(corrupt_mixed(images, 0.0, 1), images / np.float32(255))
    assert corrupt_mixed(images, 1.0, 1).shape == shape


def test_one_image_is_a_batch_of_one() -> None:
    image = uint8_images((9, 7, 3))
    np.testing.assert_array_equal(
        corrupt_mixed(image, 1.0, 3), corrupt_mixed(image[None], 1.0, 3)[0]
    )


@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan")])
def test_amounts_out_of_range_are_refused(amount: float) -> None:
    with pytest.raises(UsageError, match="from 0 to 1"):
        corrupt_mixed(uint8_images((2, 4, 4, 1)), amount, 0)


@pytest.mark.parametrize("seed", [-1, BIG + 1])
def test_seeds_out_of_range_are_refused(seed: int) -> None:
    with pytest.raises(UsageError, match="seed"):
        corrupt_mixed(uint8_images((2, 4, 4, 1)), 0.5, seed)
