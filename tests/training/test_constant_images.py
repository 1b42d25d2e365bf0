"""Images that are all the same, or all but the same: a run learns the constant and stays sane."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from latentlab.images.image_set import ImageSet
from latentlab.models.family.likelihoods import LIKELIHOODS
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.train_spec import TrainSpec, usual_spec
from latentlab.training.evaluation import Evaluation, evaluate
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import Metrics

CPU = torch.device("cpu")
SLOW = pytest.mark.slow
SMALL: dict[str, Any] = {
    "hidden": (32, 16),
    "channels": (4, 8),
    "levels": (4, 8),
    "units": 12,
    "batch_size": 20,
    "epochs": 20,
    "learning_rate": 4e-3,
}


def constant(value: int | tuple[int, int, int]) -> NDArray[np.uint8]:
    channels = 1 if isinstance(value, int) else 3
    return np.full((120, 16, 16, channels), value, np.uint8)


def one_pixel() -> NDArray[np.uint8]:
    pixels = constant(128)
    pixels[:, 3, 4, 0] = np.random.default_rng(0).integers(0, 256, len(pixels))
    return pixels


def two_images() -> NDArray[np.uint8]:
    pixels = constant(128)
    pixels[::2, 2:9, 2:9] = 20
    return pixels


def train(spec: TrainSpec, pixels: NDArray[np.uint8]) -> tuple[Evaluation, list[Metrics]]:
    run = TrainingRun(spec, ImageSet("same", "Same", pixels), device=CPU, threads=1)
    metrics = [event for event in run.run() if isinstance(event, Metrics)]
    run.keep_best()
    assert all(math.isfinite(v) for m in metrics for v in m.as_line().values() if v != m.split)
    return evaluate(run.model, pixels, run.held_out, CPU), metrics


@pytest.mark.parametrize(
    ("network", "likelihood"),
    [
        # Each network and each likelihood once, and all pairs where there is time for it.
        pytest.param(network, likelihood, marks=[] if (i - j) % len(NETWORKS) == 0 else SLOW)
        for i, likelihood in enumerate(LIKELIHOODS)
        for j, network in enumerate(NETWORKS)
    ],
)
def test_a_variational_model_learns_a_constant_and_stays_at_the_prior(
    network: str, likelihood: str
) -> None:
    spec = replace(TrainSpec(), **SMALL, network=network, likelihood=likelihood)
    found, metrics = train(spec, constant(128))
    assert found.mse < 1e-3
    assert found.kl < 1.0
    assert max(m.kl for m in metrics) < 10.0


@pytest.mark.parametrize("value", [0, 255, (200, 90, 30)])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_any_constant_is_learned(value: Any, likelihood: str) -> None:
    found, metrics = train(replace(TrainSpec(), **SMALL, likelihood=likelihood), constant(value))
    assert found.mse < 1e-3
    assert found.kl < 1.0
    assert max(m.kl for m in metrics) < 10.0


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_learns_a_constant(objective: str) -> None:
    settings = {**SMALL, "batch_size": 100 if objective == "wae" else 20}
    if objective == "contractive":
        settings["activation"] = "tanh"
    found, _ = train(replace(usual_spec(objective), **settings), constant(128))
    assert found.mse < 1e-3


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian-optimal"])
@pytest.mark.parametrize("pixels", [one_pixel(), two_images()], ids=["one pixel", "two images"])
def test_what_hardly_differs_is_learned(pixels: NDArray[np.uint8], likelihood: str) -> None:
    """The codes are spread as far as they can be without throwing them out of reach."""
    found, metrics = train(replace(TrainSpec(), **SMALL, likelihood=likelihood), pixels)
    # With so few steps, at worst the mean image and a little more.
    assert found.mse < 2 * pixels.astype(np.float64).var(0).mean() / 255**2
    assert max(m.kl for m in metrics) < 2e3
    assert metrics[-1].kl < 20.0


def test_losses_below_zero_are_right_for_densities() -> None:
    """A density exceeds 1 where a pixel is known better than to 1/√(2πe) of the range."""
    found, _ = train(replace(TrainSpec(), **SMALL, likelihood="gaussian"), constant(128))
    lowest = 256 * math.log(0.1 * math.sqrt(2 * math.pi))
    assert found.recon_loss == pytest.approx(lowest, rel=0.01)
