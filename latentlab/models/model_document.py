"""The self-description inside every model file: one JSON document, checked before use."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from latentlab.base.errors import ModelFileError

FORMAT_VERSION = 1
MAX_LATENT_DIM = 2**20  # a feature map can be the code
MAX_SIDE_PX = 1024
MAX_CLASSES = 50_000
MAX_TITLE, MAX_NAME = 1000, 10_000  # characters
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
        Name in ``family.NETWORKS`` and its options, such as ``hidden``, with the activations.
    objective, objective_args
        Name in ``family.OBJECTIVES`` and its options, such as ``beta``.
    likelihood, likelihood_args
        Name in ``family.LIKELIHOODS`` and its options.
    input_shape
        (height, width, channels) in pixels.
    latent_dim
        Length d of the code.
    latent_mean, latent_std
        Mean and standard deviation of the training codes, d numbers each. A file may omit them;
        :func:`decode_document` then gives 0 and 1.
    latent_kl
        Mean KL of each latent dimension on the held-out images in nats, d numbers; empty for
        deterministic models.
    prior
        ``"standard-normal"``, or what was fitted to the codes: ``"fitted-normal"`` or
        ``"mixture"``, whose numbers are tensors named ``prior.*`` beside the weights.
    data_name, data_title, data_fingerprint
        The data set it was trained on.
    data_treatment
        What was done to its pictures, as fields of ``images.treatment.TreatmentOptions``; ``None``
        where they were used as they are.
    class_names
        Its classes, may be empty.
    step, epoch
        Where in training the weights were taken.
    metrics
        Held-out figures by name, in nats per image: ``loss``, which was minimised, and its parts
        at weight 1.
    versions
        Versions of the program and of torch that wrote the file.
    spec
        All settings of the run by name.
    """

    format_version: int
    network: str
    network_args: dict[str, Any]
    objective: str
    objective_args: dict[str, Any]
    likelihood: str
    likelihood_args: dict[str, Any] = {}
    input_shape: tuple[int, int, int]
    latent_dim: int
    latent_mean: list[float]
    latent_std: list[float]
    latent_kl: list[float] = []
    prior: str
    data_name: str
    data_title: str = ""
    data_fingerprint: str
    data_treatment: dict[str, Any] | None = None
    class_names: list[str] = []
    step: int = 0
    epoch: int = 0
    metrics: dict[str, float] = {}
    versions: dict[str, str] = {}
    spec: dict[str, Any] | None = None

    @property
    def held_out_nats(self) -> float | None:
        """Reconstruction and KL at weight 1 on the held-out images, ``None`` if not measured.

        The loss that was minimised may have other weights and penalties, which say nothing beside
        another run's.
        """
        if "recon_loss" not in self.metrics:
            return None
        return self.metrics["recon_loss"] + self.metrics.get("kl", 0.0)


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
    _check_bounds(document)
    # What is shown is one line of a window, whatever a file says.
    document = msgspec.structs.replace(
        document,
        data_title=document.data_title[:MAX_TITLE],
        data_name=document.data_name[:MAX_NAME],
    )
    if not document.latent_mean:
        d = document.latent_dim
        document = msgspec.structs.replace(document, latent_mean=[0.0] * d, latent_std=[1.0] * d)
    return document


def _check_bounds(document: ModelDocument) -> None:
    d = document.latent_dim
    problems = [
        (document.format_version < 1, f"format version {document.format_version}"),
        (not 1 <= d <= MAX_LATENT_DIM, f"latent_dim {d}"),
        (
            not all(1 <= side <= MAX_SIDE_PX for side in document.input_shape[:2]),
            f"input shape {document.input_shape}",
        ),
        (document.input_shape[2] not in (1, 3), f"channels {document.input_shape[2]}"),
        (
            len(document.latent_mean) not in (0, d)
            or len(document.latent_mean) != len(document.latent_std),
            "latent statistics",
        ),
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
    ]
    wrong = [text for bad, text in problems if bad]
    if wrong:
        raise ModelFileError(
            "The sizes inside this model file are out of bounds, so it was not opened.",
            "; ".join(wrong),
        )
