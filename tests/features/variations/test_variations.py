from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.features.variations.measure import (
    class_centroids,
    equal_pixel_noise,
    prior_scale,
    vary_codes,
)
from latentlab.latent.density import GaussianMixture


def test_codes_lie_around_that_of_the_image() -> None:
    z, scale = np.array([1.0, -2.0, 30.0]), np.array([0.5, 2.0, 0.0])
    codes = vary_codes(z, scale, 0.3, 40_000, 7)
    assert codes.dtype == np.float32
    assert codes.shape == (40_000, 3)
    np.testing.assert_allclose(codes.mean(0), z, atol=0.02)
    np.testing.assert_allclose(codes.std(0, dtype=float), 0.3 * scale, rtol=0.02)
    assert (codes[:, 2] == 30).all()
    assert abs(np.corrcoef(codes[:, :2].T)[0, 1]) < 0.02


def test_the_same_words_give_the_same_codes() -> None:
    z, scale = np.zeros(5, np.float32), np.ones(5, np.float32)
    codes = vary_codes(z, scale, 1.0, 20, 3)
    np.testing.assert_array_equal(vary_codes(z, scale, 1.0, 20, 3), codes)
    np.testing.assert_array_equal(vary_codes(z, scale, 1.0, 8, 3), codes[:8])
    np.testing.assert_allclose(vary_codes(z, scale, 0.5, 20, 3), codes / 2, rtol=1e-6)
    assert not np.isin(vary_codes(z, scale, 1.0, 20, 4), codes).any()
    assert vary_codes(z, scale, 1.0, 0, 3).shape == (0, 5)
    assert (vary_codes(z, scale, 0.0, 4, 3) == 0).all()


def test_wrong_noise_is_refused() -> None:
    z = np.zeros(2)
    for sigma in (-0.1, math.nan, math.inf):
        with pytest.raises(UsageError, match="Sigma"):
            vary_codes(z, z, sigma, 1, 0)
    with pytest.raises(UsageError, match="seed"):
        vary_codes(z, z, 1.0, 1, -1)
    with pytest.raises(ValueError, match="shape"):
        vary_codes(z, np.ones(3), 1.0, 1, 0)
    assert np.isinf(vary_codes(z, np.ones(2), 1e300, 1, 0)).all()


def test_the_width_of_priors() -> None:
    assert prior_scale(None, 3).tolist() == [1, 1, 1]
    factor = np.array([[[2.0, 0.0], [1.0, 3.0]]])
    single = GaussianMixture(np.ones(1), np.array([[1e6, 5.0]]), factor)
    np.testing.assert_allclose(prior_scale(single, 2), [2, math.sqrt(10)])
    factors = np.stack([np.diag([0.5, 2.0]), np.diag([1.0, 0.1])])
    mixture = GaussianMixture(np.array([0.25, 0.75]), np.array([[0.0, 1.0], [4.0, 1.0]]), factors)
    drawn = mixture.sample(200_000, 0).std(0, dtype=float)
    np.testing.assert_allclose(prior_scale(mixture, 2), drawn, rtol=0.02)


# As much noise in the pixels.


def picture(shape: tuple[int, int, int], seed: int) -> NDArray[np.float32]:
    """Mostly black and white with some grey, as decoded pictures are."""
    values = np.random.default_rng(seed).normal(0.3, 0.5, shape)
    return np.clip(values, 0, 1).astype(np.float32)


@pytest.mark.parametrize("shape", [(9, 8, 1), (6, 7, 3)])
@pytest.mark.parametrize("amount", [0.001, 0.01, 0.1, 0.3])
def test_the_change_is_that_of_the_variation(shape: tuple[int, int, int], amount: float) -> None:
    image = picture(shape, 0)
    others = np.stack([image + amount * (picture(shape, i) - image) for i in range(1, 9)])
    noisy = equal_pixel_noise(image, others, 5)
    assert noisy.dtype == np.float32
    assert noisy.shape == others.shape
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    wanted = ((others.astype(float) - image) ** 2).mean((1, 2, 3))
    found = ((noisy.astype(float) - image) ** 2).mean((1, 2, 3))
    np.testing.assert_allclose(found, wanted, rtol=1e-3)


def test_the_noise_is_noise() -> None:
    image = np.full((60, 50, 1), 0.5, np.float32)
    noisy = equal_pixel_noise(image, np.stack([image + 0.05, image - 0.1]), 0)
    change = (noisy - image)[..., 0].astype(float)
    for part, size in zip(change, (0.05, 0.1), strict=True):
        assert abs(part.mean()) < 0.1 * size
        assert part.std() == pytest.approx(size, rel=0.01)
        assert abs(np.corrcoef(part[:-1].ravel(), part[1:].ravel())[0, 1]) < 0.1
        assert (abs(part) < size).mean() == pytest.approx(0.683, abs=0.03)
    assert abs(np.corrcoef(change[0].ravel(), change[1].ravel())[0, 1]) < 0.1


def test_seeds_of_pixel_noise() -> None:
    image = picture((6, 6, 1), 0)
    others = np.stack([picture((6, 6, 1), i) for i in range(1, 5)])
    noisy = equal_pixel_noise(image, others, 5)
    np.testing.assert_array_equal(equal_pixel_noise(image, others[:2], 5), noisy[:2])
    assert (equal_pixel_noise(image, others, 6) != noisy).any()


def test_bytes_and_ends_of_pixel_noise() -> None:
    image = np.array([[[0], [255], [100]]], np.uint8)
    same = equal_pixel_noise(image, image[None], 0)
    np.testing.assert_allclose(same[0], image / 255, atol=1e-7)
    # Nothing that noise does to a value of 100 changes it by all of 255.
    inverse = np.array([[[[255], [0], [255]]]], np.uint8)
    noisy = equal_pixel_noise(image, inverse, 3)
    assert np.isin(noisy[0, 0, :, 0], (0, 1)).all()
    with pytest.raises(ValueError, match="shape"):
        equal_pixel_noise(image, image, 0)
    assert equal_pixel_noise(image, image[None][:0], 0).shape == (0, 1, 3, 1)


# Means of classes.


def test_class_centroids() -> None:
    codes = np.array([[1, 2], [3, 6], [np.nan, 0], [5, 5], [9, 9], [7, 7]], np.float32)
    labels = np.array([0, 0, 0, 2, -1, 4], np.int32)
    found = class_centroids(codes, labels, 4)
    assert found.dtype == np.float32
    assert found.shape == (4, 2)
    assert found[0].tolist() == [2, 4]
    assert found[2].tolist() == [5, 5]
    assert np.isnan(found[[1, 3]]).all()
    assert class_centroids(codes[:0], labels[:0], 2).shape == (2, 2)


def test_many_codes_far_from_the_origin_keep_their_digits() -> None:
    codes = np.full((200_000, 1), 1000.25, np.float32)
    assert class_centroids(codes, np.zeros(len(codes), np.int64), 1)[0, 0] == 1000.25
