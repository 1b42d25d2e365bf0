"""Settings to begin with suit what was found, and can always be trained with."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.family.estimate import training_seconds
from latentlab.family.plans import plan_of
from latentlab.family.proposal import proposed_spec


@pytest.mark.parametrize(
    ("shape", "count", "network", "latent_dim", "likelihood"),
    [
        ((28, 28, 1), 10_000, "mlp", 2, "bernoulli"),
        ((32, 32, 3), 3_800, "conv", 16, "gaussian-optimal"),
        ((64, 64, 1), 3_000, "conv", 32, "bernoulli"),
        ((64, 48, 3), 3_000, "conv", 32, "gaussian-optimal"),
        ((128, 96, 3), 3_000, "resnet", 32, "gaussian-optimal"),
        ((4, 200, 3), 3_000, "mlp", 16, "gaussian-optimal"),
    ],
)
def test_what_is_proposed(
    shape: tuple[int, int, int], count: int, network: str, latent_dim: int, likelihood: str
) -> None:
    spec = proposed_spec(shape, count)
    assert (spec.network, spec.latent_dim, spec.likelihood) == (network, latent_dim, likelihood)
    assert spec.objective == "variational"
    assert 5_000 <= spec.epochs * math.ceil(count / spec.batch_size) <= 20_000


def test_small_sets_have_small_batches() -> None:
    sizes = [proposed_spec((28, 28, 1), n).batch_size for n in (50, 500, 2_000, 50_000, 500_000)]
    assert sizes == sorted(sizes) and sizes[0] == 16 and sizes[-1] == 256


def test_convolutions_halve_down_to_a_small_map() -> None:
    for side in (33, 48, 64, 95):
        assert -(-side // 2 ** len(proposed_spec((side, side, 3), 1000).channels)) <= 4
    for side in (96, 256, 1024):
        assert -(-side // 2 ** len(proposed_spec((side, side, 3), 1000).levels)) <= 8


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300), st.sampled_from((1, 3))),
    st.integers(1, 10**7),
    st.none() | st.floats(0.5, 10_000),
)
def test_every_proposal_can_be_trained_with(
    shape: tuple[int, int, int], count: int, gflops: float | None
) -> None:
    spec = proposed_spec(shape, count, gflops)
    spec.validate(shape)
    assert plan_of(spec, shape).num_parameters() > 0
    assert spec.epochs * math.ceil(count / spec.batch_size) <= 20_000 or spec.epochs == 1


def test_nobody_waits_for_hours() -> None:
    shape, count = (128, 128, 3), 5_000
    slow = proposed_spec(shape, count, 20.0)
    assert slow.epochs < proposed_spec(shape, count).epochs
    assert training_seconds(slow, shape, count, 20.0) <= 20 * 60 or slow.epochs == 1
