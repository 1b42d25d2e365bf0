"""Settings for a denoiser of the open images, trained in the background while people watch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from latentlab.features.noise_lab.messages import NoiseSteps
from latentlab.images.corruptions import CORRUPTIONS, MIXED
from latentlab.models.family.proposal import proposed_spec
from latentlab.models.family.train_spec import TrainSpec

_USUAL_STEPS = 3_000
_MOST_EPOCHS = 100
_FEWEST_CONV_PX = 8
_SMALL_PX = 32
# Noise is enough to hold back over-fitting.
_GENTLE: Mapping[str, Any] = {
    "learning_rate": 1e-3,
    "adam_beta2": 0.999,
    "weight_decay": 0.0,
    "shift": 0.0,
    "scaling": 0.0,
    "edges": "black",
}


def denoiser_spec(
    shape: tuple[int, int, int], num_images: int, corruption: NoiseSteps
) -> TrainSpec:
    """Return settings that give a denoiser of one corruption, or of mixed ones for a stack.

    Light noise needs a wide code that keeps details in their place, so the code is the feature map
    of a few convolutions; images of less than 8 pixels get a fully connected network.

    Parameters
    ----------
    shape
        (height, width, channels) of the images.
    num_images
        How many there are.
    corruption
        What is to be undone. One of amount 0 counts with its usual amount.
    """
    base = proposed_spec(shape, num_images, {"objective": "denoising", **_GENTLE})
    changes: dict[str, Any] = {"corruption": MIXED, "amount": 1.0}
    if len(corruption) == 1:
        name, amount = corruption[0]
        usual = CORRUPTIONS[name].default_amount
        changes |= {"corruption": name, "amount": amount if amount > 0 else usual}
    side = max(shape[:2])
    if min(shape[:2]) >= _FEWEST_CONV_PX:
        channels = (32, 64) if side <= _SMALL_PX else (32, 64, 64)
        changes |= {"network": "conv", "channels": channels, "code": "map"}
        changes["learning_rate"] = 3e-3 if side <= _SMALL_PX else 1e-3
    else:
        changes |= {"network": "mlp"}
    steps_per_epoch = max(1, -(-num_images // base.batch_size))
    changes["epochs"] = min(max(1, round(_USUAL_STEPS / steps_per_epoch)), _MOST_EPOCHS)
    spec = dataclasses.replace(base, **changes)
    spec.validate(shape)
    return spec
