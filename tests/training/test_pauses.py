"""Something else is computed between the layers of a network in training, and changes nothing."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.inference import posterior_of
from latentlab.training.pauses import Pauses
from latentlab.training.run import TrainingRun


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.SiLU(), nn.Sequential(nn.Linear(8, 4), nn.SiLU()))


def test_there_is_a_pause_after_each_layer_forwards_and_backwards() -> None:
    net, pauses, count = network(), Pauses(), 0

    def pause() -> None:
        nonlocal count
        count += 1

    pauses.pause = pause
    with pauses.between_layers(net, is_watched=True):
        out = net(torch.ones(3, 6))
        assert count == 4
        out.sum().backward()
    assert count == 8
    assert pauses.longest_s > 0
    net(torch.ones(3, 6)).sum().backward()
    assert count == 8, "the hooks are gone"


def test_without_anybody_waiting_nothing_is_called() -> None:
    net, pauses = network(), Pauses()
    pauses.pause = lambda: pytest.fail("nobody waits")
    with pauses.between_layers(net, is_watched=False):
        net(torch.ones(3, 6)).sum().backward()


def test_a_long_step_has_pauses_although_nobody_waits_yet() -> None:
    net, pauses, calls = network(), Pauses(), list[int]()
    for step_s, expected in ((0.005, 0), (0.1, 4), (None, 0)):
        calls.clear()
        pauses.pause = lambda: calls.append(1)
        with pauses.between_layers(net, is_watched=False, step_s=step_s):
            net(torch.ones(3, 6))
        assert len(calls) == expected


def test_the_network_may_be_used_in_a_pause_and_gradients_stay_the_same() -> None:
    net, pauses = network(), Pauses()
    alone = copy.deepcopy(net)
    x = torch.randn(5, 6)
    alone(x).square().sum().backward()

    def pause() -> None:
        with torch.inference_mode():
            net(torch.zeros(2, 6))

    pauses.pause = pause
    with pauses.between_layers(net, is_watched=True):
        net(x).square().sum().backward()
    for mine, other in zip(net.parameters(), alone.parameters(), strict=True):
        assert mine.grad is not None and other.grad is not None
        assert torch.equal(mine.grad, other.grad)


def test_what_fails_in_a_pause_leaves_no_hooks() -> None:
    net, pauses = network(), Pauses()

    def pause() -> None:
        raise ValueError("no")

    pauses.pause = pause
    with pytest.raises(ValueError, match="no"), pauses.between_layers(net, is_watched=True):
        net(torch.ones(1, 6))
    net(torch.ones(1, 6))
    assert copy.deepcopy(net) is not net


@pytest.mark.parametrize(
    "settings", [{}, {"network": "conv", "channels": (3, 4)}, {"dropout": 0.5}]
)
@pytest.mark.parametrize("objective", ["variational", "contractive", "sparse-topk", "tcvae"])
def test_a_run_that_decodes_in_between_is_the_same_run(objective: str, settings: dict) -> None:  # type: ignore[type-arg]
    pixels = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), np.uint8)
    spec = TrainSpec(objective=objective, k=1, hidden=(8,), epochs=2, batch_size=20, **settings)

    def weights(*, pausing: bool) -> tuple[list[torch.Tensor], int]:
        count = 0
        run = TrainingRun(
            spec,
            ImageSet("noise", "Noise", pixels),
            device=torch.device("cpu"),
            threads=1,
            micro_batch=lambda: 20 if pausing else None,
        )

        def decode() -> None:
            nonlocal count
            count += 1
            with torch.inference_mode():
                z = posterior_of(run.model, torch.zeros(1, 1, 8, 8)).mu
                run.model.decode_mean(z)

        run.pauses.pause = decode
        for _ in run.run():
            pass
        return [p.detach().clone() for p in run.model.parameters()], count

    (plain, none), (paused, some) = weights(pausing=False), weights(pausing=True)
    assert none == 0 and some > 0
    assert all(torch.equal(a, b) for a, b in zip(plain, paused, strict=True))
