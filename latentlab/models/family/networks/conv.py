"""Convolutional encoder and its mirror image as decoder, for any image size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from latentlab.base.options import option
from latentlab.models.family import layers
from latentlab.models.family.layers import Activation, Dropout, Flatten, Layer, Linear, Unflatten
from latentlab.models.family.network import CodeSize, Network
from latentlab.models.family.plan import Plan

_DENSE_UNITS = 128  # between the last convolution and a dense code


@dataclass(frozen=True)
class ConvOptions:
    """Channels, how the size is halved, and what the code is."""

    channels: tuple[int, ...] = option(
        (32, 64),
        "Channels",
        "Channels of each 3×3 convolution of the encoder; each halves height and width.",
        unit="channels",
        minimum=1,
        maximum=2048,
        min_length=1,
        max_length=8,
        advanced=True,
    )
    downsampling: str = option(
        "stride",
        "Downsampling",
        "How height and width are halved: by the step of the convolution, or by max-pooling after "
        "it; the decoder then has transposed convolutions, or upsampling and convolutions.",
        choices={"stride": "Stride", "pool": "Max-pooling"},
        advanced=True,
    )
    code: str = option(
        "dense",
        "Code",
        "What the code is: numbers behind dense layers, as many as the latent dimensions say, or "
        "the last feature map itself, as many as it has.",
        choices={"dense": "Dense", "map": "Feature map"},
        advanced=True,
    )


class Conv(Network):
    """3×3 convolutions, strided or pooled; the code is dense or the last feature map."""

    name = "conv"
    title = "Convolutional"
    sentence = "Convolutions: fewer weights and sharper local detail, slower on a CPU."
    formula = "image → 3×3 convolutions, each halving the size → code → the same in reverse"
    Options = ConvOptions

    def plan(  # noqa: D102
        self,
        shape: tuple[int, int, int],
        code: CodeSize,
        options: Any,
        *,
        activation: str,
        dropout: float,
    ) -> Plan:
        sizes = halved_sizes(shape, len(options.channels))
        is_map = options.code == "map"
        last = (options.channels[-1], *sizes[-1])
        flat = math.prod(last)
        latent_dim = flat if is_map else code.latent_dim
        encoder = self._down(shape[2], options, activation, code.numbers if is_map else 0)
        encoder.append(Flatten())
        decoder: list[Layer] = []
        if is_map:
            if dropout:
                encoder.append(Dropout(dropout))
        else:
            encoder += [Linear(flat, _DENSE_UNITS), Activation(activation)]
            if dropout:
                encoder.append(Dropout(dropout))
            encoder.append(Linear(_DENSE_UNITS, code.encoder_width))
            decoder += [
                Linear(latent_dim, _DENSE_UNITS),
                Activation(activation),
                Linear(_DENSE_UNITS, flat),
                Activation(activation),
            ]
        decoder.append(Unflatten(last))
        decoder += self._up(shape[2], sizes, options, activation)
        return Plan(tuple(encoder), tuple(decoder), latent_dim)

    @staticmethod
    def _down(
        image_channels: int, options: ConvOptions, activation: str, map_numbers: int
    ) -> list[Layer]:
        """Return the convolutions; a code that is the map has ``map_numbers`` for each value."""
        found: list[Layer] = []
        before = image_channels
        pooled = options.downsampling == "pool"
        for place, after in enumerate(options.channels):
            is_code = bool(map_numbers) and place == len(options.channels) - 1
            outputs = after * map_numbers if is_code else after
            found.append(layers.Conv(before, outputs, stride=1 if pooled else 2))
            # Mean and log-variance must be free to be negative; a plain map is activated as usual.
            if not (is_code and map_numbers > 1):
                found.append(Activation(activation))
            if pooled:
                found.append(layers.MaxPool())
            before = after
        return found

    @staticmethod
    def _up(
        image_channels: int,
        sizes: list[tuple[int, int]],
        options: ConvOptions,
        activation: str,
    ) -> list[Layer]:
        found: list[Layer] = []
        channels = options.channels
        if options.downsampling == "pool":
            before = channels[-1]
            for level, after in enumerate(reversed(channels)):
                found += [
                    layers.Conv(before, after),
                    Activation(activation),
                    layers.Upsample(sizes[-2 - level]),
                ]
                before = after
        else:
            for level, after in enumerate([*reversed(channels[:-1]), channels[0]]):
                found += [
                    layers.TransposedConv(
                        channels[-1 - level], after, sizes[-2 - level], sizes[-1 - level]
                    ),
                    Activation(activation),
                ]
        found.append(layers.Conv(channels[0], image_channels))
        return found


def halved_sizes(shape: tuple[int, int, int], times: int) -> list[tuple[int, int]]:
    """Return (height, width) before and after each halving, rounding up."""
    sizes = [shape[:2]]
    for _ in range(times):
        h, w = sizes[-1]
        sizes.append(((h + 1) // 2, (w + 1) // 2))
    return sizes
