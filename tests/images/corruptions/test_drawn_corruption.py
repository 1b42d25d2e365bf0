from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.images.corruptions import CORRUPTIONS, corrupt, corrupt_drawn
from latentlab.images.corruptions.drawn import draw_amounts


def uint8_images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, 7, 5, 3)).astype(np.uint8)


def test_amounts_spread_evenly_from_nothing_and_do_not_depend_on_how_many_follow() -> None:
    amounts = np.array(draw_amounts(20_000, 0.6, 5))
    assert amounts.min() >= 0.0 and amounts.max() < 0.6
    counts, _ = np.histogram(amounts, 6, (0.0, 0.6))
    assert abs(counts - 20_000 / 6).max() < 5 * np.sqrt(20_000 / 6)
    assert draw_amounts(9, 0.6, 5) == amounts[:9].tolist()
    assert draw_amounts(9, 0.6, 6) != amounts[:9].tolist()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_image_gets_its_noise_of_a_batch_at_its_own_amount(name: str) -> None:
    images, seed = uint8_images(12), 2**40 + 3
    drawn = corrupt_drawn(images, name, 0.9, seed, clip=False)
    for place, amount in enumerate(draw_amounts(12, 0.9, seed)):
        alike = corrupt(images, name, amount, seed, clip=False)
        assert drawn[place].tobytes() == alike[place].tobytes()
    assert drawn[:5].tobytes() == corrupt_drawn(images[:5], name, 0.9, seed, clip=False).tobytes()
    assert drawn.dtype == np.float32 and drawn.flags.c_contiguous


def test_one_image_and_no_amount() -> None:
    images = uint8_images(3)
    one = corrupt_drawn(images[0], "gaussian", 0.5, 1)
    assert one.tobytes() == corrupt_drawn(images[:1], "gaussian", 0.5, 1)[0].tobytes()
    assert one.min() >= 0.0 and one.max() <= 1.0
    np.testing.assert_array_equal(corrupt_drawn(images, "mask", 0.0, 1), images / np.float32(255))
    assert corrupt_drawn(images[:0], "mask", 0.5, 1).shape == (0, 7, 5, 3)


@pytest.mark.parametrize(("name", "amount", "seed"), [("no", 0.5, 1), ("mask", 1.5, 1)])
def test_what_is_out_of_range_is_refused(name: str, amount: float, seed: int) -> None:
    with pytest.raises(UsageError):
        corrupt_drawn(uint8_images(0), name, amount, seed)
    with pytest.raises(UsageError, match="seed"):
        corrupt_drawn(uint8_images(0), "mask", 0.5, -1)
