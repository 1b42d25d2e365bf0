"""Settings to begin with suit what was found, and can always be trained with."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.base.options import applicable
from latentlab.models.family.networks import NETWORKS
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.plans import plan_of
from latentlab.models.family.proposal import (
    MIN_IMAGES,
    changed_options,
    proposed_spec,
    suited,
    too_few,
)
from latentlab.models.family.train_spec import TrainSpec, usual_spec


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


def test_ten_thousand_digits_take_thirty_epochs() -> None:
    spec = proposed_spec((28, 28, 1), 10_000)
    assert (spec.epochs, spec.batch_size) == (30, 96)


def test_small_sets_have_small_batches_and_more_epochs() -> None:
    specs = [proposed_spec((28, 28, 1), n) for n in (50, 500, 2_000, 50_000, 500_000)]
    sizes, epochs = [s.batch_size for s in specs], [s.epochs for s in specs]
    assert sizes == sorted(sizes) and sizes[0] == 16 and sizes[-1] == 96
    assert epochs == sorted(epochs, reverse=True) and epochs[0] > epochs[-1]


def test_few_images_are_moved_so_that_they_are_not_learnt_by_heart() -> None:
    few, many = proposed_spec((28, 28, 1), 1_000), proposed_spec((28, 28, 1), 10_000)
    assert (few.shift, few.rotation, few.edges) == (1.0, 5.0, "repeat")
    assert (many.shift, many.rotation, many.scaling) == (0.5, 3.0, 0.03)
    assert proposed_spec((32, 32, 3), 10_000).shift == 4.0
    assert proposed_spec((4, 200, 1), 1_000).rotation == 0.0, "a strip has no up and down"


def test_convolutions_halve_down_to_a_small_map() -> None:
    for side in (33, 48, 64, 95):
        assert -(-side // 2 ** len(proposed_spec((side, side, 3), 1000).channels)) <= 4
    for side in (96, 256, 1024):
        assert -(-side // 2 ** len(proposed_spec((side, side, 3), 1000).levels)) <= 8


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300), st.sampled_from((1, 3))),
    st.integers(1, 10**7),
    st.sampled_from(sorted(OBJECTIVES)),
)
def test_every_proposal_can_be_trained_with(
    shape: tuple[int, int, int], count: int, objective: str
) -> None:
    spec = proposed_spec(shape, count, {"objective": objective})
    spec.validate(shape)
    assert plan_of(spec, shape).num_parameters() > 0
    assert spec == proposed_spec(shape, count, {"objective": objective})


def test_nobody_waits_for_hours() -> None:
    epochs = [proposed_spec((s, s, 3), 20_000).epochs for s in (32, 64, 128, 256)]
    assert epochs == sorted(epochs, reverse=True)
    assert 1 <= epochs[-1] < 30


@pytest.mark.parametrize(
    ("chosen", "network", "own"),
    [
        ({"network": "conv"}, "conv", "channels"),
        ({"channels": (8,)}, "conv", "channels"),
        ({"hidden": (64,)}, "mlp", "hidden"),
        ({"levels": (8, 8)}, "resnet", "levels"),
        ({"network": "lstm"}, "lstm", "units"),
    ],
    ids=str,
)
def test_a_network_that_is_chosen_or_meant_is_taken(
    chosen: dict[str, Any], network: str, own: str
) -> None:
    for shape in ((28, 28, 1), (32, 32, 3)):
        spec = proposed_spec(shape, 2_000, chosen)
        assert spec.network == network
        assert own in applicable(spec)
        assert all(getattr(spec, name) == value for name, value in chosen.items())
        by_name = proposed_spec(shape, 2_000, {"network": network})
        assert spec.learning_rate == by_name.learning_rate


def test_what_is_chosen_stays_and_moves_nothing_else() -> None:
    usual = proposed_spec((32, 32, 3), 2_000)
    chosen = {"latent_dim": 2, "learning_rate": 0.1, "batch_size": 500, "seed": 3}
    spec = proposed_spec((32, 32, 3), 2_000, chosen)
    assert changed_options(spec, usual) == chosen


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_objective_gets_what_suits_it_and_the_images(objective: str) -> None:
    spec = proposed_spec((28, 28, 1), 2_000, {"objective": objective})
    assert spec.batch_size >= OBJECTIVES[objective].min_batch
    for name, value in OBJECTIVES[objective].suggests.items():
        assert getattr(spec, name) == value
    # What has no meaning keeps its usual value.
    without = set(changed_options(spec, usual_spec(objective))) - applicable(spec)
    assert not without


def test_another_choice_takes_along_what_suits_it() -> None:
    images = ((32, 32, 3), 2_000)
    before = proposed_spec(*images)
    after = suited(before, dataclasses.replace(before, network="mlp"), images)
    assert after == proposed_spec(*images, {"network": "mlp"})
    back = suited(after, dataclasses.replace(after, network="conv"), images)
    assert back == before
    own = dataclasses.replace(before, learning_rate=0.01)
    after = suited(own, dataclasses.replace(own, network="mlp"), images)
    assert after.learning_rate == 0.01


def test_without_images_the_usual_settings_follow_the_objective() -> None:
    for objective in OBJECTIVES:
        found = suited(TrainSpec(), dataclasses.replace(TrainSpec(), objective=objective), None)
        assert found == usual_spec(objective)


def test_too_few_images_are_said() -> None:
    assert too_few(MIN_IMAGES) == ""
    assert "Only 12 images: too few, a model will memorise them." in too_few(12)
    assert "Only 1 image:" in too_few(1)
    assert str(MIN_IMAGES) in too_few(MIN_IMAGES - 1)


def test_every_network_has_a_learning_rate() -> None:
    for network in NETWORKS:
        assert math.isfinite(proposed_spec((28, 28, 1), 500, {"network": network}).learning_rate)
