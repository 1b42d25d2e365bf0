"""The linear baseline: exact where it is solved, and where linear networks end up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from latentlab.images.image_set import ImageSet
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.objective import Batch
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plans import plan_of
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import Metrics

CPU = torch.device("cpu")


def blobs(count: int = 200, size: int = 8, channels: int = 1) -> ImageSet:
    """Images whose pixels depend on each other, with a spectrum that falls off slowly."""
    rng = np.random.default_rng(4)
    shape = (size, size, channels)
    pixels = int(np.prod(shape))
    directions = np.linalg.qr(rng.standard_normal((pixels, pixels)))[0]
    strengths = 0.6 * 0.75 ** np.arange(pixels)
    x = 0.5 + (rng.standard_normal((count, pixels)) * strengths) @ directions.T
    images = np.clip(255 * x, 0, 255).round().astype(np.uint8)
    return ImageSet("blobs", "Blobs", images.reshape(count, *shape))


def flat(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1) / 255.0


def discarded(x: NDArray[np.float64], d: int) -> float:
    """The mean squared error of an image that no d numbers can go below: Eckart and Young 1936."""
    singular = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return float(np.square(singular[d:]).sum() / len(x))


def solved(data: ImageSet, d: int, **settings: Any) -> tuple[TrainingRun, list[Metrics]]:
    spec = TrainSpec(objective="pca", latent_dim=d, **settings)
    run = TrainingRun(spec, data, device=CPU, threads=1)
    metrics = [event for event in run.run() if isinstance(event, Metrics)]
    run.keep_best()
    return run, metrics


def rebuilt(run: TrainingRun, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        out = run.model.decode(run.model.encode(x).mu)
    return out.flatten(1).numpy().astype(np.float64)


@pytest.mark.parametrize("d", [1, 3, 20])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_error_is_that_of_the_singular_values(channels: int, d: int) -> None:
    data = blobs(channels=channels)
    run, metrics = solved(data, d, held_out=0.2, sigma=0.1)
    train = flat(data.images[run.train_indices])
    error = np.square(rebuilt(run, data.images[run.train_indices]) - train).sum(1).mean()
    assert error == pytest.approx(discarded(train, d), rel=1e-5)
    assert [m.split for m in metrics] == ["train", "held_out"]
    constant = train.shape[1] * np.log(0.1 * np.sqrt(2 * np.pi))
    assert metrics[0].loss == pytest.approx(error / 0.02 + constant, rel=1e-5)
    held_out = flat(data.images[run.held_out])
    error = np.square(rebuilt(run, data.images[run.held_out]) - held_out).sum(1).mean()
    assert metrics[1].loss == pytest.approx(error / 0.02 + constant, rel=1e-5)
    assert (metrics[1].kl, metrics[1].penalties) == (0.0, {})


def test_encoder_and_decoder_are_orthonormal_and_transposed() -> None:
    run, _ = solved(blobs(), 7, held_out=0.0)
    encoder = next(m for m in run.model.encoder if isinstance(m, torch.nn.Linear))
    decoder = next(m for m in run.model.decoder if isinstance(m, torch.nn.Linear))
    torch.testing.assert_close(
        encoder.weight @ encoder.weight.T, torch.eye(7), atol=1e-5, rtol=0, check_device=False
    )
    assert torch.equal(decoder.weight, encoder.weight.T)
    codes = flat(blobs().images) @ encoder.weight.detach().double().numpy().T
    codes += encoder.bias.detach().double().numpy()
    np.testing.assert_allclose(codes.mean(0), 0.0, atol=1e-5)
    covariance = np.cov(codes.T, bias=True)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-6)
    assert (np.diff(np.diag(covariance)) < 0).all(), "the strongest direction comes first"


def test_a_code_as_wide_as_the_image_loses_nothing() -> None:
    data = blobs(count=100, size=5)
    run, metrics = solved(data, 25, held_out=0.1)
    np.testing.assert_allclose(rebuilt(run, data.images), flat(data.images), atol=1e-5)
    codes = torch.randn(20, 25, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        back = run.model.encode(run.model.decode(codes)).mu
    torch.testing.assert_close(back, codes, atol=1e-5, rtol=1e-5)
    assert metrics[0].loss == pytest.approx(25 * np.log(0.1 * np.sqrt(2 * np.pi)), rel=1e-5)


@pytest.mark.parametrize(
    "left_over",
    [
        {"code_activation": "sigmoid"},
        {"activation": "relu", "hidden": (7,)},
        {"network": "conv", "code": "map"},
        {"likelihood": "bernoulli", "dropout": 0.5},
        {"ema": 0.9, "precision": "bf16"},
        {"shift": 2.0, "rotation": 30.0, "epochs": 9, "batch_size": 3},
    ],
    ids="+".join,
)
def test_settings_that_have_no_meaning_for_it_change_nothing(left_over: dict[str, Any]) -> None:
    """A form keeps the values of the fields that it hides."""
    data = blobs(count=60)
    plain, metrics = solved(data, 4)
    other, again = solved(data, 4, **left_over)
    assert plan_of(other.spec, (8, 8, 1)) == plan_of(plain.spec, (8, 8, 1))
    for a, b in zip(plain.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [m.loss for m in again] == [m.loss for m in metrics]


def test_a_linear_autoencoder_comes_within_a_hundredth_of_it() -> None:
    """Its optimum is the subspace of PCA, with any basis (Baldi and Hornik 1989)."""
    x = torch.from_numpy(flat(blobs().images))
    torch.manual_seed(0)
    spec = TrainSpec(
        objective="undercomplete",
        hidden=(),
        activation="linear",
        likelihood="gaussian",
        sigma=1.0,
        latent_dim=3,
    )
    spec.validate((8, 8, 1))
    model = Autoencoder(spec, (8, 8, 1)).double()
    kind = OBJECTIVES["undercomplete"](spec, len(x))
    images = x.reshape(-1, 1, 8, 8)
    batch = Batch(images, images, torch.zeros(len(x), 3))
    optimiser = torch.optim.LBFGS(
        model.parameters(), max_iter=300, line_search_fn="strong_wolfe", tolerance_change=1e-12
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = kind.terms(model, batch).loss.mean()
        loss.backward()
        return loss

    optimiser.step(closure)
    with torch.no_grad():
        error = (model.decode(model.encode(images).mu) - images).square().flatten(1).sum(1).mean()
    least = discarded(x.numpy(), 3)
    assert least * (1 - 1e-9) <= error.item() < 1.01 * least
    # The weights that read the code span the first principal directions.
    decoder = next(m for m in model.decoder if isinstance(m, torch.nn.Linear))
    basis = np.linalg.qr(decoder.weight.detach().numpy())[0]
    directions = np.linalg.svd(x.numpy() - x.numpy().mean(0), full_matrices=False)[2][:3]
    cosines = np.linalg.svd(directions @ basis, compute_uv=False)
    assert cosines.min() > 0.999
