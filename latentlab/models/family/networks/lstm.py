"""A recurrent encoder and decoder that read and write an image row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from latentlab.base.options import option
from latentlab.models.family import layers
from latentlab.models.family.layers import (
    Activation,
    Dropout,
    Layer,
    Linear,
    RepeatSteps,
    RowsAsSequence,
    SequenceAsRows,
)
from latentlab.models.family.network import CodeSize, Network
from latentlab.models.family.plan import Plan


@dataclass(frozen=True)
class LstmOptions:
    """Units of the memory."""

    units: int = option(
        128,
        "LSTM units",
        "Size of the memory that is carried from row to row.",
        unit="units",
        minimum=1,
        maximum=4096,
        advanced=True,
    )


class Lstm(Network):
    """One LSTM reads the rows, another writes them from the repeated code (Srivastava 2015)."""

    name = "lstm"
    title = "LSTM"
    sentence = "Reads each image as a sequence of rows: for seeing what a recurrent code keeps."
    formula = "rows → LSTM → last state → code → repeated for each row → LSTM → rows"
    Options = LstmOptions
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
        row, units = width * channels, options.units
        encoder: list[Layer] = [RowsAsSequence(), layers.Lstm(row, units, last_only=True)]
        if dropout:
            encoder.append(Dropout(dropout))
        encoder.append(Linear(units, code.encoder_width))
        decoder = (
            Linear(code.latent_dim, units),
            Activation(activation),
            RepeatSteps(height),
            layers.Lstm(units, units),
            Linear(units, row),
            SequenceAsRows((channels, height, width)),
        )
        return Plan(tuple(encoder), decoder, code.latent_dim)
