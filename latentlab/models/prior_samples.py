"""Random codes from a model's prior, or from what stands in for one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.density import GaussianMixture, fit_gaussian
from latentlab.models.model_document import ModelDocument

_MAX_COVARIANCE_DIMS = 256


def sample_prior(
    document: ModelDocument,
    fitted: GaussianMixture | None,
    count: int,
    seed: int,
    codes: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return random codes of the model's own prior, float32 (count, d).

    That is the standard normal distribution, or the density that was fitted to the training codes.
    Where there is none, because a run has not ended or the codes are too wide for one, a Gaussian
    fitted to ``codes`` stands in for it, or one with the means and deviations of the document.

    Parameters
    ----------
    document
        Of the model.
    fitted
        The density in its file; ``None`` where there is none.
    count
        How many.
    seed
        0 or more; equal seeds give equal codes.
    codes
        float32 (n, d), codes of data; rows with NaN are not known.
    """
    rng = np.random.default_rng(seed)
    d = document.latent_dim
    if document.prior == "standard-normal":
        return rng.standard_normal((count, d)).astype(np.float32)
    if fitted is None and codes is not None and codes.shape[1] == d <= _MAX_COVARIANCE_DIMS:
        known = codes[np.isfinite(codes).all(1)]
        fitted = fit_gaussian(known) if len(known) > d else None
    if fitted is not None:
        return fitted.sample(count, seed)
    mean, std = np.array(document.latent_mean), np.array(document.latent_std)
    return rng.normal(mean, std, (count, d)).astype(np.float32)


def prior_words(document: ModelDocument, fitted: GaussianMixture | None) -> str:
    """Return what :func:`sample_prior` draws from, in words."""
    if document.prior == "standard-normal":
        return "standard normal prior"
    if fitted is not None and fitted.num_components > 1:
        return f"mixture of {fitted.num_components} Gaussians fitted to the training codes"
    return "Gaussian fitted to the training codes"
