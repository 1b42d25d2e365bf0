"""Likelihoods against closed forms, quadrature and PyTorch's own distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import distributions

from latentlab.family.likelihoods import LIKELIHOODS
from latentlab.family.likelihoods.continuous_bernoulli import log_normaliser, mean_of
from latentlab.family.likelihoods.gaussian import Gaussian, GaussianOptions
from latentlab.family.likelihoods.optimal_gaussian import SMALLEST_SIGMA, OptimalGaussian
from latentlab.family.train_spec import TrainSpec

SPEC = TrainSpec()


def images(seed: int = 0, count: int = 3) -> torch.Tensor:
    return torch.rand(count, 2, 4, 5, generator=torch.Generator().manual_seed(seed)).double()


def test_bernoulli_is_the_log_probability_of_binary_pixels() -> None:
    x, output = (images() > 0.5).double(), 4 * images(1) - 2
    wanted = -distributions.Bernoulli(logits=output).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(LIKELIHOODS["bernoulli"](SPEC).nll(output, x), wanted)


@pytest.mark.parametrize("sigma", [0.05, 0.1, 1.0])
def test_gaussian_is_the_log_density(sigma: float) -> None:
    x, output = images(), images(1)
    wanted = -distributions.Normal(output, sigma).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(Gaussian(GaussianOptions(sigma)).nll(output, x), wanted)


def test_the_optimal_gaussian_is_the_best_of_all() -> None:
    x, output = images(), images(1)
    best = OptimalGaussian(SPEC).nll(output, x)
    tried = torch.stack(
        [Gaussian(GaussianOptions(s)).nll(output, x) for s in np.geomspace(0.1, 2.0, 4000)]
    )
    torch.testing.assert_close(best, tried.amin(0), rtol=1e-6, atol=1e-5)
    mse = (x - output).square().flatten(1).mean(1)
    torch.testing.assert_close(best, 20 * (2 * math.pi * math.e * mse).log())


def test_no_sigma_is_taken_below_a_grey_level() -> None:
    x = images()
    output = x.clone().requires_grad_()
    loss = OptimalGaussian(SPEC).nll(output, x)
    wanted = 0.5 * 40 * math.log(2 * math.pi * SMALLEST_SIGMA**2)
    torch.testing.assert_close(loss, torch.full((3,), wanted).double())
    (gradient,) = torch.autograd.grad(loss.sum(), output)
    assert torch.isfinite(gradient).all()


def test_the_continuous_bernoulli_at_one_half_is_uniform() -> None:
    assert log_normaliser(torch.zeros(1).double()).item() == pytest.approx(math.log(2), abs=1e-15)
    x, output = images(), torch.zeros(3, 2, 4, 5).double()
    loss = LIKELIHOODS["continuous-bernoulli"](SPEC).nll(output, x)
    torch.testing.assert_close(loss, torch.zeros(3).double(), atol=1e-12, rtol=0)


@pytest.mark.parametrize("logit", [-30.0, -3.0, -0.06, -0.049, -1e-9, 0.0, 0.02, 0.051, 1.0, 12.0])
def test_the_continuous_bernoulli_is_a_density_with_that_mean(logit: float) -> None:
    # Gauss–Legendre quadrature, exact to rounding for these smooth functions.
    nodes, weights = np.polynomial.legendre.leggauss(200)
    x = torch.from_numpy((nodes + 1) / 2).reshape(-1, 1, 1, 1)
    mass = torch.from_numpy(weights / 2)
    output = torch.full_like(x, logit)
    density = (-LIKELIHOODS["continuous-bernoulli"](SPEC).nll(output, x)).exp()
    assert float(mass @ density) == pytest.approx(1.0, abs=1e-9)
    mean = float(mass @ (density * x.flatten()))
    assert mean_of(torch.tensor([logit]).double()).item() == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_series_meets_the_closed_form(dtype: torch.dtype) -> None:
    logits = torch.linspace(0.0495, 0.0505, 101, dtype=dtype).requires_grad_()
    for function in (log_normaliser, mean_of):
        value = function(logits)
        (slope,) = torch.autograd.grad(value.sum(), logits)
        tolerance = 1e-9 if dtype == torch.float64 else 2e-5
        assert value.diff().abs().max() < 2e-6 + tolerance
        assert slope.diff().abs().max() < 1e-4 + 200 * tolerance


def test_extreme_logits_have_finite_gradients() -> None:
    logits = torch.tensor([-1e4, -200.0, -1e-20, 0.0, 1e-20, 200.0, 1e4]).requires_grad_()
    for function in (log_normaliser, mean_of):
        (gradient,) = torch.autograd.grad(function(logits).sum(), logits)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_output_for_a_mean_gives_that_mean(name: str) -> None:
    likelihood = LIKELIHOODS[name](SPEC)
    mean = torch.linspace(0.02, 0.98, 40).reshape(1, 1, 5, 8)
    torch.testing.assert_close(
        likelihood.mean(likelihood.output_for(mean)), mean, atol=2e-3, rtol=0
    )
