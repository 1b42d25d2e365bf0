"""The self-description inside every model file: one JSON document, checked before use."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from latentlab.core.errors import ModelFileError, UsageError
from latentlab.core.family import LIKELIHOODS, NETWORKS, OBJECTIVES
from latentlab.core.train_spec import TrainSpec

FORMAT_VERSION = 1
MAX_LATENT_DIM = 512
MAX_LAYERS = 64
MAX_SIDE_PX = 1024
MAX_WIDTH = 16_384
MAX_CLASSES = 50_000
MAX_COUNT = 2**53  # steps and epochs: what every reader of JSON can hold

# Nesting deeper than the stack, and half a surrogate pair, are no errors of msgspec.
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)


class ModelDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed to rebuild a model around its weights and to explore it alone.

    Attributes
    ----------
    format_version
        :data:`FORMAT_VERSION` of the program that wrote the file.
    network, network_args
        Name in ``core.family.NETWORKS`` and its arguments: ``hidden`` or ``channels``.
    objective, objective_args
        Name in ``core.family.OBJECTIVES`` and its arguments, such as ``beta``.
    likelihood
        Name in ``core.family.LIKELIHOODS``.
    input_shape
        (height, width, channels) in pixels.
    latent_dim
        Length d of the code.
    latent_mean, latent_std
        Mean and standard deviation of the training codes, d numbers each.
    latent_kl
        KL of each latent dimension in nats, d numbers, empty for deterministic models.
    prior
        ``"standard-normal"``, or ``"fitted-normal"`` for deterministic models.
    data_name, data_title, data_fingerprint
        The data set it was trained on.
    class_names
        Its classes, may be empty.
    step, epoch
        Where in training the weights were taken.
    metrics
        Held-out figures by name, in nats per image.
    versions
        Versions of the program and of torch that wrote the file.
    spec
        The settings of the run.
    """

    format_version: int
    network: str
    network_args: dict[str, Any]
    objective: str
    objective_args: dict[str, Any]
    likelihood: str
    input_shape: tuple[int, int, int]
    latent_dim: int
    latent_mean: list[float]
    latent_std: list[float]
    latent_kl: list[float] = []
    prior: str
    data_name: str
    data_title: str = ""
    data_fingerprint: str
    class_names: list[str] = []
    step: int = 0
    epoch: int = 0
    metrics: dict[str, float] = {}
    versions: dict[str, str] = {}
    spec: TrainSpec | None = None


class _Version(msgspec.Struct):
    format_version: int


def encode_document(document: ModelDocument) -> str:
    """Return the document as JSON text."""
    return msgspec.json.encode(document).decode()


def decode_document(text: str) -> ModelDocument:
    """Parse and check a document; nothing is built and no size is trusted before this returns.

    Raises
    ------
    ModelFileError
        If the text is not such a document, is newer than this program, or names sizes out of
        bounds.
    """
    try:
        version = msgspec.json.decode(text, type=_Version).format_version
    except _UNREADABLE as error:
        raise ModelFileError(
            "This is not a LatentLab model: its description cannot be read.", str(error)
        ) from error
    if version > FORMAT_VERSION:
        raise ModelFileError(
            "This model was made by a newer version of LatentLab; update the program to open it.",
            f"format version {version}, this program reads up to {FORMAT_VERSION}",
        )
    try:
        document = msgspec.json.decode(text, type=ModelDocument)
    except _UNREADABLE as error:
        raise ModelFileError(
            "The description inside this model file is damaged.", str(error)
        ) from error
    _check_kinds(document)
    _check_bounds(document)
    return document


def _check_kinds(document: ModelDocument) -> None:
    for what, name, known in (
        ("network", document.network, NETWORKS),
        ("objective", document.objective, OBJECTIVES),
        ("likelihood", document.likelihood, LIKELIHOODS),
    ):
        if name not in known:
            raise ModelFileError(
                f"This model has a {what} that this version of LatentLab does not know; update "
                "the program to open it.",
                f"{what} {name[:40]!r}",
            )


def _check_bounds(document: ModelDocument) -> None:
    d = document.latent_dim
    named = [document.network_args[k] for k in ("hidden", "channels") if k in document.network_args]
    layers = [width for widths in named for width in _as_list(widths)]
    problems = [
        (document.format_version < 1, f"format version {document.format_version}"),
        (not 1 <= d <= MAX_LATENT_DIM, f"latent_dim {d}"),
        (
            not all(1 <= side <= MAX_SIDE_PX for side in document.input_shape[:2]),
            f"input shape {document.input_shape}",
        ),
        (document.input_shape[2] not in (1, 3), f"channels {document.input_shape[2]}"),
        (len(layers) > MAX_LAYERS, f"{len(layers)} layers"),
        (any(widths == [] or type(widths) is not list for widths in named), "no list of layers"),
        (
            not all(type(w) is int and 1 <= w <= MAX_WIDTH for w in layers),
            f"layer widths {layers[:8]}",
        ),
        (len(document.latent_mean) != d or len(document.latent_std) != d, "latent statistics"),
        (len(document.latent_kl) not in (0, d), "latent_kl"),
        (len(document.class_names) > MAX_CLASSES, "class names"),
        (
            not all(
                math.isfinite(v)
                for v in (*document.latent_mean, *document.latent_std, *document.latent_kl)
            ),
            "latent statistics that are not finite",
        ),
        (any(v < 0 for v in document.latent_std), "a negative standard deviation"),
        (
            not all(0 <= count <= MAX_COUNT for count in (document.step, document.epoch)),
            f"step {document.step}, epoch {document.epoch}",
        ),
        (bool(spec_problem := _spec_problem(document.spec)), spec_problem),
    ]
    wrong = [text for bad, text in problems if bad]
    if wrong:
        raise ModelFileError(
            "The sizes inside this model file are out of bounds, so it was not opened.",
            "; ".join(wrong),
        )


def _spec_problem(spec: TrainSpec | None) -> str:
    try:
        if spec is not None:
            spec.validate()
    except (UsageError, OverflowError) as error:  # OverflowError: an integer of 400 digits
        return str(error)[:200]
    return ""


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
