from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from latentlab.core.family import OBJECTIVES
from latentlab.core.train_spec import TrainSpec
from latentlab.nn.autoencoder import LOGVAR_RANGE, Autoencoder
from latentlab.nn.objectives import OBJECTIVE_CLASSES, objective_for
from latentlab.nn.objectives.variational import kl_per_dim


def model_for(spec: TrainSpec) -> Autoencoder:
    torch.manual_seed(3)
    return Autoencoder(
        network="mlp",
        network_args={"hidden": (8,)},
        input_shape=(4, 5, 1),
        latent_dim=spec.latent_dim,
        probabilistic=OBJECTIVE_CLASSES[spec.objective].probabilistic,
        likelihood=spec.likelihood,
    )


X = torch.rand(6, 1, 4, 5, generator=torch.Generator().manual_seed(0))


def noise_for(spec: TrainSpec) -> torch.Tensor:
    return torch.randn(6, spec.latent_dim, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("mu", "sigma"), [(0.0, 1.0), (1.5, 1.0), (-0.7, 0.2), (0.3, 2.5), (4.0, 0.05)]
)
def test_kl_is_the_mean_log_ratio_of_the_densities(mu: float, sigma: float) -> None:
    rng = np.random.default_rng(0)
    z = mu + sigma * rng.standard_normal(400_000)
    ratio = stats.norm.logpdf(z, mu, sigma) - stats.norm.logpdf(z)
    closed = float(kl_per_dim(torch.tensor(mu), torch.tensor(2 * math.log(sigma))))
    assert closed == pytest.approx(ratio.mean(), abs=6 * ratio.std() / math.sqrt(len(z)) + 1e-5)


def test_kl_of_the_prior_is_zero_and_every_other_is_positive() -> None:
    mu = torch.tensor([0.0, 0.1, -0.1, 0.0, 0.0])
    logvar = torch.tensor([0.0, 0.0, 0.0, 0.2, -0.2])
    kl = kl_per_dim(mu, logvar)
    assert kl[0] == 0.0
    assert (kl[1:] > 0.004).all()


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_variational_loss_is_the_sum_of_its_parts(beta: float, likelihood: str) -> None:
    spec = TrainSpec(beta=beta, latent_dim=3, likelihood=likelihood)
    model, noise = model_for(spec), noise_for(spec)
    terms = objective_for(spec).terms(model, X, noise)
    torch.testing.assert_close(terms.loss, terms.recon_loss + beta * terms.kl)

    mu, logvar = model.encode(X)
    assert logvar is not None
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1)
    torch.testing.assert_close(terms.kl, kl)
    z = mu + noise * torch.exp(logvar / 2)
    torch.testing.assert_close(terms.recon_loss, model.likelihood.nll(model.decode(z), X))
    torch.testing.assert_close(terms.mu, mu)


def test_the_kl_does_not_depend_on_beta() -> None:
    specs = [TrainSpec(beta=b) for b in (0.1, 10.0)]
    kls = [objective_for(s).terms(model_for(s), X, noise_for(s)).kl for s in specs]
    torch.testing.assert_close(kls[0], kls[1])


def test_the_undercomplete_loss_is_reconstruction_alone() -> None:
    spec = TrainSpec(objective="undercomplete", beta=7.0)
    model = model_for(spec)
    terms = objective_for(spec).terms(model, X, noise_for(spec))
    expected = model.likelihood.nll(model.decode(model.encode(X).mu), X)
    torch.testing.assert_close(terms.loss, expected)
    torch.testing.assert_close(terms.recon_loss, expected)
    assert (terms.kl == 0).all()
    again = objective_for(spec).terms(model, X, 100 * noise_for(spec))
    assert torch.equal(terms.loss, again.loss)


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_terms_are_one_number_for_each_image_and_have_gradients(objective: str) -> None:
    spec = TrainSpec(objective=objective, latent_dim=3)
    model = model_for(spec)
    terms = objective_for(spec).terms(model, X, noise_for(spec))
    assert terms.loss.shape == terms.recon_loss.shape == terms.kl.shape == (6,)
    assert terms.mu.shape == (6, 3)
    terms.loss.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_wild_encoder_still_gives_a_finite_kl() -> None:
    spec = TrainSpec()
    model = model_for(spec)
    head = model.encoder[-1]
    with torch.no_grad():
        head.bias.fill_(500.0)
    logvar = model.encode(X).logvar
    assert logvar is not None
    assert logvar.max() <= LOGVAR_RANGE[1]
    assert torch.isfinite(objective_for(spec).terms(model, X, noise_for(spec)).kl).all()


def test_a_model_file_learns_the_weight_of_the_kl_and_nothing_else() -> None:
    assert objective_for(TrainSpec(beta=2.5)).args() == {"beta": 2.5}
    assert objective_for(TrainSpec(objective="undercomplete")).args() == {}
