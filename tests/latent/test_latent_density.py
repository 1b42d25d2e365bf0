from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from latentlab.base.errors import ModelFileError, UsageError
from latentlab.latent.density import GaussianMixture, fit_gaussian, fit_mixture, mixture_steps

Floats = NDArray[np.float64]


def normal(n: int, d: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((n, d))


def correlated(n: int, d: int, seed: int = 0) -> Floats:
    """Codes of a Gaussian with correlations and standard deviations from 0.01 to 100."""
    mixing = normal(d, d, seed + 1) * np.logspace(-2, 2, d)
    return normal(n, d, seed) @ mixing + np.arange(d)


def some_mixture(k: int, d: int, seed: int = 0, spread: float = 3.0) -> GaussianMixture:
    rng = np.random.default_rng(seed)
    factors = np.tril(rng.normal(size=(k, d, d)) * min(0.3, d**-0.5))
    factors[:, np.arange(d), np.arange(d)] = rng.uniform(0.3, 1.5, (k, d))
    return GaussianMixture(
        rng.dirichlet(np.full(k, 3.0)), rng.normal(size=(k, d)) * spread, factors
    )


def blobs(centres: Any, n: int, std: float = 1.0, seed: int = 0) -> Floats:
    centres = np.asarray(centres, float)
    offsets = normal(n * len(centres), centres.shape[1], seed)
    return np.repeat(centres, n, 0) + std * offsets


def covariances(mixture: GaussianMixture) -> Floats:
    return mixture.factors @ mixture.factors.transpose(0, 2, 1)


def ridge(codes: Floats) -> Floats:
    """What the documentation says is added to the variances."""
    rounding = np.finfo(np.float32).eps * np.abs(codes).max()
    return 1e-6 * codes.var(0) + rounding**2 + 1e-24


def assert_sound(mixture: GaussianMixture) -> None:
    """Whatever was fitted can be stored, read, sampled and evaluated."""
    stored = {name: array.astype(np.float32) for name, array in mixture.to_arrays().items()}
    again = GaussianMixture.from_arrays(stored)
    assert again.weights.sum() == pytest.approx(1, abs=1e-12)
    drawn = again.sample(50, 0)
    assert np.isfinite(drawn).all()
    assert np.isfinite(mixture.log_prob(mixture.means)).all()


# The density


@pytest.mark.parametrize(("k", "d"), [(1, 1), (1, 5), (3, 2), (10, 16), (2, 40)])
def test_log_prob_is_that_of_the_textbook(k: int, d: int) -> None:
    mixture = some_mixture(k, d)
    z = normal(200, d, seed=5) * 4
    parts = [
        np.log(w) + multivariate_normal(m, c).logpdf(z)
        for w, m, c in zip(mixture.weights, mixture.means, covariances(mixture), strict=True)
    ]
    np.testing.assert_allclose(mixture.log_prob(z), logsumexp(parts, axis=0), rtol=1e-9)


def test_log_prob_of_many_codes_is_that_of_each() -> None:
    mixture = some_mixture(2, 600)
    z = normal(5000, 600)  # more than are worked on at once
    found = mixture.log_prob(z)
    assert found.shape == (5000,)
    assert found.dtype == np.float64
    for row in (0, 3494, 3495, 4999):
        np.testing.assert_allclose(mixture.log_prob(z[row : row + 1])[0], found[row], rtol=1e-12)


def test_a_density_integrates_to_one() -> None:
    mixture = some_mixture(3, 2, spread=1.0)
    axis = np.linspace(-15, 15, 601)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    total = np.exp(mixture.log_prob(grid)).sum() * (axis[1] - axis[0]) ** 2
    assert total == pytest.approx(1, abs=1e-6)


def test_log_prob_far_away_does_not_underflow() -> None:
    mixture = GaussianMixture(np.array([0.5, 0.5]), np.zeros((2, 1)), np.ones((2, 1, 1)))
    found = mixture.log_prob([[1e4]])
    assert found[0] == pytest.approx(-(1e8) / 2 - math.log(2 * math.pi) / 2)


def test_log_prob_is_minus_infinity_where_nothing_can_be_computed() -> None:
    mixture = some_mixture(3, 2)
    z = np.array([[np.nan, 0], [np.inf, 0], [-np.inf, np.inf], [1e300, -1e300], [0, 0]])
    found = mixture.log_prob(z)
    assert np.isneginf(found[:4]).all()
    assert np.isfinite(found[4])


def test_a_component_without_weight_does_not_count() -> None:
    one = some_mixture(1, 3)
    two = GaussianMixture(
        np.array([1.0, 0.0]), np.repeat(one.means, 2, 0), np.repeat(one.factors, 2, 0)
    )
    z = normal(10, 3)
    np.testing.assert_allclose(two.log_prob(z), one.log_prob(z))


def test_log_prob_of_nothing_and_of_the_wrong_shape() -> None:
    mixture = some_mixture(2, 3)
    assert mixture.log_prob(np.empty((0, 3))).shape == (0,)
    for shape in [(3,), (4, 2), (1, 1, 3)]:
        with pytest.raises(ValueError, match="shape"):
            mixture.log_prob(np.zeros(shape))


def test_the_arrays_are_copied_and_cannot_be_written() -> None:
    means = np.zeros((1, 2), np.float32)
    mixture = GaussianMixture(np.ones(1), means, np.eye(2)[None])
    means[:] = 7
    assert mixture.means.tolist() == [[0, 0]]
    assert mixture.means.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        mixture.factors[0, 0, 0] = 2
    assert (mixture.num_components, mixture.latent_dim) == (1, 2)


# Sampling


def test_samples_have_the_moments_of_the_mixture() -> None:
    mixture = some_mixture(4, 3)
    drawn = mixture.sample(400_000, 1)
    assert drawn.dtype == np.float32
    mean = mixture.weights @ mixture.means
    apart = mixture.means - mean
    covariance = np.einsum("k,kij->ij", mixture.weights, covariances(mixture))
    covariance += np.einsum("k,ki,kj->ij", mixture.weights, apart, apart)
    # Five standard errors of an estimated mean, and a generous number of those of a covariance.
    np.testing.assert_allclose(
        drawn.mean(0), mean, atol=5 * np.sqrt(covariance.diagonal().max() / 400_000)
    )
    np.testing.assert_allclose(
        np.cov(drawn.T), covariance, atol=0.01 * np.abs(covariance).max(), rtol=0
    )


def test_samples_of_a_component_have_its_covariance() -> None:
    mixture = GaussianMixture(
        np.array([0.25, 0.75]),
        np.array([[-100.0, 0.0], [100.0, 0.0]]),
        np.array([[[2.0, 0.0], [1.5, 0.5]], [[1.0, 0.0], [-3.0, 1.0]]]),
    )
    drawn = mixture.sample(200_000, 3).astype(float)
    left = drawn[drawn[:, 0] < 0]
    assert len(left) / len(drawn) == pytest.approx(0.25, abs=0.005)
    np.testing.assert_allclose(np.cov(left.T), covariances(mixture)[0], rtol=0.03)


def test_samples_follow_from_the_seed() -> None:
    mixture = some_mixture(3, 2)
    assert np.array_equal(mixture.sample(20, 4), mixture.sample(20, 4))
    assert not np.array_equal(mixture.sample(20, 4), mixture.sample(20, 5))
    assert mixture.sample(0, 0).shape == (0, 2)


# Whitening


def test_whitened_codes_are_standard_normal() -> None:
    codes = correlated(5000, 6)
    gaussian = fit_gaussian(codes)
    u = gaussian.whiten(codes)
    np.testing.assert_allclose(u.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(u.T, bias=True), np.eye(6), atol=5e-3)
    np.testing.assert_allclose(gaussian.unwhiten(u), codes, rtol=1e-9, atol=1e-9)


def test_whitening_gives_the_mahalanobis_distance_for_any_leading_shape() -> None:
    gaussian = some_mixture(1, 4)
    z = normal(24, 4).reshape(2, 12, 4)
    u = gaussian.whiten(z)
    assert u.shape == z.shape
    precision = np.linalg.inv(covariances(gaussian)[0])
    apart = z - gaussian.means[0]
    expected = np.einsum("abi,ij,abj->ab", apart, precision, apart)
    np.testing.assert_allclose((u**2).sum(-1), expected)
    np.testing.assert_allclose(gaussian.whiten(z[0, 0]), u[0, 0])
    np.testing.assert_allclose(gaussian.unwhiten(np.zeros(4)), gaussian.means[0])


def test_a_mixture_cannot_be_whitened() -> None:
    mixture = some_mixture(2, 3)
    with pytest.raises(ValueError, match="2 Gaussians"):
        mixture.whiten(np.zeros(3))
    with pytest.raises(ValueError, match="2 Gaussians"):
        mixture.unwhiten(np.zeros(3))


# The Gaussian


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2000, 30])
def test_the_gaussian_has_the_moments_of_the_codes(n: int, dtype: type) -> None:
    codes = correlated(n, 7).astype(dtype)
    gaussian = fit_gaussian(codes)
    exact = codes.astype(float)
    np.testing.assert_allclose(gaussian.means[0], exact.mean(0), rtol=1e-12)
    expected = np.cov(exact.T, bias=True) + np.diag(ridge(exact))
    np.testing.assert_allclose(covariances(gaussian)[0], expected, rtol=1e-9, atol=1e-12)
    assert gaussian.weights.tolist() == [1.0]
    assert not np.triu(gaussian.factors[0], 1).any()


def test_the_gaussian_of_many_codes_is_fitted_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = correlated(1000, 5)
    whole = fit_gaussian(codes)
    monkeypatch.setattr("latentlab.latent.density._CHUNK_VALUES", 5 * 7)
    parts = fit_gaussian(codes)
    np.testing.assert_allclose(parts.factors, whole.factors, rtol=1e-9, atol=1e-12)


def test_codes_far_from_the_origin_lose_nothing() -> None:
    codes = normal(500, 3)
    near, far = fit_gaussian(codes), fit_gaussian(codes + 1e6)
    # Of a code of a million, float32 could not tell less than about 0.1; that is in the ridge.
    expected = covariances(near)[0] + np.diag(ridge(codes + 1e6) - ridge(codes))
    np.testing.assert_allclose(covariances(far)[0], expected, rtol=1e-8)


# The mixture


def test_well_separated_components_are_recovered() -> None:
    truth = GaussianMixture(
        np.array([0.5, 0.3, 0.2]),
        np.array([[-20.0, 0.0], [20.0, 5.0], [0.0, 30.0]]),
        np.array([[[1.0, 0.0], [0.8, 0.6]], [[2.0, 0.0], [-1.0, 0.3]], [[0.5, 0.0], [0.0, 3.0]]]),
    )
    codes = truth.sample(20_000, 7)
    for seed in range(3):
        found = fit_mixture(codes, 3, seed)
        np.testing.assert_allclose(found.weights, truth.weights, atol=0.015)  # heaviest first
        np.testing.assert_allclose(found.means, truth.means, atol=0.2)
        np.testing.assert_allclose(covariances(found), covariances(truth), atol=0.4)


def test_ten_clusters_are_found_from_any_seed() -> None:
    angles = np.linspace(0, 2 * math.pi, 10, endpoint=False)
    centres = np.stack([np.cos(angles), np.sin(angles)], 1) * 40
    codes = blobs(centres, 100)
    for seed in range(10):
        found = fit_mixture(codes, 10, seed)
        assert found.num_components == 10
        apart = np.linalg.norm(centres[:, None] - found.means, axis=2)
        assert apart.min(1).max() < 0.5
        np.testing.assert_allclose(found.weights, 0.1, atol=1e-6)


@pytest.mark.parametrize("d", [1, 2, 6])
def test_the_likelihood_rises_with_each_iteration(d: int) -> None:
    codes = some_mixture(5, d, seed=2, spread=1.5).sample(600, 0)
    reached = [
        fit_mixture(codes, 5, max_iterations=i, tolerance=0).log_prob(codes).mean()
        for i in range(25)
    ]
    assert (np.diff(reached) > -1e-7).all()
    assert reached[-1] > reached[0] + 0.01


def test_the_objective_rises_where_components_collapse() -> None:
    # Half of the codes are only two places, which draw whole components to them.
    codes = np.concatenate([normal(60, 2), np.full((40, 2), 0.5), np.full((20, 2), -1.0)])

    def objective(mixture: GaussianMixture) -> float:
        parts = [
            np.log(w)
            + multivariate_normal(m, c).logpdf(codes)
            - np.trace(np.diag(ridge(codes)) @ np.linalg.inv(c)) / 2
            for w, m, c in zip(mixture.weights, mixture.means, covariances(mixture), strict=True)
        ]
        return float(logsumexp(parts, axis=0).mean())

    fitted = [fit_mixture(codes, 4, max_iterations=i, tolerance=0) for i in range(40)]
    assert (np.diff([objective(mixture) for mixture in fitted]) > -1e-8).all()
    # It did come to that.
    assert np.linalg.eigvalsh(covariances(fitted[-1])).min() < 1e-5


def test_the_fit_ends_when_it_gains_no_more() -> None:
    codes = blobs([[0, 0], [30, 0]], 200)
    steps = sum(1 for _ in mixture_steps(codes, 2, max_iterations=1000))
    assert steps < 100
    coarse = sum(1 for _ in mixture_steps(some_mixture(4, 2).sample(500, 0), 4, tolerance=0.1))
    fine = sum(1 for _ in mixture_steps(some_mixture(4, 2).sample(500, 0), 4, tolerance=1e-7))
    assert coarse < fine


def test_the_mixture_fits_better_than_a_gaussian() -> None:
    truth = some_mixture(6, 4)
    codes, others = truth.sample(3000, 0), truth.sample(3000, 1)
    gained = fit_mixture(codes, 6).log_prob(others).mean() - fit_gaussian(codes).log_prob(others)
    assert gained.mean() > 0.5
    # And nearly as well as the truth does.
    lost = truth.log_prob(others).mean() - fit_mixture(codes, 6).log_prob(others).mean()
    assert -0.05 < lost < 0.1


def test_one_component_is_the_gaussian() -> None:
    codes = correlated(100, 3)
    one, gaussian = fit_mixture(codes, 1), fit_gaussian(codes)
    assert np.array_equal(one.means, gaussian.means)
    assert np.array_equal(one.factors, gaussian.factors)


def test_a_mixture_follows_from_the_seed() -> None:
    codes = some_mixture(5, 3, spread=1.0).sample(500, 0)
    first, again, other = fit_mixture(codes, 5), fit_mixture(codes, 5), fit_mixture(codes, 5, 1)
    for name, array in first.to_arrays().items():
        assert np.array_equal(array, again.to_arrays()[name])
    assert not np.array_equal(first.means, other.means)


def test_the_steps_are_short_and_end_with_the_same_mixture() -> None:
    codes = some_mixture(3, 2).sample(300, 0)
    work = mixture_steps(codes, 3)
    num_steps = 0
    while True:
        try:
            assert next(work) is None
            num_steps += 1
        except StopIteration as end:
            found: GaussianMixture = end.value
            break
    assert num_steps > 10
    assert np.array_equal(found.means, fit_mixture(codes, 3).means)


def test_many_codes_are_all_used_after_a_sample() -> None:
    truth = some_mixture(3, 2, spread=10.0)
    codes = truth.sample(6000, 0)
    whole = fit_mixture(codes, 3, tolerance=1e-10)
    part = fit_mixture(codes, 3, max_codes=300, tolerance=1e-10)
    # The likelihood of all codes has the same maximum, wherever the fit began.
    np.testing.assert_allclose(part.means, whole.means, atol=1e-5)
    np.testing.assert_allclose(part.weights, whole.weights, atol=1e-6)
    np.testing.assert_allclose(covariances(part), covariances(whole), atol=1e-5)


def test_codes_that_a_sample_missed_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """One iteration over all codes, in small pieces, is the exact E and M step."""
    monkeypatch.setattr("latentlab.latent.density._CHUNK_VALUES", 200)
    monkeypatch.setattr("latentlab.latent.density._ALL_ROUNDS", 2)
    codes = some_mixture(2, 3, spread=2.0).sample(3000, 1).astype(float)
    before = fit_mixture(codes, 2, max_codes=200, max_iterations=0)
    found = fit_mixture(codes, 2, max_codes=200, max_iterations=1)
    order = np.argsort(-found.weights)
    assert order.tolist() == [0, 1]
    # One step over the sample comes first, so begin from what that step gives.
    drawn = np.sort(np.random.default_rng(0).choice(3000, 200, replace=False))
    start = em_step(before, codes[drawn])
    expected = em_step(start, codes)
    expected_order = np.argsort(-expected.weights, kind="stable")
    np.testing.assert_allclose(found.weights, expected.weights[expected_order], atol=1e-4)
    np.testing.assert_allclose(found.means, expected.means[expected_order], atol=1e-3)
    np.testing.assert_allclose(covariances(found), covariances(expected)[expected_order], atol=1e-3)


def em_step(mixture: GaussianMixture, codes: Floats) -> GaussianMixture:
    """One textbook iteration, without the ridge, which is next to nothing here."""
    joint = np.stack(
        [
            np.log(w) + multivariate_normal(m, f @ f.T).logpdf(codes)
            for w, m, f in zip(mixture.weights, mixture.means, mixture.factors, strict=True)
        ],
        1,
    )
    shares = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    totals = shares.sum(0)
    means = shares.T @ codes / totals[:, None]
    factors = []
    for j in range(len(totals)):
        x = codes - means[j]
        factors.append(np.linalg.cholesky((x * shares[:, j, None]).T @ x / totals[j]))
    return GaussianMixture(totals / totals.sum(), means, np.stack(factors))


def test_codes_are_not_changed() -> None:
    codes = some_mixture(3, 2).sample(200, 0)
    before = codes.copy()
    codes.flags.writeable = False
    fit_mixture(codes, 3)
    fit_gaussian(codes)
    assert np.array_equal(codes, before)


# Degenerate codes


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12])
def test_few_codes_give_few_components(n: int) -> None:
    codes = normal(n, 3)
    mixture = fit_mixture(codes, 10)
    assert mixture.num_components == max(1, n // 5)
    np.testing.assert_allclose(mixture.weights @ mixture.means, codes.mean(0), atol=1e-9)
    assert_sound(mixture)


@pytest.mark.parametrize("value", [0.0, 3.0, -1e6, 1e-30, 1e29])
@pytest.mark.parametrize("n", [1, 100])
def test_identical_codes_give_a_point(n: int, value: float) -> None:
    codes = np.full((n, 4), value, np.float32)
    for mixture in (fit_gaussian(codes), fit_mixture(codes)):
        assert mixture.num_components == 1
        np.testing.assert_allclose(mixture.means, codes[:1], rtol=1e-6, atol=1e-12)
        assert_sound(mixture)
        np.testing.assert_allclose(
            mixture.sample(9, 0), np.repeat(codes[:1], 9, 0), rtol=2e-6, atol=1e-11
        )


def test_few_distinct_codes_give_few_components() -> None:
    places = np.array([[0.0, 0.0], [5.0, 1.0], [-3.0, 8.0]])
    codes = np.repeat(places, [50, 30, 20], 0)
    mixture = fit_mixture(codes, 10)
    assert mixture.num_components == 3
    np.testing.assert_allclose(mixture.means, places, atol=1e-9)
    np.testing.assert_allclose(mixture.weights, [0.5, 0.3, 0.2])
    assert_sound(mixture)


def test_collapsed_dimensions_stay_collapsed() -> None:
    codes = np.zeros((400, 6))
    codes[:, :2] = blobs([[0, 0], [9, 9]], 200)
    codes[:, 2] = 7.0
    for mixture in (fit_gaussian(codes), fit_mixture(codes, 2)):
        assert_sound(mixture)
        drawn = mixture.sample(1000, 0)
        np.testing.assert_allclose(drawn[:, 2], 7.0, atol=1e-4)
        np.testing.assert_allclose(drawn[:, 3:], 0.0, atol=1e-4)
    np.testing.assert_allclose(sorted(fit_mixture(codes, 2).means[:, 0]), [0, 9], atol=0.3)


def test_dimensions_that_repeat_each_other_are_no_trouble() -> None:
    codes = normal(300, 2) @ np.array([[1.0, 2, 0, 1], [0, 0, 1, 1]])
    for mixture in (fit_gaussian(codes), fit_mixture(codes, 3)):
        assert_sound(mixture)
        drawn = mixture.sample(1000, 0)
        np.testing.assert_allclose(drawn[:, 1], 2 * drawn[:, 0], atol=0.05)


def test_dimensions_of_very_different_size_are_no_trouble() -> None:
    codes = normal(500, 4) * np.array([1e-3, 1.0, 1e2, 1e-2])
    gaussian = fit_gaussian(codes)
    np.testing.assert_allclose(
        np.sqrt(covariances(gaussian)[0].diagonal()), codes.std(0), rtol=0.01
    )
    np.testing.assert_allclose(gaussian.unwhiten(gaussian.whiten(codes)), codes, rtol=1e-6)
    assert_sound(fit_mixture(codes, 3))


def test_more_dimensions_than_codes_are_no_trouble() -> None:
    codes = normal(20, 512).astype(np.float32)
    gaussian = fit_gaussian(codes)
    assert_sound(gaussian)
    assert fit_mixture(codes).num_components == 1
    drawn = gaussian.sample(2000, 0).astype(float)
    # They stay in the span of the codes but for the ridge.
    basis = np.linalg.svd(codes - codes.mean(0), full_matrices=False)[2]
    apart = drawn - codes.mean(0)
    outside = apart - apart @ basis.T @ basis
    assert (outside**2).sum() < 1e-4 * (apart**2).sum()


def test_an_outlier_ruins_nothing() -> None:
    codes = np.concatenate([normal(500, 2), [[1e5, -1e5]]])
    mixture = fit_mixture(codes, 4)
    assert_sound(mixture)
    near = (np.abs(mixture.sample(2000, 0)) < 100).all(1)
    assert near.mean() > 0.99


def test_very_large_codes_can_be_fitted() -> None:
    codes = (blobs([[0, 0], [9, 9]], 100) * 1e28).astype(np.float32)
    mixture = fit_mixture(codes, 2)
    assert_sound(mixture)
    np.testing.assert_allclose(sorted(mixture.means[:, 0] / 1e28), [0, 9], atol=0.5)


def test_integers_can_be_fitted() -> None:
    codes = np.arange(60).reshape(30, 2) % 7
    assert_sound(fit_mixture(codes, 3))
    assert_sound(fit_gaussian(codes))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31])
def test_codes_that_are_not_finite_are_refused(value: float) -> None:
    codes = normal(50, 2)
    codes[3, 1] = value
    codes[4, 0] = value
    for fit in (fit_gaussian, fit_mixture):
        with pytest.raises(UsageError) as caught:
            fit(codes)
        assert caught.value.details == "2 of 50 codes"
        assert "learning rate" in caught.value.sentence


def test_no_codes_and_no_components_are_refused() -> None:
    for fit in (fit_gaussian, fit_mixture):
        with pytest.raises(UsageError, match="at least one code"):
            fit(np.empty((0, 2)))
        with pytest.raises(ValueError, match="shape"):
            fit(np.zeros(5))
    with pytest.raises(UsageError, match="at least one component"):
        fit_mixture(normal(9, 2), 0)


# As stored


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 4])
def test_arrays_bring_the_density_back(k: int, dtype: type) -> None:
    mixture = some_mixture(k, 3)
    arrays = {name: array.astype(dtype) for name, array in mixture.to_arrays().items()}
    again = GaussianMixture.from_arrays(arrays)
    z = normal(30, 3)
    rtol = 1e-5 if dtype is np.float32 else 1e-14
    np.testing.assert_allclose(again.log_prob(z), mixture.log_prob(z), rtol=rtol)
    assert again.weights.sum() == pytest.approx(1, abs=1e-15)
    assert again.means.dtype == np.float64


def test_a_fitted_density_survives_float32() -> None:
    codes = correlated(3000, 16)
    for mixture in (fit_gaussian(codes), fit_mixture(codes, 4)):
        stored = {n: a.astype(np.float32) for n, a in mixture.to_arrays().items()}
        again = GaussianMixture.from_arrays(stored)
        np.testing.assert_allclose(again.log_prob(codes), mixture.log_prob(codes), atol=0.05)


def damaged(name: str, value: Any) -> dict[str, NDArray[Any]]:
    arrays = {n: a.copy() for n, a in some_mixture(2, 3).to_arrays().items()}
    arrays[name] = value(arrays[name]) if callable(value) else value
    return arrays


def with_value(index: tuple[int, ...], value: float) -> Any:
    def change(array: NDArray[Any]) -> NDArray[Any]:
        array[index] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "value", "details"),
    [
        ("extra", np.zeros(1), "the arrays are"),
        ("weights", np.ones((2, 1)), "(2, 1)"),
        ("weights", np.ones(3) / 3, "(3,)"),
        ("weights", np.float64(1.0), "()"),
        ("weights", with_value((0,), -0.1), "sum up"),
        ("weights", np.array([-0.5, 1.5]), "smallest is -0.5"),
        ("weights", np.array([0.5, 0.6]), "sum up to 1.1"),
        ("weights", np.array([np.nan, 1.0]), "not finite"),
        ("weights", np.array([1, 0]), "float32 nor float64"),
        ("weights", np.array([0.5, 0.5], np.float16), "float32 nor float64"),
        ("means", np.zeros(3), "means (3,)"),
        ("means", np.zeros((0, 3)), "means (0, 3)"),
        ("means", np.zeros((2, 0)), "means (2, 0)"),
        ("means", np.zeros((2, 4)), "means (2, 4)"),
        ("means", with_value((1, 2), np.inf), "not finite"),
        ("means", with_value((1, 2), 1e31), "too large"),
        ("means", np.zeros((2, 3), complex), "float32 nor float64"),
        ("factors", np.ones((2, 3)), "factors (2, 3)"),
        ("factors", np.ones((2, 3, 4)), "factors (2, 3, 4)"),
        ("factors", with_value((0, 1, 0), np.nan), "not finite"),
        ("factors", with_value((0, 0, 2), 0.5), "lower triangular"),
        ("factors", with_value((1, 1, 1), 0.0), "not positive"),
        ("factors", with_value((1, 1, 1), -1.0), "not positive"),
        ("factors", with_value((1, 1, 1), 1e-40), "not positive"),
    ],
)
def test_damaged_arrays_are_refused(name: str, value: Any, details: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        GaussianMixture.from_arrays(damaged(name, value))
    assert caught.value.sentence.startswith("The density of the codes in this file is damaged")
    assert details in caught.value.details


def test_a_missing_array_is_refused() -> None:
    for name in ("weights", "means", "factors"):
        arrays = some_mixture(2, 3).to_arrays()
        del arrays[name]
        with pytest.raises(ModelFileError):
            GaussianMixture.from_arrays(arrays)
    with pytest.raises(ModelFileError):
        GaussianMixture.from_arrays({})


def test_factors_that_cannot_be_inverted_are_refused() -> None:
    factor = np.tril(np.full((40, 40), 1e30))
    np.fill_diagonal(factor, 1e-30)
    arrays = {"weights": np.ones(1), "means": np.zeros((1, 40)), "factors": factor[None]}
    with pytest.raises(ModelFileError) as caught:
        GaussianMixture.from_arrays(arrays)
    assert caught.value.details == "a covariance is singular"
