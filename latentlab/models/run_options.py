"""What every training run is asked for, whatever it trains."""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.base.options import option


@dataclass(frozen=True)
class RunOptions:
    """Settings that all objectives, networks and likelihoods share.

    ``models.family.train_spec.TrainSpec`` adds those of each objective, network and likelihood.
    """

    data: str = option(
        "digits",
        "Data",
        "The image set to train on: a bundled name or a path. In the window it is what is open.",
    )
    objective: str = option(
        "variational",
        "Objective",
        "What the autoencoder is trained for, beyond rebuilding its input.",
    )
    network: str = option(
        "mlp",
        "Network",
        "The kind of layers of encoder and decoder.",
    )
    latent_dim: int = option(
        2,
        "Latent dimensions",
        "How many numbers the code has; with 2 the map shows all of it.",
        minimum=1,
        maximum=4096,
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
        5e-3,
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
    likelihood: str = option(
        "bernoulli",
        "Likelihood",
        "How the difference between image and reconstruction is counted.",
        advanced=True,
    )
    activation: str = option(
        "silu",
        "Activation",
        "The nonlinearity of the hidden layers.",
        advanced=True,
    )
    code_activation: str = option(
        "auto",
        "Code activation",
        "The nonlinearity of the code itself; automatic takes what the objective needs, which is "
        "none for most.",
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
    edges: str = option(
        "black",
        "Moved-in edges",
        "What comes in from outside where training images are moved, turned or scaled: black, or "
        "the colour of the edge, which suits photographs.",
        choices={"black": "Black", "repeat": "Edge repeated"},
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
    adam_beta2: float = option(
        0.999,
        "Adam β₂",
        "How long Adam remembers the size of gradients: lower follows them sooner and bears a "
        "higher learning rate.",
        minimum=0.5,
        maximum=0.99999,
        decimals=5,
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
    precision: str = option(
        "float32",
        "Precision",
        "Numbers of the forward pass: bf16 halves the work of a CUDA device; weights stay float32.",
        choices={"float32": "float32", "bf16": "bf16 (CUDA only)"},
        advanced=True,
    )
