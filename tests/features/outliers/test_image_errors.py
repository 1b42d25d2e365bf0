from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from latentlab.features.outliers import image_errors as module
from latentlab.features.outliers.image_errors import codes_of, image_errors
from latentlab.models.autoencoder import Autoencoder
from latentlab.models.family.train_spec import TrainSpec

SHAPE = (6, 5, 3)
CPU = torch.device("cpu")


def model_of(**settings: Any) -> Autoencoder:
    torch.manual_seed(1)
    return Autoencoder(TrainSpec(latent_dim=3, hidden=(7,), **settings), SHAPE).eval()


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Images on the disk, which are worked on in several pieces."""
    monkeypatch.setattr(module, "chunk_images", lambda _: 8)
    np.save(tmp_path / "x.npy", np.random.default_rng(0).integers(0, 256, (30, *SHAPE), np.uint8))
    return np.load(tmp_path / "x.npy", mmap_mode="r")


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "gaussian-optimal"])
@pytest.mark.parametrize("objective", ["variational", "undercomplete"])
def test_each_image_alone(objective: str, likelihood: str, images: Any) -> None:
    model = model_of(objective=objective, likelihood=likelihood)
    found = image_errors(model, images, CPU)
    assert found.codes.dtype == np.float32
    for i in (0, 7, 8, 29):
        x = torch.from_numpy(images[i : i + 1] / np.float32(255)).permute(0, 3, 1, 2)
        with torch.no_grad():
            mu = model.encode(x).mu
            output = model.decode(mu)
            drawn = model.likelihood.mean(output)
            assert found.nats[i] == pytest.approx(float(model.likelihood.nll(output, x)), rel=1e-5)
        assert found.mse[i] == pytest.approx(float(((drawn - x) ** 2).mean()), rel=1e-5)
        np.testing.assert_allclose(found.codes[i], mu[0], rtol=1e-4, atol=1e-6)


def test_codes_of_some_images(images: Any) -> None:
    model = model_of()
    codes = image_errors(model, images, CPU).codes
    some = np.array([29, 0, 3, 4, 5, 6, 7, 8, 9, 10])
    np.testing.assert_allclose(codes_of(model, images, some, CPU), codes[some], atol=1e-6)
    assert codes_of(model, images, some[:0], CPU).shape == (0, 3)
    assert image_errors(model, images[:0], CPU).codes.shape == (0, 3)
