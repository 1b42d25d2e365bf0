"""The family of autoencoders in words: what each objective and network is called and does.

The code behind each name lives in ``nn/objectives`` and ``nn/networks``; a test holds both lists
together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """An objective, network or likelihood as people meet it.

    Attributes
    ----------
    name
        The word on the command line and in files.
    title
        The word in the form.
    sentence
        What it does.
    formula
        The loss or the layers in one line, may be empty.
    """

    name: str
    title: str
    sentence: str
    formula: str = ""


OBJECTIVES: dict[str, Kind] = {
    k.name: k
    for k in (
        Kind(
            "variational",
            "Variational",
            "Encodes each image as a small cloud and draws all clouds towards one standard "
            "normal, so that close points decode alike and every point of the prior decodes "
            "to something.",
            "reconstruction + β · KL(q(z|x) ‖ N(0, I))",
        ),
        Kind(
            "undercomplete",
            "Undercomplete",
            "Learns only to rebuild its input through a narrow code; nothing shapes the space "
            "between the codes.",
            "reconstruction",
        ),
    )
}

NETWORKS: dict[str, Kind] = {
    k.name: k
    for k in (
        Kind(
            "mlp",
            "MLP",
            "Fully connected layers: fast on a CPU, best for small images.",
            "pixels → widths → code → widths reversed → pixels",
        ),
        Kind(
            "conv",
            "Convolutional",
            "Strided convolutions: fewer weights and sharper local detail, slower on a CPU.",
            "image → 3×3 convolutions, each halving the size → code → the same in reverse",
        ),
    )
}

LIKELIHOODS: dict[str, Kind] = {
    k.name: k
    for k in (
        Kind(
            "bernoulli",
            "Bernoulli (BCE)",
            "Cross-entropy of each pixel; the usual choice for digits. On grey pixels its floor "
            "is not 0.",
            "−Σ x ln x̂ + (1 − x) ln(1 − x̂)",
        ),
        Kind(
            "gaussian",
            "Gaussian (σ = 0.1)",
            "Squared error of each pixel with a fixed standard deviation; the usual choice for "
            "colour pictures.",
            "Σ (x − x̂)² / 2σ² + ln σ√(2π)",
        ),
    )
}


def choices(kinds: dict[str, Kind]) -> dict[str, str]:
    """Return ``name -> title`` for a form or a command line."""
    return {name: kind.title for name, kind in kinds.items()}
