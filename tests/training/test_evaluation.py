"""Each figure of a model against a computation that shares nothing with it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentlab.latent.code_units import quiet_share
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training import evaluation as evaluation_module
from latentlab.training.evaluation import Evaluation, evaluate

SHAPE = (6, 5, 1)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def images() -> Any:
    return np.random.default_rng(0).integers(0, 256, (30, *SHAPE), np.uint8)


def model_of(shape: tuple[int, int, int] = SHAPE, **settings: Any) -> Autoencoder:
    """A network with random weights, large enough that codes differ."""
    settings = {"latent_dim": 3, "k": 2, "hidden": (7,), **settings}
    torch.manual_seed(1)
    model = Autoencoder(TrainSpec(**settings), shape).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.7)
    return model.requires_grad_(False)


def measure(model: Autoencoder, images: Any, seed: int = 0) -> Evaluation:
    return evaluate(model, images, np.arange(len(images)), CPU, seed)


def inputs(images: Any) -> Tensor:
    return torch.from_numpy(images / 255.0).float().permute(0, 3, 1, 2)


def jacobian_norms(model: Autoencoder, images: Any) -> Tensor:
    """‖∂mu/∂x‖_F of each image, from whole Jacobians."""

    def code(x: Tensor) -> Tensor:
        return model.encode(x[None]).mu[0]

    each = [torch.func.jacrev(code)(x) for x in inputs(images)]
    return torch.stack([jacobian.flatten().norm() for jacobian in each])


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_figure_of_every_objective(objective: str, images: Any) -> None:
    model = model_of(objective=objective)
    found = measure(model, images)
    x = inputs(images)
    mu, logvar = model.encode(x)
    n, pixels = len(images), math.prod(SHAPE)
    assert found.num_images == n

    mean = model.decode_mean(mu)
    mse = float(((mean - x) ** 2).double().mean())
    assert found.mse == pytest.approx(mse, rel=1e-5)
    assert found.psnr_db == pytest.approx(10 * math.log10(1 / mse), abs=1e-4)

    if OBJECTIVES[objective].probabilistic:
        assert logvar is not None
        density = torch.distributions.Normal(mu.double(), (0.5 * logvar.double()).exp())
        each = torch.distributions.kl_divergence(density, torch.distributions.Normal(0.0, 1.0))
        np.testing.assert_allclose(found.kl_per_dim, each.mean(0), rtol=1e-4)
        assert found.kl == pytest.approx(sum(found.kl_per_dim))
        # The mean over many samples is near, one sample is not exactly that.
        many = [float(nll(model, density.sample().float(), x)) for _ in range(200)]
        assert abs(found.recon_loss - np.mean(many)) < 5 * np.std(many)
        assert np.std(many) > 0
    else:
        assert logvar is None
        assert found.kl_per_dim == []
        assert found.kl == 0
        assert found.recon_loss == pytest.approx(float(nll(model, mu, x)), rel=1e-5)
    assert found.loss == pytest.approx(found.recon_loss + found.kl)
    if objective == "pca":
        closed = pixels * math.log(0.1 * math.sqrt(2 * math.pi)) + scaled_squares(model, mu, x)
        assert found.recon_loss == pytest.approx(closed, rel=1e-5)

    codes = mu.double().numpy()
    scale = 1.0 if OBJECTIVES[objective].probabilistic else codes.var(0).max()
    assert found.active_units == (codes.var(0) > 0.01 * scale).sum()
    size = np.abs(codes)
    quiet = [[unit <= 0.01 * max(code) for unit in code] for code in size.tolist()]
    assert found.code_sparsity == pytest.approx(np.mean(quiet))
    norms = jacobian_norms(model, images)
    assert found.jacobian_norm == pytest.approx(float(norms.mean()), rel=1e-4)
    spread = math.sqrt(np.trace(np.atleast_2d(np.cov(codes.T, bias=True))))
    assert found.jacobian_relative == pytest.approx(float(norms.mean()) / spread, rel=1e-4)
    never = [all(row[unit] for row in quiet) for unit in range(codes.shape[1])]
    assert found.dead_units == pytest.approx(np.mean(never))


def test_figures_of_a_deterministic_code_do_not_depend_on_its_scale(images: Any) -> None:
    model = model_of(objective="undercomplete")
    before = measure(model, images)
    head = [m for m in model.encoder if isinstance(m, torch.nn.Linear)][-1]
    head.weight.mul_(0.01)
    head.bias.mul_(0.01)  # type: ignore[union-attr]
    after = measure(model, images)
    assert after.active_units == before.active_units > 0
    assert after.jacobian_relative == pytest.approx(before.jacobian_relative, rel=1e-4)
    assert after.jacobian_norm == pytest.approx(0.01 * before.jacobian_norm, rel=1e-4)


def nll(model: Autoencoder, z: Tensor, x: Tensor) -> Tensor:
    return model.likelihood.nll(model.decode(z), x).mean()


def scaled_squares(model: Autoencoder, mu: Tensor, x: Tensor) -> float:
    """Σ (x − x̂)² / 2σ² with σ = 0.1, mean over the images."""
    return float(((model.decode(mu) - x) ** 2).flatten(1).sum(1).mean()) / (2 * 0.1**2)


def test_bernoulli_nats_by_hand(images: Any) -> None:
    model = model_of(objective="undercomplete")
    x = inputs(images).double()
    p = model.decode_mean(model.encode(x.float()).mu).double()
    nats = -(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(1)
    assert measure(model, images).recon_loss == pytest.approx(float(nats.mean()), rel=1e-4)


@pytest.mark.parametrize("network", ["mlp", "conv", "resnet", "lstm"])
def test_the_jacobian_of_every_network(network: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 3), np.uint8)
    model = model_of(
        (16, 16, 3),
        objective="undercomplete",
        network=network,
        channels=(4, 4),
        levels=(4, 4),
        units=6,
    )
    found = measure(model, pixels)
    assert found.jacobian_norm == pytest.approx(
        float(jacobian_norms(model, pixels).mean()), rel=1e-4
    )


@pytest.mark.parametrize("d", [64, 65, 200])
def test_the_jacobian_of_long_codes_is_estimated_well(d: int, images: Any) -> None:
    model = model_of(objective="sparse-l1", latent_dim=d, hidden=(40,))
    exact = float(jacobian_norms(model, images).mean())
    tolerance = 1e-4 if d <= 64 else 0.03
    assert measure(model, images).jacobian_norm == pytest.approx(exact, rel=tolerance)


def test_a_feature_map_as_code() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 9, 8, 1), np.uint8)
    model = model_of((9, 8, 1), objective="denoising", network="conv", channels=(4, 3), code="map")
    found = measure(model, pixels)
    assert model.latent_dim == 3 * 3 * 2
    exact = float(jacobian_norms(model, pixels).mean())
    assert found.jacobian_norm == pytest.approx(exact, rel=1e-4)


def test_a_thousand_images_spread_evenly_stand_for_more(
    images: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of()
    monkeypatch.setattr(evaluation_module, "_JACOBIAN_IMAGES", 4)
    picks = [0, 10, 19, 29]
    exact = float(jacobian_norms(model, images[picks]).mean())
    assert measure(model, images).jacobian_norm == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize(
    ("code", "share"),
    [
        ([0.0, 0.0, 0.0, 0.0], 1.0),
        ([5.0, 0.0, 0.0, 0.0], 0.75),
        ([1.0, 0.009, 0.011, -0.5], 0.25),
        ([-1.0, -0.009, 0.009, 1.0], 0.5),
        ([1e-30, 1e-30, 0.0, 1e-33], 0.5),
        ([7.0, 7.0, 7.0, 7.0], 0.0),
    ],
)
def test_code_sparsity_by_hand(code: list[float], share: float) -> None:
    assert quiet_share(np.array([code], np.float32)).tolist() == [share]


def test_top_k_is_as_sparse_as_asked() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, *SHAPE), np.uint8)
    model = model_of(objective="sparse-topk", latent_dim=20, k=4)
    active = (model.encode(inputs(pixels)).mu > 0).double().mean()
    found = measure(model, pixels)
    assert found.code_sparsity >= 0.8
    assert found.code_sparsity == pytest.approx(1 - float(active), abs=0.02)


def test_the_seed_decides_the_sample_and_nothing_else(images: Any) -> None:
    model = model_of()
    first, again, other = (measure(model, images, seed) for seed in (4, 4, 5))
    assert first == again
    differing = {key for key in first.as_dict() if getattr(first, key) != getattr(other, key)}
    assert differing == {"recon_loss", "loss"}
    assert first.recon_loss == pytest.approx(other.recon_loss, rel=0.1)


def test_a_part_of_the_images_and_parts_at_a_time(
    images: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(objective="undercomplete")
    rows = np.array([3, 4, 11, 28])
    part = evaluate(model, images, rows, CPU)
    assert part == measure(model, images[rows])
    whole = measure(model, images)
    monkeypatch.setattr(evaluation_module, "chunk_images", lambda _: 7)
    pieces = measure(model, images)
    for key, value in whole.as_dict().items():
        assert getattr(pieces, key) == pytest.approx(value, rel=1e-5)


def test_memory_mapped_images_are_read_only_where_needed(images: Any, tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", images)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    model = model_of()
    assert measure(model, mapped) == measure(model, images)


def test_one_image(images: Any) -> None:
    found = measure(model_of(), images[:1])
    assert found.num_images == 1
    assert found.active_units == 0
    assert all(math.isfinite(value) for value in (found.loss, found.jacobian_norm, found.mse))


def test_measuring_leaves_the_model_as_it_was(images: Any) -> None:
    model = model_of()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measure(model, images)
    assert not model.training
    assert all(p.grad is None and not p.requires_grad for p in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
