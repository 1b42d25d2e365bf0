from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from latentlab.features.outliers.measure import (
    OutlierScores,
    latent_distance,
    outlier_scores,
    ranks_of,
)


def cloud(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def expected(
    codes: NDArray[np.float32], training: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """The formula word for word, one code at a time."""
    z = codes.astype(np.float64)
    known = [t for t in training if np.isfinite(z[t]).all()]
    mean = z[known].mean(0)
    spread = np.sqrt(np.mean([((z[t] - mean) ** 2).sum() for t in known]))
    found = []
    for i in range(len(z)):
        others = sorted(np.linalg.norm(z[i] - z[t]) for t in known if t != i)
        found.append(np.mean(others[:k]) / spread)
    return np.array(found)


@pytest.mark.parametrize("d", [1, 2, 12, 13, 100])
@pytest.mark.parametrize("k", [1, 5])
def test_the_formula(d: int, k: int) -> None:
    codes = cloud(300, d)
    training = np.setdiff1d(np.arange(300), np.arange(0, 300, 10))
    found = outlier_scores(np.zeros(300), codes, training, k).latent_distance
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected(codes, training, k), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("d", [2, 40])
def test_scale_and_place_of_the_codes_do_not_count(d: int) -> None:
    codes = cloud(200, d)
    first = latent_distance(codes, codes[:150], k=3)
    for scale, shift in ((1e-20, 0.0), (1e25, 0.0), (1.0, 300.0)):
        moved = codes * np.float32(scale) + np.float32(shift)
        np.testing.assert_allclose(latent_distance(moved, moved[:150], k=3), first, rtol=2e-3)


@pytest.mark.parametrize("d", [2, 40])
def test_equal_images_are_neighbours_but_no_image_is_its_own(d: int) -> None:
    codes = np.repeat(cloud(20, d) + np.float32(50), 2, axis=0)
    everything = np.arange(40)
    found = outlier_scores(np.zeros(40), codes, everything, 1).latent_distance
    assert (found == 0).all()
    alone = outlier_scores(np.zeros(20), codes[::2], np.arange(20), 1).latent_distance
    assert (alone > 0.01).all()
    # More equal ones than neighbours are looked at.
    many = np.zeros((30, d), np.float32)
    many[29] = 1
    found = outlier_scores(np.zeros(30), many, np.arange(30), 5).latent_distance
    assert (found[:29] == 0).all()
    assert found[29] > 1


def test_a_stranger_is_far_from_the_others() -> None:
    codes = cloud(100, 2)
    codes[7] = (20, -20)
    scores = outlier_scores(np.arange(100), codes, np.arange(0, 100, 2))
    assert scores.ranks("latent")[7] == 1
    assert scores.ranks("recon")[99] == 1
    assert scores.recon_error.dtype == np.float64


@pytest.mark.parametrize("d", [2, 40])
def test_codes_that_are_no_numbers_are_left_out(d: int) -> None:
    codes = cloud(60, d)
    codes[3, 0], codes[4] = np.nan, np.inf
    training = np.arange(50)
    found = outlier_scores(np.zeros(60), codes, training, 4).latent_distance
    assert np.flatnonzero(np.isnan(found)).tolist() == [3, 4]
    rest = np.setdiff1d(np.arange(60), [3, 4])
    np.testing.assert_allclose(found[rest], expected(codes[rest], np.arange(48), 4), rtol=1e-4)


def test_few_codes() -> None:
    codes = np.array([[0.0], [1.0], [3.0]], np.float32)
    spread = codes.std()
    found = outlier_scores(np.zeros(3), codes, np.arange(3), 5).latent_distance
    np.testing.assert_allclose(found * spread, [2.0, 1.5, 2.5], rtol=1e-6)
    alone = outlier_scores(np.zeros(2), codes[:2], np.array([0]), 5).latent_distance
    assert np.isnan(alone[0])  # there is nobody else
    assert alone[1] == pytest.approx(1.0)  # equal codes have no spread to measure in
    nobody = outlier_scores(np.zeros(2), codes[:2], np.array([], np.int64))
    assert np.isnan(nobody.latent_distance).all()
    assert latent_distance(codes[:0], codes).shape == (0,)
    with pytest.raises(ValueError, match="neighbours"):
        latent_distance(codes, codes, k=0)


def test_places() -> None:
    assert ranks_of(np.array([1.0, 5.0, np.nan, 5.0, np.inf])).tolist() == [4, 2, 5, 3, 1]
    recon = np.array([4.0, 3.0, 1.0, np.nan])
    scores = OutlierScores(recon, np.array([1.0, 4.0, 2.0, 9.0]))
    assert scores.ranks().tolist() == [1, 2, 3, 4]
    assert scores.ranks("latent").tolist() == [4, 2, 3, 1]
    # Sums of places: 5, 4, 6, and one without a score.
    assert scores.ranks("both").tolist() == [2, 1, 3, 4]
    with pytest.raises(ValueError, match="size"):
        scores.ranks("size")
