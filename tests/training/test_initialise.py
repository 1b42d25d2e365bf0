from __future__ import annotations

import pytest
import torch

from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.initialise import initialise

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


@pytest.mark.parametrize("network", SMALL)
def test_what_all_images_share_starts_at_the_prior_and_is_not_read(network: str) -> None:
    """Rounding is not blown up to a spread of 1: any step of training would throw codes far out."""
    torch.manual_seed(1)
    model, x = model_of(network, latent_dim=3), images(1).repeat(40, 1, 1, 1)
    initialise(model, x, "silu")
    with torch.no_grad():
        mu, logvar = model.encode(x)
        assert logvar is not None
        far = model.decode(100.0 * torch.ones(1, 3)) - model.decode(torch.zeros(1, 3))
    assert mu.abs().max() < 1e-3 and logvar.abs().max() < 0.5
    assert far.abs().max() < 1e-2


def test_two_different_images_spread_along_one_direction_alone() -> None:
    torch.manual_seed(1)
    model, x = model_of("mlp", latent_dim=2), images(2).repeat(20, 1, 1, 1)
    initialise(model, x, "silu")
    with torch.no_grad():
        spread = torch.linalg.eigvalsh(model.encode(x).mu.double().T.cov())
    assert spread[0] < 1e-3 and 0.1 < spread[1] < 1.1


@pytest.mark.parametrize("objective", ["sparse-l1", "sparse-kl", "sparse-topk", "contractive"])
def test_codes_are_white_before_their_activation(objective: str) -> None:
    spec = TrainSpec(objective=objective, latent_dim=6, k=2, code_activation="auto", **SIZES)
    torch.manual_seed(1)
    model, x = Autoencoder(spec, (8, 6, 1)), images(400)
    initialise(model, x, "silu")
    with torch.no_grad():
        layers = list(model.encoder)
        last = max(i for i, layer in enumerate(layers) if isinstance(layer, torch.nn.Linear))
        before = torch.nn.Sequential(*layers[: last + 1])(x).double()
    torch.testing.assert_close(before.mean(0), torch.zeros(6).double(), atol=1e-3, rtol=0)
    torch.testing.assert_close(before.T.cov(), torch.eye(6).double(), atol=0.1, rtol=0)


@pytest.mark.parametrize("count", [40, 400])
def test_each_number_of_a_code_too_wide_for_its_covariance_has_variance_one(count: int) -> None:
    latent_dim = 600 if count == 400 else 30
    torch.manual_seed(1)
    spec = TrainSpec(objective="denoising", latent_dim=latent_dim, **SIZES)
    model, x = Autoencoder(spec, (8, 6, 1)), images(count)
    initialise(model, x, "silu")
    with torch.no_grad():
        mu = model.encode(x).mu.double()
    torch.testing.assert_close(mu.mean(0), torch.zeros(latent_dim).double(), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        mu.var(0, unbiased=False), torch.ones(latent_dim).double(), atol=1e-3, rtol=0
    )


@pytest.mark.parametrize("activation", ["silu", "relu", "tanh", "linear"])
def test_hidden_weights_keep_the_size_of_a_signal(activation: str) -> None:
    """He et al. 2015 for what rectifies, Glorot and Bengio 2010 for what does not."""
    spec = TrainSpec(objective="undercomplete", activation=activation, hidden=(300, 400))
    torch.manual_seed(1)
    model = Autoencoder(spec, (20, 20, 1))
    x = torch.rand(50, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    initialise(model, x, activation)
    gain = 2.0 if activation in ("silu", "relu") else 1.0
    first, second = [m for m in model.encoder if isinstance(m, torch.nn.Linear)][:2]
    assert first.weight.std().item() == pytest.approx((gain / 400) ** 0.5, rel=0.02)
    assert second.weight.std().item() == pytest.approx((gain / 300) ** 0.5, rel=0.02)
    assert not first.bias.any() and not second.bias.any()


def test_a_transposed_convolution_is_scaled_by_what_each_pixel_sees() -> None:
    spec = TrainSpec(network="conv", channels=(48, 64), activation="tanh")
    torch.manual_seed(1)
    model = Autoencoder(spec, (8, 8, 1))
    initialise(model, torch.rand(20, 1, 8, 8), "tanh")
    first = next(m for m in model.decoder if isinstance(m, torch.nn.ConvTranspose2d))
    assert first.weight.std().item() == pytest.approx((1 / (64 * 9 / 4)) ** 0.5, rel=0.02)


def test_normalising_and_recurrent_layers_keep_their_own_start() -> None:
    spec = TrainSpec(network="resnet", levels=(4, 6), activation="relu")
    model, x = Autoencoder(spec, (16, 16, 1)), torch.rand(30, 1, 16, 16)
    initialise(model, x, "relu")
    norms = [m for m in model.modules() if isinstance(m, torch.nn.GroupNorm)]
    assert norms and all((n.weight == 1).all() and (n.bias == 0).all() for n in norms)
    model = model_of("lstm")
    before = {name: p.detach().clone() for name, p in model.named_parameters() if "lstm" in name}
    initialise(model, images(30), "tanh")
    after = dict(model.named_parameters())
    assert before and all(torch.equal(after[name], value) for name, value in before.items())


def test_the_residual_network_starts_white_and_near_the_mean_image() -> None:
    spec = TrainSpec(network="resnet", levels=(4, 6), latent_dim=2, likelihood="gaussian")
    torch.manual_seed(1)
    model = Autoencoder(spec, (16, 16, 1))
    x = torch.rand(200, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    initialise(model, x, "silu")
    with torch.no_grad():
        mu = model.encode(x).mu.double()
    torch.testing.assert_close(mu.mean(0), torch.zeros(2).double(), atol=1e-3, rtol=0)
    torch.testing.assert_close(mu.T.cov(), torch.eye(2).double(), atol=0.1, rtol=0)
    bias = [m for m in model.decoder if isinstance(m, torch.nn.Conv2d)][-1].bias
    assert bias is not None and bias.item() == pytest.approx(x.mean().item())


def test_the_seed_decides() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        model = model_of("mlp")
        initialise(model, images(50), "silu")
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    assert torch.equal(weights(5), weights(5))
    assert not torch.equal(weights(5), weights(6))
