"""What a run will need follows from its network, its images and the machine."""

from __future__ import annotations

import dataclasses

import pytest

from latentlab.models.family.estimate import train_estimate, training_seconds, values_on_the_way
from latentlab.models.family.plans import plan_of
from latentlab.models.family.train_spec import TrainSpec

SHAPE = (8, 6, 1)
SMALL = TrainSpec(hidden=(10,), latent_dim=3, batch_size=20, epochs=5)


def test_the_numbers_on_the_way_are_those_of_all_layers() -> None:
    # flatten 48, dense 10, SiLU 10, mean and log-variance 6; dense 10, SiLU 10, dense 48, image 48
    assert values_on_the_way(plan_of(SMALL, SHAPE), SHAPE) == 48 + 10 + 10 + 6 + 10 + 10 + 48 + 48


def test_parameters_memory_and_disk() -> None:
    found = train_estimate(SMALL, SHAPE, 100, None)
    parameters = 49 * 10 + 11 * 6 + 4 * 10 + 11 * 48
    assert found.num_parameters == parameters
    assert found.disk_bytes == 100 * 48
    assert found.memory_bytes == 100 * 48 + 16 * parameters + 8 * 20 * 190
    assert found.seconds is None


def test_time_grows_with_epochs_images_and_a_slower_machine() -> None:
    one = training_seconds(SMALL, SHAPE, 1000, 100.0)
    twice = dataclasses.replace(SMALL, epochs=10)
    assert training_seconds(twice, SHAPE, 1000, 100.0) == pytest.approx(2 * one)
    assert training_seconds(SMALL, SHAPE, 4000, 100.0) > 2 * one
    assert training_seconds(SMALL, SHAPE, 1000, 10.0) > one
    assert train_estimate(SMALL, SHAPE, 1000, 100.0).seconds == one


@pytest.mark.parametrize("network", ["mlp", "conv", "resnet", "lstm"])
def test_every_network_has_an_estimate(network: str) -> None:
    spec = TrainSpec(network=network)
    found = train_estimate(spec, (32, 32, 3), 1000, 50.0)
    assert found.seconds is not None and 0 < found.seconds < 24 * 3600
    assert found.memory_bytes > found.disk_bytes > 0
