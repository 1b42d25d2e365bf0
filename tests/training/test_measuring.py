"""Chance in measurements depends on the place of an image and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentlab.images.image_set import ImageSet
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training.evaluation import evaluate
from latentlab.training.measuring import BLOCK_IMAGES, PosteriorNoise, measured_inputs
from latentlab.training.run import TrainingRun
from latentlab.training.train_events import Metrics

CPU = torch.device("cpu")


def test_any_parts_have_the_noise_of_the_whole() -> None:
    whole = PosteriorNoise(3).rows(0, 1000)
    assert whole.shape == (1000, 3)
    for size in (1, 7, 255, BLOCK_IMAGES, 300, 999):
        noise = PosteriorNoise(3)
        parts = [noise.rows(start, min(size, 1000 - start)) for start in range(0, 1000, size)]
        assert torch.equal(torch.cat(parts), whole)
    assert torch.equal(PosteriorNoise(3).rows(600, 100), whole[600:700]), "in any order"
    assert PosteriorNoise(3).rows(5, 0).shape == (0, 3)
    assert not torch.equal(PosteriorNoise(3, seed=1).rows(0, 1000), whole)


def test_the_noise_is_standard_normal_and_independent() -> None:
    noise = PosteriorNoise(2).rows(0, 40 * BLOCK_IMAGES).double()
    assert noise.mean(0).abs().max() < 0.03
    assert (noise.T.cov() - torch.eye(2)).abs().max() < 0.04
    blocks = noise[:, 0].view(40, BLOCK_IMAGES)
    assert (torch.corrcoef(blocks) - torch.eye(40)).abs().max() < 0.35, "no block repeats another"


def test_blocks_are_corrupted_alike_in_any_parts_of_whole_blocks() -> None:
    x = torch.rand(700, 1, 4, 5, generator=torch.Generator().manual_seed(0))
    spec = TrainSpec(objective="denoising", corruption="gaussian", amount=0.3)
    objective = OBJECTIVES["denoising"](spec)
    whole = measured_inputs(objective, x, 0)
    assert not torch.equal(whole, x)
    parts = [measured_inputs(objective, x[:512], 0), measured_inputs(objective, x[512:], 512)]
    assert torch.equal(torch.cat(parts), whole)
    others = OBJECTIVES["undercomplete"](TrainSpec(objective="undercomplete"))
    assert measured_inputs(others, x, 0) is x


@pytest.mark.parametrize("objective", ["variational", "denoising", "wae", "tcvae"])
def test_held_out_figures_do_not_depend_on_how_finely_they_are_computed(objective: str) -> None:
    """The window computes few images at once while somebody drags, and many while nobody does."""
    pixels = np.random.default_rng(0).integers(0, 256, (1400, 5, 4, 1), np.uint8)
    data = ImageSet("noise.npz", "Noise", pixels)
    figures = []
    for batch_size, micro in ((100, None), (100, 3), (300, 64), (300, None)):
        spec = TrainSpec(
            objective=objective, hidden=(6,), batch_size=batch_size, epochs=1, held_out=0.5,
            learning_rate=1e-7, seed=3, k=2,
        )  # fmt: skip
        run = TrainingRun(spec, data, device=CPU, threads=1, micro_batch=lambda micro=micro: micro)
        found = [e for e in run.run() if isinstance(e, Metrics) and e.split == "held_out"]
        figures.append((found[0].recon_loss, found[0].kl))
        if objective != "denoising":
            said = evaluate(run.model, pixels, run.held_out, CPU)
            assert found[0].recon_loss == pytest.approx(said.recon_loss, rel=1e-5)
            assert found[0].kl == pytest.approx(said.kl, rel=1e-5)
    # Steps of 10⁻⁷ change next to nothing.
    np.testing.assert_allclose(figures, np.broadcast_to(figures[0], (4, 2)), rtol=1e-4)
