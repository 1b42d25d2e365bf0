"""Likelihoods against closed forms, quadrature and PyTorch's own distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import distributions

from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.likelihoods.continuous_bernoulli import (
    LARGEST_LOGIT,
    log_normaliser,
    mean_of,
)
from latentlab.models.family.likelihoods.gaussian import Gaussian, GaussianOptions
from latentlab.models.family.likelihoods.optimal_gaussian import SMALLEST_SIGMA, OptimalGaussian
from latentlab.models.family.train_spec import TrainSpec

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
    assert pytest.approx(1 / 255) == SMALLEST_SIGMA
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


def test_the_continuous_bernoulli_is_a_density_for_all_logits() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(300)
    x, mass = torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)
    logits = torch.cat([torch.linspace(-50, 50, 201), torch.linspace(-0.06, 0.06, 61)]).double()
    grid = logits[:, None].expand(-1, len(x))
    pixels = x.expand_as(grid).reshape(-1, 1, 1, 1)
    likelihood = LIKELIHOODS["continuous-bernoulli"](SPEC)
    density = (-likelihood.nll(grid.reshape(-1, 1, 1, 1), pixels)).exp().reshape(grid.shape)
    torch.testing.assert_close(density @ mass, torch.ones(len(logits)).double(), atol=1e-9, rtol=0)
    torch.testing.assert_close((density * x) @ mass, mean_of(logits), atol=1e-9, rtol=0)


def test_its_mean_follows_from_its_normaliser() -> None:
    """The density integrates to 1 for every logit a, so E[x] = sigmoid(a) − d ln C / da."""
    logits = torch.cat([torch.linspace(-200, 200, 801), torch.linspace(-0.1, 0.1, 201)])
    logits = logits.double().requires_grad_()
    (slope,) = torch.autograd.grad(log_normaliser(logits).sum(), logits)
    torch.testing.assert_close(mean_of(logits), logits.sigmoid() - slope, atol=2e-9, rtol=0)
    (steepness,) = torch.autograd.grad(mean_of(logits).sum(), logits)
    assert (steepness > 0).all() and steepness.max().item() == pytest.approx(1 / 12, abs=1e-6)


def test_single_precision_is_near_double_precision() -> None:
    logits = torch.cat([torch.linspace(-100, 100, 401), torch.linspace(-0.08, 0.08, 321)])
    for function in (log_normaliser, mean_of):
        values, slopes = [], []
        for dtype in (torch.float32, torch.float64):
            at = logits.to(dtype).requires_grad_()
            value = function(at)
            (slope,) = torch.autograd.grad(value.sum(), at)
            values.append(value.detach().double())
            slopes.append(slope.double())
        torch.testing.assert_close(*values, atol=5e-6, rtol=1e-5)
        torch.testing.assert_close(*slopes, atol=2e-4, rtol=1e-4)


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


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_means_at_the_ends_have_finite_outputs_near_them(name: str) -> None:
    """A black or white mean image is where the decoder's last bias starts."""
    likelihood = LIKELIHOODS[name](SPEC)
    mean = torch.tensor([0.0, 1e-6, 0.5, 1.0 - 1e-6, 1.0])
    output = likelihood.output_for(mean)
    assert torch.isfinite(output).all()
    off = 1.001 / LARGEST_LOGIT if name == "continuous-bernoulli" else 0.0101
    torch.testing.assert_close(likelihood.mean(output), mean, atol=off, rtol=0)


def test_the_continuous_bernoulli_is_bounded_on_black_and_white() -> None:
    """Beyond the limit all is as at the limit: ln C = ln(a / tanh(a/2)), mean 1 − 1/a."""
    likelihood = LIKELIHOODS["continuous-bernoulli"](SPEC)
    at = math.log(LARGEST_LOGIT / math.tanh(LARGEST_LOGIT / 2))
    assert log_normaliser(torch.tensor([LARGEST_LOGIT]).double()).item() == pytest.approx(at)
    output = torch.tensor([-1e9, -LARGEST_LOGIT, LARGEST_LOGIT, 1e9]).double().reshape(4, 1, 1, 1)
    x = (output > 0).double()
    torch.testing.assert_close(likelihood.nll(output, x), torch.full((4,), -at).double())
    lowest = 1.0 / LARGEST_LOGIT
    wanted = torch.tensor([lowest, lowest, 1 - lowest, 1 - lowest]).double()
    torch.testing.assert_close(likelihood.mean(output).flatten(), wanted)
    for grey in (0.25, 0.5):
        loss = likelihood.nll(output, torch.full_like(x, grey))
        assert torch.equal(loss[0], loss[1]) and torch.equal(loss[2], loss[3])


def test_a_logit_beyond_the_limit_is_led_back_by_pixels_that_are_neither_black_nor_white() -> None:
    likelihood = LIKELIHOODS["continuous-bernoulli"](SPEC)
    output = torch.tensor([60.0, 60.0, -60.0, -60.0]).reshape(4, 1, 1, 1).requires_grad_()
    x = torch.tensor([1.0, 0.5, 0.0, 0.5]).reshape(4, 1, 1, 1)
    (gradient,) = torch.autograd.grad(likelihood.nll(output, x).sum(), output)
    # The derivative of the loss by the logit is mean − x.
    slope = 0.5 - 1.0 / LARGEST_LOGIT
    torch.testing.assert_close(gradient.flatten(), torch.tensor([0.0, slope, 0.0, -slope]))


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_losses_and_gradients_are_finite_for_all_outputs_and_pixels(name: str) -> None:
    likelihood = LIKELIHOODS[name](SPEC)
    ends = torch.tensor([-1e4, -100.0, -1.0, 0.0, 0.05, 1.0, 100.0, 1e4])
    output = ends.repeat(3).reshape(24, 1, 1, 1).requires_grad_()
    x = torch.tensor([0.0, 0.5, 1.0]).repeat_interleave(8).reshape(24, 1, 1, 1)
    loss = likelihood.nll(output, x)
    (gradient,) = torch.autograd.grad(loss.sum(), output)
    assert torch.isfinite(loss).all() and torch.isfinite(gradient).all()
    shown = likelihood.mean(output)
    assert ((shown >= 0) & (shown <= 1)).all()


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_each_image_is_counted_by_itself(name: str) -> None:
    likelihood = LIKELIHOODS[name](SPEC)
    x, output = images(), images(1)
    alone = torch.cat([likelihood.nll(output[i : i + 1], x[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(likelihood.nll(output, x), alone)


def test_below_the_smallest_sigma_it_is_the_gaussian_with_that() -> None:
    x = images()
    near = x + 0.5 * SMALLEST_SIGMA
    wanted = Gaussian(GaussianOptions(SMALLEST_SIGMA)).nll(near, x)
    torch.testing.assert_close(OptimalGaussian(SPEC).nll(near, x), wanted)
    at = [OptimalGaussian(SPEC).nll(x + f * SMALLEST_SIGMA, x) for f in (1 - 1e-9, 1 + 1e-9)]
    torch.testing.assert_close(at[0], at[1], atol=1e-5, rtol=0)
