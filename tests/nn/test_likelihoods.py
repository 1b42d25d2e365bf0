from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import special, stats

from latentlab.nn.likelihoods import LIKELIHOOD_CLASSES, Bernoulli, Gaussian

SHAPE = (4, 3, 5, 7)


def images(seed: int, *, binary: bool = False) -> torch.Tensor:
    x = torch.rand(SHAPE, generator=torch.Generator().manual_seed(seed))
    return x.round() if binary else x


def outputs(seed: int, spread: float) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed)) * spread


@pytest.mark.parametrize("spread", [0.5, 5.0, 60.0])
def test_bernoulli_of_binary_images_is_their_log_mass(spread: float) -> None:
    x, logits = images(0, binary=True), outputs(1, spread)
    log_mass = -np.logaddexp(0.0, np.where(x.numpy() == 1, -1.0, 1.0) * logits.double().numpy())
    expected = -log_mass.reshape(4, -1).sum(1)
    np.testing.assert_allclose(Bernoulli().nll(logits, x).numpy(), expected, rtol=1e-5)


def test_bernoulli_of_grey_images_is_the_cross_entropy() -> None:
    x, logits = images(0), outputs(1, 2.0)
    p, grey = special.expit(logits.double().numpy()), x.double().numpy()
    expected = -(grey * np.log(p) + (1 - grey) * np.log1p(-p)).reshape(4, -1).sum(1)
    np.testing.assert_allclose(Bernoulli().nll(logits, x).numpy(), expected, rtol=1e-5)


def test_bernoulli_of_grey_images_has_the_entropy_as_its_floor() -> None:
    x = images(3).clamp(0.01, 0.99)
    grey = x.double().numpy()
    floor = (special.entr(grey) + special.entr(1 - grey)).reshape(4, -1).sum(1)
    at_best = Bernoulli().nll(torch.logit(x), x)
    np.testing.assert_allclose(at_best.numpy(), floor, rtol=1e-5)
    assert (Bernoulli().nll(torch.logit(x) + 0.1, x) > at_best).all()


@pytest.mark.parametrize("sigma", [0.05, 0.1, 1.0])
def test_gaussian_is_the_normal_log_density(sigma: float) -> None:
    x, output = images(0), outputs(1, 0.5)
    density = stats.norm.logpdf(x.double().numpy(), output.double().numpy(), sigma)
    expected = -density.reshape(4, -1).sum(1)
    np.testing.assert_allclose(Gaussian(sigma).nll(output, x).numpy(), expected, rtol=1e-5)


def test_gaussian_has_a_tenth_as_its_deviation_unless_told() -> None:
    assert Gaussian().sigma == 0.1


@pytest.mark.parametrize("name", sorted(LIKELIHOOD_CLASSES))
def test_output_for_is_the_inverse_of_mean(name: str) -> None:
    likelihood = LIKELIHOOD_CLASSES[name]()
    mean = torch.linspace(0.003, 0.997, 101)
    torch.testing.assert_close(likelihood.mean(likelihood.output_for(mean)), mean)


@pytest.mark.parametrize("name", sorted(LIKELIHOOD_CLASSES))
def test_means_are_pixels_and_black_and_white_stay_finite(name: str) -> None:
    likelihood = LIKELIHOOD_CLASSES[name]()
    mean = likelihood.mean(torch.tensor([-1e30, -2.0, 0.0, 0.5, 2.0, 1e30]))
    assert ((mean >= 0) & (mean <= 1)).all()
    assert (mean.diff() >= 0).all()
    ends = torch.tensor([0.0, 1.0])
    assert torch.isfinite(likelihood.output_for(ends)).all()
    torch.testing.assert_close(
        likelihood.mean(likelihood.output_for(ends)), ends, atol=0.0031, rtol=0
    )


@pytest.mark.parametrize("name", sorted(LIKELIHOOD_CLASSES))
def test_an_image_counts_alike_alone_and_in_a_batch(name: str) -> None:
    likelihood = LIKELIHOOD_CLASSES[name]()
    x, output = images(0), outputs(1, 1.0)
    alone = torch.cat([likelihood.nll(output[i : i + 1], x[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(likelihood.nll(output, x), alone)
