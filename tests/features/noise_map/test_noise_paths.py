"""Which versions of an image make its path and its cloud."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.base.errors import UsageError
from latentlab.features.noise_map.paths import (
    NUM_SEEDS,
    PATH_POINTS,
    cloud_versions,
    corrupted_versions,
    full_steps,
    path_shares,
    path_versions,
    present_share,
    steps_at,
)
from latentlab.images.corruptions import corrupt_stack

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 7, 1), np.uint8)


def test_one_step_grows_to_its_maximum_whatever_its_amount() -> None:
    for amount in (0.0, 0.2, 1.0):
        assert full_steps([("mask", amount)]) == (("mask", 1.0),)
        assert present_share([("mask", amount)]) == pytest.approx(amount)


def test_several_steps_grow_together_until_the_first_is_at_its_maximum() -> None:
    steps = [("mask", 0.1), ("gaussian", 0.4), ("blur", 0.0)]
    full = dict(full_steps(steps))
    assert full == pytest.approx({"mask": 0.25, "gaussian": 1.0, "blur": 0.0})
    assert present_share(steps) == pytest.approx(0.4)
    assert [a for _, a in steps_at(steps, present_share(steps))] == pytest.approx([0.1, 0.4, 0.0])


def test_without_any_amount_every_step_ends_at_its_maximum() -> None:
    assert full_steps([("mask", 0.0), ("blur", 0.0)]) == (("mask", 1.0), ("blur", 1.0))
    assert present_share([("mask", 0.0), ("blur", 0.0)]) == 0.0
    assert (full_steps([]), present_share([])) == ((), 0.0)


def test_no_rounding_leads_past_a_maximum() -> None:
    for amount in np.random.default_rng(1).uniform(1e-6, 1, 300).tolist():
        for name, end in full_steps([("mask", amount), ("gaussian", amount / 3)]):
            assert end <= 1.0
            corrupt_stack(IMAGE, [(name, end)], 0)


def test_what_is_no_corruption_is_refused() -> None:
    with pytest.raises(UsageError, match="no corruption"):
        full_steps([("fog", 0.1)])


def test_a_path_leads_from_the_image_itself_to_all_of_the_noise() -> None:
    steps = [("gaussian", 0.3)]
    images = corrupted_versions(IMAGE, path_versions(steps, 5))
    assert images.shape == (PATH_POINTS, 9, 7, 1)
    np.testing.assert_array_equal(images[0], IMAGE / np.float32(255))
    end = corrupt_stack(IMAGE, [("gaussian", 1.0)], 5, clip=False)
    np.testing.assert_array_equal(images[-1], end)
    assert end.min() < 0, "not clipped"
    # The same noise grows: the path is straight in the space of images.
    noise = images - images[0]
    straight = path_shares()[:, None, None, None] * noise[-1]
    np.testing.assert_allclose(noise, straight, atol=1e-6)


def test_damaged_pixels_stay_damaged_along_a_path() -> None:
    images = corrupted_versions(IMAGE, path_versions([("mask", 0.5)], 0))
    gone = images == 0
    assert (gone[1:] >= gone[:-1]).all()
    assert gone[-1].all()


def test_a_cloud_has_many_noises_of_one_amount_and_the_present_one_first() -> None:
    steps = [("salt-pepper", 0.3), ("gaussian", 0.1)]
    images = corrupted_versions(IMAGE, cloud_versions(steps, 7))
    again = corrupted_versions(IMAGE, cloud_versions(steps, 7))
    np.testing.assert_array_equal(images, again)
    assert len(np.unique(images.reshape(NUM_SEEDS, -1), axis=0)) == NUM_SEEDS
    for row in (0, 1, 40):
        expected = corrupt_stack(IMAGE, steps, 7 + row, clip=False)
        np.testing.assert_array_equal(images[row], expected)


def test_the_largest_seed_has_a_cloud_too() -> None:
    seeds = [seed for _, seed in cloud_versions([("mask", 0.5)], 2**63 - 1)]
    assert seeds[:3] == [2**63 - 1, 0, 1]


@pytest.mark.parametrize("steps", [[("blur", 0.5)], [("mask", 0.0)], []])
def test_without_chance_one_seed_is_enough(steps: list[tuple[str, float]]) -> None:
    assert cloud_versions(steps, 3) == [(tuple(steps), 3)]
