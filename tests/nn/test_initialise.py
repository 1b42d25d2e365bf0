from __future__ import annotations

import pytest
import torch

from latentlab.family.networks import NETWORKS
from latentlab.family.train_spec import TrainSpec
from latentlab.nn.autoencoder import Autoencoder
from latentlab.nn.initialise import initialise

SIZES = {"hidden": (64, 32), "channels": (4, 8), "units": 16}
SMALL = sorted(set(NETWORKS) - {"resnet"})  # takes larger images


def model_of(network: str, *, latent_dim: int = 2, probabilistic: bool = True) -> Autoencoder:
    objective = "variational" if probabilistic else "undercomplete"
    spec = TrainSpec(objective=objective, network=network, latent_dim=latent_dim, **SIZES)
    return Autoencoder(spec, (8, 6, 1))


def images(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(count, 1, 1, 1, generator=generator)
    return (centres * torch.rand(count, 1, 8, 6, generator=generator)).clamp(0, 1)


@pytest.mark.parametrize("probabilistic", [True, False])
@pytest.mark.parametrize("latent_dim", [1, 2, 5])
@pytest.mark.parametrize("network", SMALL)
def test_the_first_codes_are_white(network: str, latent_dim: int, probabilistic: bool) -> None:
    torch.manual_seed(1)
    model, x = model_of(network, latent_dim=latent_dim, probabilistic=probabilistic), images(400)
    initialise(model, x, "silu")
    with torch.no_grad():
        mu = model.encode(x).mu.double()
    torch.testing.assert_close(mu.mean(0), torch.zeros(latent_dim).double(), atol=1e-3, rtol=0)
    covariance = torch.atleast_2d(mu.T.cov())
    # The ridge of a thousandth of the mean variance takes a little off the weak directions.
    torch.testing.assert_close(covariance, torch.eye(latent_dim).double(), atol=0.1, rtol=0)
    assert covariance.diagonal().max() < 1 + 1e-3


@pytest.mark.parametrize("network", SMALL)
def test_the_first_pictures_lie_around_the_mean_image(network: str) -> None:
    torch.manual_seed(1)
    model, x = model_of(network), images(200)
    initialise(model, x, "silu")
    with torch.no_grad():
        last = [m for m in model.decoder.modules() if getattr(m, "bias", None) is not None][-1]
        shown = model.likelihood.mean(last.bias)
    mean = {
        "mlp": x.mean(0).flatten(),
        "conv": x.mean((0, 2, 3)),
        "lstm": x.mean((0, 2)).flatten(),
    }[network]
    torch.testing.assert_close(shown, mean)


def test_the_first_posterior_is_narrow() -> None:
    torch.manual_seed(1)
    model, x = model_of("mlp"), images(200)
    initialise(model, x, "silu")
    with torch.no_grad():
        logvar = model.encode(x).logvar
    assert logvar is not None
    assert logvar.mean() == pytest.approx(-3.0, abs=0.3)


@pytest.mark.parametrize("latent_dim", [1, 2, 50])
@pytest.mark.parametrize("network", SMALL)
@pytest.mark.parametrize(
    "x",
    [
        pytest.param(images(1), id="one"),
        pytest.param(images(3), id="fewer than dimensions"),
        pytest.param(images(1).repeat(40, 1, 1, 1), id="identical"),
        pytest.param(torch.zeros(40, 1, 8, 6), id="black"),
        pytest.param(torch.ones(40, 1, 8, 6), id="white"),
    ],
)
def test_poor_images_give_finite_weights_and_codes(
    x: torch.Tensor, network: str, latent_dim: int
) -> None:
    torch.manual_seed(1)
    model = model_of(network, latent_dim=latent_dim)
    initialise(model, x, "silu")
    assert all(torch.isfinite(p).all() for p in model.parameters())
    with torch.no_grad():
        mu = model.encode(x).mu
        assert torch.isfinite(model.decode(mu)).all()
    assert mu.abs().max() < 100


def test_the_seed_decides() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        model = model_of("mlp")
        initialise(model, images(50), "silu")
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    assert torch.equal(weights(5), weights(5))
    assert not torch.equal(weights(5), weights(6))
