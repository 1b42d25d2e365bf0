"""In short pieces the same denoiser comes out as in one go."""

from __future__ import annotations

import numpy as np
import pytest

from latentlab.images.corruptions import corrupt_stack
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.linear_fit import LinearFit


def run(fit: LinearFit, steps: list[tuple[str, float]]) -> tuple[LinearDenoiser, int]:
    """Return the denoiser and how many pieces it took."""
    num_pieces = sum(1 for _ in fit.prepare())
    pieces = LinearDenoiser.fitted(fit, steps, 3, clip=False)
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return end.value, num_pieces
        num_pieces += 1


@pytest.mark.parametrize("size", [9, 27])  # 27 × 27 is inverted by blocks
@pytest.mark.parametrize("steps", [[("mask", 0.4)], [("blur", 0.4), ("gaussian", 0.2)]])
def test_short_pieces_give_the_same(size: int, steps: list[tuple[str, float]]) -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (700, size, size, 1), np.uint8)
    images[:, 1:] = images[:, :-1] // 2 + images[:, 1:] // 2
    whole, few = run(LinearFit(images), steps)
    short, many = run(LinearFit(images, in_pieces=True), steps)
    assert many > few
    noisy = corrupt_stack(images[:60], steps, 9, clip=False)
    if len(steps) == 1:
        np.testing.assert_allclose(short.apply(noisy), whole.apply(noisy), atol=1e-3)
    else:  # other noise was drawn, because it is drawn piece by piece
        clean = images[:60] / np.float32(255)
        errors = [float(((fit.apply(noisy) - clean) ** 2).mean()) for fit in (whole, short)]
        assert errors[1] == pytest.approx(errors[0], rel=0.05)


def test_rows_choose_what_is_learnt_from() -> None:
    images = np.random.default_rng(1).integers(0, 256, (300, 5, 4, 3), np.uint8)
    rows = np.arange(0, 300, 3)
    chosen, _ = run(LinearFit(images, rows), [("gaussian", 0.3)])
    alone, _ = run(LinearFit(images[rows]), [("gaussian", 0.3)])
    np.testing.assert_allclose(chosen.weights, alone.weights, atol=1e-6)


def test_moments_are_collected_once() -> None:
    fit = LinearFit(np.random.default_rng(2).integers(0, 256, (50, 4, 4, 1), np.uint8))
    assert len(list(fit.prepare())) > 0
    assert list(fit.prepare()) == []
