"""Settings by name, from the introductory literature and from experience."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latentlab.models.family.command_line import same_run
from latentlab.models.family.train_spec import TrainSpec

# What a preset has unless it says otherwise stays the same when the usual settings become better:
# it repeats published runs and bundled models.
_BASE: Mapping[str, Any] = {"learning_rate": 1e-3, "batch_size": 128, "epochs": 30}


@dataclass(frozen=True)
class Preset:
    """A named set of changes to the usual settings.

    Attributes
    ----------
    title, sentence
        A short name, and what it is for.
    changes
        Fields of ``TrainSpec`` and their values, beside :data:`_BASE` and the usual ones.
    """

    title: str
    sentence: str
    changes: Mapping[str, Any]

    def spec(self, data: str = TrainSpec().data) -> TrainSpec:
        """Return the settings."""
        return dataclasses.replace(TrainSpec(), data=data, **{**_BASE, **self.changes})


PRESETS: dict[str, Preset] = {
    "digits-map": Preset(
        "Digits map",
        "The variational autoencoder with a 2-D code that comes with the program.",
        {
            "hidden": (512, 256, 256, 128),
            "epochs": 160,
            "learning_rate": 0.003,
            "shift": 0.5,
            "rotation": 5.0,
            "scaling": 0.05,
            "ema": 0.999,
        },
    ),
    "mlp-400-20": Preset(
        "MLP 784-400-20",
        "The variational autoencoder of the best known example program: one hidden layer of 400.",
        {
            "hidden": (400,),
            "activation": "relu",
            "latent_dim": 20,
            "epochs": 10,
            "schedule": "constant",
        },
    ),
    "conv-2d": Preset(
        "Convolutional, 2-D code",
        "Strided convolutions of 32 and 64 channels and a 2-D code, as in a widely read tutorial.",
        {
            "network": "conv",
            "channels": (32, 64),
            "activation": "relu",
            "epochs": 30,
            "schedule": "constant",
        },
    ),
    "deep-784": Preset(
        "Deep 784-2000-500-500-10",
        "A deep undercomplete autoencoder with a sigmoid code of ten numbers.",
        {
            "objective": "undercomplete",
            "hidden": (2000, 500, 500),
            "activation": "relu",
            "latent_dim": 10,
            "code_activation": "sigmoid",
        },
    ),
    "conv-64-32-16": Preset(
        "Convolutional 64-32-16",
        "A denoising autoencoder of 3×3 convolutions with max-pooling, whose code is the last "
        "feature map.",
        {
            "objective": "denoising",
            "network": "conv",
            "channels": (64, 32, 16),
            "downsampling": "pool",
            "code": "map",
            "activation": "relu",
        },
    ),
    "contractive-one-layer": Preset(
        "Contractive, one layer",
        "One sigmoid layer of 256 units with the contractive penalty, as first published.",
        {
            "objective": "contractive",
            "hidden": (),
            "latent_dim": 256,
            "code_activation": "sigmoid",
            "contraction": 1.0,
            "learning_rate": 0.01,
        },
    ),
    "sparse-dictionary": Preset(
        "Sparse dictionary",
        "One layer of 1,024 units of which 16 are active for an image: an overcomplete code of "
        "strokes.",
        {
            "objective": "sparse-topk",
            "hidden": (),
            "latent_dim": 1024,
            "k": 16,
        },
    ),
}


def preset_of(spec: TrainSpec) -> str:
    """Return the name of the preset that settings are, empty for none."""
    return next((n for n, p in PRESETS.items() if same_run(p.spec(spec.data), spec)), "")
