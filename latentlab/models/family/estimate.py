"""What a training run will need: time, memory and disk, roughly and before it begins."""

from __future__ import annotations

import math
from dataclasses import dataclass

from latentlab.models.family.layers import Layer, Shape
from latentlab.models.family.plan import Plan
from latentlab.models.family.plans import plan_of
from latentlab.models.family.train_spec import TrainSpec

_PASSES = 3  # forward, and backward to the values and to the weights
_STATES = 4  # weights, gradients and Adam's two moments
_FLOAT_BYTES = 4
_BYTES_A_GFLOP = 0.06e9  # values moved while a core could compute so much
_LAYER_S = 60e-6  # of starting one layer, forward and backward
_MEASURING_SHARE = 0.08  # held-out images, and the map beside
# Of what a plain product of matrices reaches: convolutions are cut up, and batches are small.
_REACHED = {"mlp": 0.45, "conv": 0.45, "resnet": 0.35, "lstm": 0.2}


@dataclass(frozen=True)
class TrainEstimate:
    """What a run will need.

    Attributes
    ----------
    num_parameters
        Numbers that training adjusts.
    seconds
        On this machine's processor, ``None`` where its speed is not known.
    memory_bytes
        Images, weights with what Adam keeps of them, and what one batch leaves on its way.
    disk_bytes
        The packed images.
    """

    num_parameters: int
    seconds: float | None
    memory_bytes: int
    disk_bytes: int


def train_estimate(
    spec: TrainSpec, shape: tuple[int, int, int], num_images: int, gflops: float | None
) -> TrainEstimate:
    """Return what a run on images of a shape (height, width, channels) will need."""
    plan = plan_of(spec, shape)
    pixels = num_images * math.prod(shape)
    model = _STATES * _FLOAT_BYTES * plan.num_parameters()
    batch = min(spec.batch_size, max(1, num_images))
    values = 2 * _FLOAT_BYTES * batch * values_on_the_way(plan, shape)
    return TrainEstimate(
        plan.num_parameters(),
        None if gflops is None else training_seconds(spec, shape, num_images, gflops),
        pixels + model + values,
        pixels,
    )


def training_seconds(
    spec: TrainSpec, shape: tuple[int, int, int], num_images: int, gflops: float
) -> float:
    """Return how long a run takes, at ``gflops`` 10⁹ operations a second of float32 products."""
    plan = plan_of(spec, shape)
    images = max(1.0, num_images * (1 - spec.held_out))
    steps = math.ceil(images / spec.batch_size)
    work = 2 * _PASSES * plan.multiply_adds(shape) / (1e9 * gflops * _REACHED[spec.network])
    moved = _PASSES * _FLOAT_BYTES * values_on_the_way(plan, shape) / (_BYTES_A_GFLOP * gflops)
    starts = _LAYER_S * (len(plan.encoder) + len(plan.decoder))
    # Adam passes over all its numbers in each step.
    adam = 2 * _STATES * _FLOAT_BYTES * plan.num_parameters() / (_BYTES_A_GFLOP * gflops)
    epoch = images * (work + moved) + steps * (starts + adam)
    return spec.epochs * epoch * (1 + _MEASURING_SHARE)


def values_on_the_way(plan: Plan, shape: tuple[int, int, int]) -> int:
    """Return how many numbers all layers together give for one image (height, width, channels)."""
    total = 0
    ways: tuple[tuple[tuple[Layer, ...], Shape], ...] = (
        (plan.encoder, (shape[2], *shape[:2])),
        (plan.decoder, (plan.latent_dim,)),
    )
    for layers, at in ways:
        for layer in layers:
            at = layer.output_shape(at)  # noqa: PLW2901 - the shape walks along
            total += math.prod(at)
    return total
