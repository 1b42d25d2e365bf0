"""Strided convolutional encoder and its mirror image as decoder, for any image size."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

_DENSE_UNITS = 128  # between the last convolution and the code


def build_conv(
    shape: tuple[int, int, int],
    *,
    code_width: int,
    latent_dim: int,
    dropout: float = 0.0,
    channels: Sequence[int] = (32, 64),
) -> tuple[nn.Module, nn.Module]:
    """Return encoder and decoder with SiLU layers.

    Each 3×3 convolution of stride 2 halves height and width, rounding up; each transposed
    convolution of the decoder returns to exactly the size before.

    Parameters
    ----------
    shape
        (height, width, channels) of the images.
    code_width
        Outputs of the encoder: ``latent_dim``, or twice that for a mean and a log-variance.
    latent_dim
        Inputs of the decoder.
    dropout
        Share of units of the encoder's dense layer left out in training.
    channels
        Channels after each convolution of the encoder.
    """
    height, width, image_channels = shape
    sizes = [(height, width)]
    for _ in channels:
        h, w = sizes[-1]
        sizes.append(((h + 1) // 2, (w + 1) // 2))

    encoder: list[nn.Module] = []
    before = image_channels
    for after in channels:
        encoder += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.SiLU()]
        before = after
    h, w = sizes[-1]
    flat = channels[-1] * h * w
    encoder += [nn.Flatten(), nn.Linear(flat, _DENSE_UNITS), nn.SiLU()]
    if dropout:
        encoder.append(nn.Dropout(dropout))
    encoder.append(nn.Linear(_DENSE_UNITS, code_width))

    decoder: list[nn.Module] = [
        nn.Linear(latent_dim, _DENSE_UNITS),
        nn.SiLU(),
        nn.Linear(_DENSE_UNITS, flat),
        nn.SiLU(),
        nn.Unflatten(1, (channels[-1], h, w)),
    ]
    outputs = [*reversed(channels[:-1]), channels[0]]
    for level, after in enumerate(outputs):
        small, large = sizes[-1 - level], sizes[-2 - level]
        before = channels[-1 - level]
        padding = (large[0] - 2 * small[0] + 1, large[1] - 2 * small[1] + 1)
        decoder += [
            nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=padding),
            nn.SiLU(),
        ]
    decoder.append(nn.Conv2d(channels[0], image_channels, 3, padding=1))
    return nn.Sequential(*encoder), nn.Sequential(*decoder)
