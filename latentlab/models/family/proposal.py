"""The one recommendation: settings for images that nobody has trained on yet.

The window's form, the import view, ``latentlab train`` and ``latentlab data info`` all take it from
here. It depends on the images (size, channels, number) and on what the user has chosen already, and
on nothing else, so that the same command means the same run on every machine.
``benchmarks/defaults.py`` measures it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from latentlab.base.options import applicable, options_of
from latentlab.models.family.estimate import training_seconds
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.models.family.train_spec import TrainSpec, usual_spec

MIN_IMAGES = 200
"""With fewer images than these a network learns them by heart."""

SELECTORS = ("objective", "network", "likelihood", "code")
"""Options that decide what suits the others."""

NOTHING_CHOSEN: Mapping[str, Any] = MappingProxyType({})

_SMALL_PX = 32
_LARGE_PX = 96
_STRIP_PX = 8
_CONV_MAP_PX, _RESNET_MAP_PX = 4, 8  # sides of the last feature map, at most
_WIDTHS = (32, 64, 128, 128, 128, 128, 128)
_MANY = 4_000
_BATCHES = ((96, _MANY), (64, 1_000), (32, 200), (16, 0))
# Adam's highest step size, and its memory of gradients, by network.
_LEARNING_RATES = {"mlp": 8e-3, "conv": 2e-3, "resnet": 1e-3, "lstm": 3e-3}
_ADAM_BETA2 = 0.99
# What else suits a fully connected network; for the others it is not measured.
_MLP = MappingProxyType({"hidden": (384, 256, 128), "weight_decay": 0.1, "warm_up": 0.2})
_USUAL_STEPS, _MLP_STEPS = 3_000, 2_100
_PARTS_OF_A_SHIFT, _MAX_SHIFT_PX = 8, 16.0
_GREY_PX = 28  # the side of images that were moved by 1 px, or half of that
_MIN_EPOCHS, _MAX_EPOCHS = 30, 300
# What a usual processor computes, in 10⁹ operations a second, and how long it may train.
_USUAL_GFLOPS = 100.0
_PATIENCE_S = 15 * 60.0


def proposed_spec(
    shape: tuple[int, int, int],
    num_images: int,
    chosen: Mapping[str, Any] = NOTHING_CHOSEN,
) -> TrainSpec:
    """Return settings that give a sensible first model of some images.

    Small grey images get a fully connected network with a 2-D code, which the map shows whole;
    colour and larger ones get convolutions, from 96 pixels on with residual blocks, and a wider
    code. The number of epochs follows from the number of images, and is smaller where a usual
    processor would need more than a quarter of an hour.

    Parameters
    ----------
    shape
        (height, width, channels) of the images.
    num_images
        How many there are.
    chosen
        Options that are settled, by name: they stay as they are, and where they choose an
        objective, a network or a likelihood, the others follow what suits that one. Whether they
        fit together is not checked.
    """
    objective = OBJECTIVES[chosen.get("objective", TrainSpec().objective)]
    network = _chosen_network(chosen) or _network(shape)
    changes: dict[str, Any] = {
        "network": network,
        "latent_dim": _latent_dim(shape),
        "batch_size": _batch_size(num_images),
        "learning_rate": _LEARNING_RATES[network],
        "adam_beta2": _ADAM_BETA2,
        # BCE says little about colours, and a fixed σ would have to be guessed.
        "likelihood": "gaussian-optimal" if shape[2] == 3 else "bernoulli",
    }
    changes |= _moved(shape, num_images, network)
    if network == "mlp":
        changes |= _MLP
    elif network == "conv":
        changes["channels"] = _widths(shape, _CONV_MAP_PX)
    elif network == "resnet":
        changes["levels"] = _widths(shape, _RESNET_MAP_PX)
    changes |= objective.suggests
    if not objective.allows_overcomplete:
        changes["latent_dim"] = min(changes["latent_dim"], math.prod(shape))
    changes["batch_size"] = max(changes["batch_size"], objective.min_batch)
    spec = dataclasses.replace(usual_spec(objective.name), **{**changes, **chosen})
    # The number of epochs does not follow a batch size that was chosen.
    usual = dataclasses.replace(spec, batch_size=changes["batch_size"])
    changes["epochs"] = _epochs(usual, shape, num_images)
    meaningful = applicable(spec)
    suited = {name: value for name, value in changes.items() if name in meaningful}
    return dataclasses.replace(usual_spec(objective.name), **{**suited, **chosen})


def changed_options(spec: TrainSpec, before: TrainSpec) -> dict[str, Any]:
    """Return the options, by name, in which settings differ from others; the data do not count."""
    return {
        opt.name: getattr(spec, opt.name)
        for opt in options_of(TrainSpec)
        if opt.name != "data" and getattr(spec, opt.name) != getattr(before, opt.name)
    }


def suited(
    before: TrainSpec, after: TrainSpec, images: tuple[tuple[int, int, int], int] | None
) -> TrainSpec:
    """Return edited settings with what suits another objective, network or likelihood.

    Only what still had the recommended value beside the old choice gets the one beside the new.

    Parameters
    ----------
    before, after
        The settings before and after an edit.
    images
        Shape (height, width, channels) and number of the images, ``None`` where none are open.
    """
    if all(getattr(before, name) == getattr(after, name) for name in SELECTORS):
        return after
    was, now = (_beside(spec, images) for spec in (before, after))
    moved = {
        name: value
        for name, value in changed_options(now, was).items()
        if name not in SELECTORS and getattr(after, name) == getattr(was, name)
    }
    return dataclasses.replace(after, **moved)


def _beside(spec: TrainSpec, images: tuple[tuple[int, int, int], int] | None) -> TrainSpec:
    """Return what is recommended beside the choices of some settings."""
    chosen = {name: getattr(spec, name) for name in SELECTORS}
    if images is None:
        return dataclasses.replace(usual_spec(spec.objective), **chosen)
    return proposed_spec(*images, chosen)


def too_few(num_images: int) -> str:
    """Return a sentence that warns of too few images, empty where there are enough."""
    if num_images >= MIN_IMAGES:
        return ""
    return (
        f"Only {num_images:,} image{'' if num_images == 1 else 's'}: too few, a model will "
        f"memorise them. Use at least {MIN_IMAGES:,}."
    )


def _chosen_network(chosen: Mapping[str, Any]) -> str:
    """Return the network that is chosen, be it by an option that only one has; else empty."""
    if "network" in chosen:
        return str(chosen["network"])
    own = (opt.only_for.get("network", ()) for opt in options_of(TrainSpec) if opt.name in chosen)
    return next((names[0] for names in own if len(names) == 1), "")


def _network(shape: tuple[int, int, int]) -> str:
    small, large = min(shape[:2]), max(shape[:2])
    # A strip would be one pixel wide after three halvings.
    if small < _STRIP_PX or (large <= _SMALL_PX and shape[2] == 1):
        return "mlp"
    return "resnet" if small >= _LARGE_PX else "conv"


def _latent_dim(shape: tuple[int, int, int]) -> int:
    small, large = min(shape[:2]), max(shape[:2])
    if large <= _SMALL_PX and shape[2] == 1:
        return 2
    return 16 if small < _STRIP_PX or large <= _SMALL_PX else 32


def _moved(shape: tuple[int, int, int], num_images: int, network: str) -> dict[str, Any]:
    """Return small changes of the training images, where they pay.

    Without them a few thousand colour images, or a thousand grey ones, are learnt by heart before
    what they share is.
    """
    small = min(shape[:2])
    if shape[2] == 3 and network != "mlp":
        shift_px = min(small / _PARTS_OF_A_SHIFT, _MAX_SHIFT_PX)
        return {"shift": round(shift_px, 1), "scaling": 0.15, "edges": "repeat"}
    if shape[2] == 1 and small >= _STRIP_PX:
        # Of many images less is learnt by heart, and the usual epochs are over sooner.
        degrees, scaling, px = (5.0, 0.05, 1.0) if num_images < _MANY else (3.0, 0.03, 0.5)
        shift_px = min(px * small / _GREY_PX, _MAX_SHIFT_PX)
        return {
            "shift": round(shift_px, 1),
            "rotation": degrees,
            "scaling": scaling,
            "edges": "repeat",
        }
    return {}


def _epochs(spec: TrainSpec, shape: tuple[int, int, int], num_images: int) -> int:
    steps_per_epoch = max(1, math.ceil(num_images * (1 - spec.held_out) / spec.batch_size))
    usual = _MLP_STEPS if spec.network == "mlp" else _USUAL_STEPS
    wanted = min(max(_MIN_EPOCHS, round(usual / steps_per_epoch)), _MAX_EPOCHS)
    once = dataclasses.replace(spec, epochs=1)
    affordable = _PATIENCE_S / training_seconds(once, shape, num_images, _USUAL_GFLOPS)
    return max(1, min(wanted, int(affordable)))


def _batch_size(num_images: int) -> int:
    """Return more images per step where there are many: small sets need the noise of small ones."""
    return next(size for size, least in _BATCHES if num_images >= least)


def _widths(shape: tuple[int, int, int], map_px: int) -> tuple[int, ...]:
    """Return the channels of as many halvings as leave a map of at most ``map_px`` a side."""
    side, times = max(shape[:2]), 0
    while side > map_px and times < len(_WIDTHS):
        side, times = (side + 1) // 2, times + 1
    return _WIDTHS[: max(2, times)]
