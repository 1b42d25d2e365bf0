"""What a training run was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.core.errors import UsageError
from latentlab.core.family import LIKELIHOODS, NETWORKS, OBJECTIVES, choices
from latentlab.core.options import check, option


@dataclass(frozen=True)
class TrainSpec:
    """Settings of one training run: the window's form and ``latentlab train`` are built from it."""

    data: str = option(
        "digits",
        "Data",
        "The image set to train on: a bundled name or a path. In the window it is what is open.",
    )
    objective: str = option(
        "variational",
        "Objective",
        "What the autoencoder is trained for, beyond rebuilding its input.",
        choices=choices(OBJECTIVES),
    )
    network: str = option(
        "mlp",
        "Network",
        "The kind of layers of encoder and decoder.",
        choices=choices(NETWORKS),
    )
    latent_dim: int = option(
        2,
        "Latent dimensions",
        "How many numbers the code has; with 2 the map shows all of it.",
        minimum=1,
        maximum=512,
    )
    beta: float = option(
        1.0,
        "β (KL weight)",
        "Weight of the KL term: above 1 smoother and blurrier, below 1 sharper with more holes.",
        minimum=0.0,
        maximum=100.0,
        decimals=2,
        only_for={"objective": ("variational",)},
    )
    epochs: int = option(
        30,
        "Epochs",
        "How often training goes through all training images.",
        unit="passes",
        minimum=1,
        maximum=100_000,
    )
    batch_size: int = option(
        128,
        "Batch size",
        "Images per optimiser step.",
        unit="images",
        minimum=1,
        maximum=65_536,
    )
    learning_rate: float = option(
        1e-3,
        "Learning rate",
        "Step size of Adam at its highest.",
        minimum=1e-7,
        maximum=1.0,
        decimals=6,
    )
    seed: int = option(
        0,
        "Seed",
        "Start of all random numbers: the same seed gives the same run.",
        minimum=0,
        maximum=2**31 - 1,
    )
    hidden: tuple[int, ...] = option(
        (512, 256, 128),
        "Hidden widths",
        "Units of each hidden layer of the encoder; the decoder has them in reverse.",
        unit="units",
        minimum=1,
        maximum=16_384,
        only_for={"network": ("mlp",)},
        advanced=True,
    )
    channels: tuple[int, ...] = option(
        (32, 64),
        "Channels",
        "Channels of each convolution of the encoder; each halves height and width.",
        unit="channels",
        minimum=1,
        maximum=2048,
        only_for={"network": ("conv",)},
        advanced=True,
    )
    likelihood: str = option(
        "bernoulli",
        "Likelihood",
        "How the difference between image and reconstruction is counted.",
        choices=choices(LIKELIHOODS),
        advanced=True,
    )
    schedule: str = option(
        "cosine",
        "Schedule",
        "How the learning rate moves: down to zero along half a cosine, or not at all.",
        choices={"cosine": "Cosine", "constant": "Constant"},
        advanced=True,
    )
    dropout: float = option(
        0.0,
        "Encoder dropout",
        "Share of hidden units of the encoder left out at random in each step; holds back "
        "over-fitting on small data sets.",
        minimum=0.0,
        maximum=0.9,
        decimals=2,
        advanced=True,
    )
    shift: float = option(
        0.0,
        "Random shift",
        "Training images are moved by up to this many pixels, anew in each step.",
        unit="px",
        minimum=0.0,
        maximum=64.0,
        decimals=1,
        advanced=True,
    )
    rotation: float = option(
        0.0,
        "Random rotation",
        "Training images are turned by up to this angle, anew in each step.",
        unit="°",
        minimum=0.0,
        maximum=180.0,
        decimals=1,
        advanced=True,
    )
    scaling: float = option(
        0.0,
        "Random scaling",
        "Training images are scaled by up to this share up or down, anew in each step.",
        minimum=0.0,
        maximum=0.5,
        decimals=2,
        advanced=True,
    )
    weight_decay: float = option(
        0.0,
        "Weight decay",
        "Pull of all weights towards zero (AdamW).",
        minimum=0.0,
        maximum=10.0,
        decimals=4,
        advanced=True,
    )
    ema: float = option(
        0.0,
        "Weight averaging",
        "Decay per step of an exponential moving average of the weights, which is what is "
        "measured and kept; 0 turns it off.",
        minimum=0.0,
        maximum=0.99999,
        decimals=5,
        advanced=True,
    )
    held_out: float = option(
        0.1,
        "Held out",
        "Share of the images never trained on, drawn with the data set's own seed.",
        minimum=0.0,
        maximum=0.9,
        decimals=2,
        advanced=True,
    )

    def validate(self) -> None:
        """Check ranges and what the fields say together.

        Raises
        ------
        UsageError
            With one sentence that names the field.
        """
        check(self)
        if len(self.hidden) > 32:
            raise UsageError("Hidden widths can name at most 32 layers.")
        if len(self.channels) > 8:
            raise UsageError("Channels can name at most 8 convolutions.")
