"""Fully connected encoder and decoder."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from latentlab.base.options import option
from latentlab.models.family.layers import Activation, Dropout, Flatten, Layer, Linear, Unflatten
from latentlab.models.family.network import CodeSize, Network
from latentlab.models.family.plan import Plan


@dataclass(frozen=True)
class MlpOptions:
    """Widths of the hidden layers."""

    hidden: tuple[int, ...] = option(
        (512, 256, 128),
        "Hidden widths",
        "Units of each hidden layer of the encoder; the decoder has them in reverse. None at all "
        "makes encoder and decoder one layer each.",
        unit="units",
        minimum=1,
        maximum=16_384,
        max_length=32,
        advanced=True,
    )


class Mlp(Network):
    """Any widths; the decoder has them in reverse."""

    name = "mlp"
    title = "MLP"
    sentence = "Fully connected layers: fast on a CPU, best for small images."
    formula = "pixels → widths → code → widths reversed → pixels"
    Options = MlpOptions
    channels_last = False

    def plan(  # noqa: D102
        self,
        shape: tuple[int, int, int],
        code: CodeSize,
        options: Any,
        *,
        activation: str,
        dropout: float,
    ) -> Plan:
        height, width, channels = shape
        pixels = height * width * channels
        hidden = options.hidden
        encoder: list[Layer] = [Flatten()]
        for inputs, outputs in itertools.pairwise([pixels, *hidden]):
            encoder += [Linear(inputs, outputs), Activation(activation)]
            if dropout:
                encoder.append(Dropout(dropout))
        encoder.append(Linear((pixels, *hidden)[-1], code.encoder_width))

        decoder: list[Layer] = []
        for inputs, outputs in itertools.pairwise([code.latent_dim, *reversed(hidden)]):
            decoder += [Linear(inputs, outputs), Activation(activation)]
        last = hidden[0] if hidden else code.latent_dim
        decoder += [Linear(last, pixels), Unflatten((channels, height, width))]
        return Plan(tuple(encoder), tuple(decoder), code.latent_dim)
