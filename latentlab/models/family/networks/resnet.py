"""Residual encoder and decoder for larger images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from latentlab.base.options import option
from latentlab.models.family.layers import (
    Activation,
    Conv,
    Dropout,
    Flatten,
    GroupNorm,
    Layer,
    Linear,
    Residual,
    Unflatten,
    Upsample,
)
from latentlab.models.family.network import CodeSize, Network
from latentlab.models.family.networks.conv import halved_sizes
from latentlab.models.family.plan import Plan

_SMALLEST_PX = 16


@dataclass(frozen=True)
class ResNetOptions:
    """Channels of the levels."""

    levels: tuple[int, ...] = option(
        (32, 64, 128, 128),
        "Channels per level",
        "Channels of each level of the encoder: a convolution that halves height and width, then a "
        "residual block.",
        unit="channels",
        minimum=1,
        maximum=1024,
        min_length=1,
        max_length=8,
        advanced=True,
    )


class ResNet(Network):
    """Halving convolutions with a residual block at each level; GroupNorm throughout."""

    name = "resnet"
    title = "Residual"
    sentence = (
        "Residual blocks with group normalisation: deep enough for pictures of 64 to 128 pixels, "
        "the slowest on a CPU."
    )
    formula = "image → levels of (halving convolution, residual block) → code → the same in reverse"
    Options = ResNetOptions

    def plan(  # noqa: D102
        self,
        shape: tuple[int, int, int],
        code: CodeSize,
        options: Any,
        *,
        activation: str,
        dropout: float,
    ) -> Plan:
        levels: tuple[int, ...] = options.levels
        sizes = halved_sizes(shape, len(levels))
        last = (levels[-1], *sizes[-1])
        encoder: list[Layer] = []
        before = shape[2]
        for after in levels:
            encoder += [Conv(before, after, stride=2), Residual(after, after, activation)]
            before = after
        encoder += [GroupNorm(before), Activation(activation), Flatten()]
        if dropout:
            encoder.append(Dropout(dropout))
        encoder.append(Linear(math.prod(last), code.encoder_width))

        decoder: list[Layer] = [Linear(code.latent_dim, math.prod(last)), Unflatten(last)]
        for level, after in enumerate([*reversed(levels[:-1]), levels[0]]):
            decoder += [Residual(before, after, activation), Upsample(sizes[-2 - level])]
            before = after
        decoder += [GroupNorm(before), Activation(activation), Conv(before, shape[2])]
        return Plan(tuple(encoder), tuple(decoder), code.latent_dim)

    def problem(self, shape: tuple[int, int, int] | None, options: Any) -> str:  # noqa: D102
        if shape is not None and min(shape[:2]) < _SMALLEST_PX:
            return (
                f"The residual network needs images of at least {_SMALLEST_PX} pixels each way; "
                f"these have {shape[1]} × {shape[0]}. Use mlp or conv."
            )
        return ""
