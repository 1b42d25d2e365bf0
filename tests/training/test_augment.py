from __future__ import annotations

from typing import Any

import pytest
import torch

from latentlab.training import augment
from latentlab.training.augment import random_affine


def images(h: int, w: int, c: int = 1) -> torch.Tensor:
    return torch.rand(3, c, h, w, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every random number is the largest: the full angle, size and shift are used."""

    def ones(*shape: int, device: Any = None) -> torch.Tensor:
        return torch.ones(*shape, device=device)

    monkeypatch.setattr(augment.torch, "rand", ones)


@pytest.mark.parametrize(("h", "w", "c"), [(1, 1, 1), (1, 9, 1), (6, 9, 3), (28, 28, 1)])
def test_shape_and_range_are_kept(h: int, w: int, c: int) -> None:
    x = images(h, w, c)
    torch.manual_seed(0)
    moved = random_affine(x, shift_px=2.0, rotation_deg=180.0, scaling=0.5)
    assert moved.shape == x.shape
    assert moved.min() >= 0.0
    assert moved.max() <= 1.0 + 1e-6


@pytest.mark.parametrize(("h", "w"), [(1, 1), (6, 9), (28, 28)])
def test_nothing_asked_for_is_nothing_done(h: int, w: int) -> None:
    x = images(h, w)
    same = random_affine(x, shift_px=0.0, rotation_deg=0.0, scaling=0.0)
    torch.testing.assert_close(same, x, atol=1e-4, rtol=0)


@pytest.mark.usefixtures("at_the_limit")
def test_a_shift_is_in_pixels_along_both_axes() -> None:
    x = torch.arange(54.0).reshape(1, 1, 6, 9) / 54
    moved = random_affine(x, shift_px=2.0, rotation_deg=0.0, scaling=0.0)
    torch.testing.assert_close(moved[..., :4, :7], x[..., 2:, 2:], atol=1e-4, rtol=0)
    assert (moved[..., 4:, :].abs() < 1e-4).all()
    assert (moved[..., :, 7:].abs() < 1e-4).all()


@pytest.mark.usefixtures("at_the_limit")
def test_edges_are_repeated_where_that_is_asked_for() -> None:
    x = torch.arange(54.0).reshape(1, 1, 6, 9) / 54
    moved = random_affine(x, shift_px=2.0, rotation_deg=0.0, scaling=0.0, edges="repeat")
    torch.testing.assert_close(moved[..., :4, :7], x[..., 2:, 2:], atol=1e-4, rtol=0)
    torch.testing.assert_close(
        moved[..., 4:, :7], x[..., 5:, 2:].expand(-1, -1, 2, -1), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(
        moved[..., :4, 7:], x[..., 2:, 8:].expand(-1, -1, -1, 2), atol=1e-4, rtol=0
    )


@pytest.mark.usefixtures("at_the_limit")
def test_a_quarter_turn_of_a_wide_image_does_not_stretch_it() -> None:
    x = torch.zeros(1, 1, 7, 15)
    x[..., 3, 4:11] = 1.0  # seven pixels across become seven pixels down
    turned = random_affine(x, shift_px=0.0, rotation_deg=90.0, scaling=0.0)
    expected = torch.zeros_like(x)
    expected[..., :, 7] = 1.0
    torch.testing.assert_close(turned, expected, atol=1e-3, rtol=0)


@pytest.mark.usefixtures("at_the_limit")
def test_scaling_shrinks_around_the_middle() -> None:
    x = torch.zeros(1, 1, 9, 9)
    x[..., 1:8, 1:8] = 1.0
    small = random_affine(x, shift_px=0.0, rotation_deg=0.0, scaling=0.5)
    assert small[0, 0, 4, 4] == pytest.approx(1.0)
    assert float(small.sum()) == pytest.approx(49 / 1.5**2, rel=0.15)
    torch.testing.assert_close(small, small.flip(2).flip(3), atol=1e-4, rtol=0)


def test_each_image_moves_by_itself() -> None:
    x = images(12, 12)[:1].repeat(3, 1, 1, 1)
    torch.manual_seed(0)
    moved = random_affine(x, shift_px=3.0, rotation_deg=0.0, scaling=0.0)
    assert not torch.allclose(moved[0], moved[1])
    assert not torch.allclose(moved[1], moved[2])
