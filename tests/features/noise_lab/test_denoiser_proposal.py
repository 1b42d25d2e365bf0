from __future__ import annotations

import pytest

from latentlab.features.noise_lab.denoiser_proposal import denoiser_spec
from latentlab.images.corruptions import CORRUPTIONS, MIXED


@pytest.mark.parametrize("shape", [(28, 28, 1), (64, 64, 3), (128, 96, 3), (5, 7, 1), (8, 8, 3)])
@pytest.mark.parametrize("count", [2, 60, 10_000, 1_000_000])
def test_it_can_be_trained_with(shape: tuple[int, int, int], count: int) -> None:
    spec = denoiser_spec(shape, count, (("gaussian", 0.3),))
    spec.validate(shape)
    assert (spec.objective, spec.corruption, spec.amount) == ("denoising", "gaussian", 0.3)
    assert spec.network == ("conv" if min(shape[:2]) >= 8 else "mlp")
    assert 1 <= spec.epochs <= 100


def test_an_amount_of_nothing_is_the_usual_one_and_a_stack_is_mixed() -> None:
    nothing = denoiser_spec((28, 28, 1), 100, (("mask", 0.0),))
    assert nothing.amount == CORRUPTIONS["mask"].default_amount
    for steps in ((("mask", 0.2), ("blur", 0.5)), ()):
        assert denoiser_spec((28, 28, 1), 100, steps).corruption == MIXED
