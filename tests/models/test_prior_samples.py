from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from latentlab.latent.density import GaussianMixture
from latentlab.models.model_document import ModelDocument
from latentlab.models.prior_samples import prior_words, sample_prior


def document(prior: str, d: int = 2, **changes: Any) -> ModelDocument:
    values: dict[str, Any] = {
        "format_version": 1,
        "network": "mlp",
        "likelihood": "bernoulli",
        "network_args": {},
        "objective": "rae",
        "objective_args": {},
        "input_shape": (4, 4, 1),
        "latent_dim": d,
        "latent_mean": [5.0] * d,
        "latent_std": [0.5] * d,
        "prior": prior,
        "data_name": "x",
        "data_fingerprint": "y",
        **changes,
    }
    return ModelDocument(**values)


MIXTURE = GaussianMixture(
    np.array([0.7, 0.3]), np.array([[-8.0, 0.0], [8.0, 3.0]]), np.array([np.eye(2)] * 2) * 0.5
)


def test_a_model_with_a_prior_of_its_own_is_sampled_from_that() -> None:
    z = sample_prior(document("standard-normal"), None, 20_000, 1)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.mean(0), 0.0, atol=0.03)
    np.testing.assert_allclose(np.cov(z.T), np.eye(2), atol=0.04)


def test_a_fitted_mixture_is_sampled_and_not_its_moments() -> None:
    z = sample_prior(document("mixture"), MIXTURE, 5000, 2)
    assert (z[:, 0] < 0).mean() == pytest.approx(0.7, abs=0.03)
    assert (np.abs(np.abs(z[:, 0]) - 8) < 2.5).all(), "nothing between the two"
    np.testing.assert_array_equal(z, sample_prior(document("mixture"), MIXTURE, 5000, 2))
    assert not np.array_equal(z, sample_prior(document("mixture"), MIXTURE, 5000, 3))


def test_while_nothing_is_fitted_the_codes_stand_in() -> None:
    rng = np.random.default_rng(0)
    codes = (rng.normal(size=(500, 2)) @ [[2.0, 1.5], [0.0, 0.5]] + 3.0).astype(np.float32)
    codes[::7] = np.nan
    z = sample_prior(document("mixture"), None, 30_000, 0, codes)
    known = codes[np.isfinite(codes).all(1)]
    np.testing.assert_allclose(z.mean(0), known.mean(0), atol=0.05)
    np.testing.assert_allclose(np.cov(z.T), np.cov(known.T), rtol=0.05)


@pytest.mark.parametrize("codes", [None, np.full((9, 2), np.nan), np.ones((9, 3)), np.ones((2, 2))])
def test_without_known_codes_the_document_says_where_they_are(codes: Any) -> None:
    z = sample_prior(document("fitted-normal"), None, 9000, 0, codes)
    np.testing.assert_allclose(z.mean(0), 5.0, atol=0.03)
    np.testing.assert_allclose(z.std(0), 0.5, atol=0.03)


def test_wide_codes_need_no_covariance() -> None:
    z = sample_prior(document("fitted-normal", 3000), None, 2, 0, np.ones((10, 3000), np.float32))
    assert z.shape == (2, 3000)


def test_it_is_said_what_is_sampled() -> None:
    assert prior_words(document("standard-normal"), None) == "standard normal prior"
    assert "mixture of 2 Gaussians" in prior_words(document("mixture"), MIXTURE)
    assert prior_words(document("fitted-normal"), None).startswith("Gaussian fitted")
