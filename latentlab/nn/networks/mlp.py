"""Fully connected encoder and decoder."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn


def build_mlp(
    shape: tuple[int, int, int],
    *,
    code_width: int,
    latent_dim: int,
    dropout: float = 0.0,
    hidden: Sequence[int] = (512, 256, 128),
) -> tuple[nn.Module, nn.Module]:
    """Return encoder and decoder with SiLU layers; the decoder has the widths in reverse.

    Parameters
    ----------
    shape
        (height, width, channels) of the images.
    code_width
        Outputs of the encoder: ``latent_dim``, or twice that for a mean and a log-variance.
    latent_dim
        Inputs of the decoder.
    dropout
        Share of hidden units of the encoder left out in training.
    hidden
        Units of the encoder's hidden layers.
    """
    height, width, channels = shape
    pixels = height * width * channels
    encoder: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in itertools.pairwise([pixels, *hidden]):
        encoder += [nn.Linear(inputs, outputs), nn.SiLU()]
        if dropout:
            encoder.append(nn.Dropout(dropout))
    encoder.append(nn.Linear(hidden[-1], code_width))

    decoder: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise([latent_dim, *reversed(hidden)]):
        decoder += [nn.Linear(inputs, outputs), nn.SiLU()]
    decoder += [nn.Linear(hidden[0], pixels), nn.Unflatten(1, (channels, height, width))]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)
