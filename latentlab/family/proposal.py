"""Settings to begin with for pictures that nobody has trained on yet."""

from __future__ import annotations

import dataclasses
from typing import Any

from latentlab.family.estimate import training_seconds
from latentlab.family.train_spec import TrainSpec

_SMALL_PX = 32
_LARGE_PX = 96
_STRIP_PX = 8
_CONV_MAP_PX, _RESNET_MAP_PX = 4, 8  # sides of the last feature map, at most
_USUAL_STEPS = 8_000
_MOST_EPOCHS = 400
_BATCHES = ((256, 100_000), (128, 4_000), (64, 1_000), (32, 200), (16, 0))
_WIDTHS = (32, 64, 128, 128, 128, 128, 128)
_PATIENCE_S = 20 * 60.0


def proposed_spec(
    shape: tuple[int, int, int], num_images: int, gflops: float | None = None
) -> TrainSpec:
    """Return settings that give a sensible first model of pictures of one's own.

    Small grey pictures get a fully connected network with a 2-D code, which the map shows whole;
    colour and larger ones get convolutions, from 96 pixels on with residual blocks, and a wider
    code. There are about 8,000 steps, fewer where they would take longer than people wait.

    Parameters
    ----------
    shape
        (height, width, channels) of the images.
    num_images
        How many there are.
    gflops
        What the machine computes, in 10⁹ operations a second; ``None`` if unknown.
    """
    height, width, channels = shape
    changes: dict[str, Any] = {"batch_size": _batch_size(num_images)}
    is_small = max(height, width) <= _SMALL_PX
    if is_small and channels == 1:
        changes |= {"network": "mlp"}
    elif min(height, width) < _STRIP_PX:
        # A strip would be one pixel wide after three halvings.
        changes |= {"network": "mlp", "latent_dim": 16}
    elif min(height, width) >= _LARGE_PX:
        widths = _widths(shape, _RESNET_MAP_PX)
        changes |= {"network": "resnet", "latent_dim": 32, "levels": widths}
    else:
        widths = _widths(shape, _CONV_MAP_PX)
        changes |= {"network": "conv", "latent_dim": 16 if is_small else 32, "channels": widths}
    if channels == 3:
        # BCE says little about colours, and a fixed σ would have to be guessed.
        changes["likelihood"] = "gaussian-optimal"
    # No code wider than its image.
    changes["latent_dim"] = min(changes.get("latent_dim", 2), height * width * channels)
    spec = dataclasses.replace(TrainSpec(), **changes)
    steps = -(-num_images // spec.batch_size)
    epochs = min(max(1, round(_USUAL_STEPS / max(1, steps))), _MOST_EPOCHS)
    if gflops is not None:
        one_s = training_seconds(dataclasses.replace(spec, epochs=1), shape, num_images, gflops)
        epochs = max(1, min(epochs, int(_PATIENCE_S / one_s)))
    spec = dataclasses.replace(spec, epochs=epochs)
    spec.validate(shape)
    return spec


def _batch_size(num_images: int) -> int:
    """Return more images per step where there are many: small sets need the noise of small ones."""
    return next(size for size, least in _BATCHES if num_images >= least)


def _widths(shape: tuple[int, int, int], map_px: int) -> tuple[int, ...]:
    """Return the channels of as many halvings as leave a map of at most ``map_px`` a side."""
    side, times = max(shape[:2]), 0
    while side > map_px and times < len(_WIDTHS):
        side, times = (side + 1) // 2, times + 1
    return _WIDTHS[: max(2, times)]
