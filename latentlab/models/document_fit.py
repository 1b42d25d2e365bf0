"""Make a model's description fit into the header of its file, so that no model is lost to it.

Class names come from data and may be anything: sentences, measurements, halves of characters. What
does not fit is cut or omitted, and said.
"""

from __future__ import annotations

import math

import msgspec

from latentlab.base.valid_text import valid_texts
from latentlab.models.model_document import (
    MAX_CLASSES,
    MAX_NAME,
    MAX_TITLE,
    ModelDocument,
    encode_document,
)

# What `core.model_file` accepts as a header, less a quarter for the table of weights.
MAX_DOCUMENT_BYTES = 3 * 2**20
MAX_DOCUMENT_VALUES = 3 * 2**14

_NAME_LENGTHS = (400, 200, 100, 50, 25, 12)  # characters, the first that fits


def fitted(document: ModelDocument) -> tuple[ModelDocument, tuple[str, ...]]:
    """Return a description that a model file can hold, and sentences that say what was changed.

    A description that fits comes back as it is. Text that is no valid Unicode is escaped, and
    figures that are not finite are omitted: no reader of JSON takes them.
    """
    document = _storable(document)
    notes = []
    if not _fits(_with_names(document, [])):
        document = msgspec.structs.replace(
            document, latent_mean=[], latent_std=[], latent_kl=[], metrics={}
        )
        notes.append(
            f"The code has {document.latent_dim:,} dimensions, so the model file omits their "
            "statistics."
        )
    if not _fits(document):
        document, note = _with_fewer_names(document)
        notes.append(note)
    return document, tuple(notes)


def _storable(document: ModelDocument) -> ModelDocument:
    try:
        encode_document(document)
    except UnicodeEncodeError:
        # The parts are already of the right kinds; only their text changes.
        plain = valid_texts(msgspec.to_builtins(document))
        document = msgspec.convert(plain, ModelDocument)
    statistics = (document.latent_mean, document.latent_std, document.latent_kl)
    if not all(math.isfinite(value) for values in statistics for value in values):
        document = msgspec.structs.replace(document, latent_mean=[], latent_std=[], latent_kl=[])
    return msgspec.structs.replace(
        document,
        data_title=document.data_title[:MAX_TITLE],
        data_name=document.data_name[:MAX_NAME],
        metrics={name: v for name, v in document.metrics.items() if math.isfinite(v)},
    )


def _fits(document: ModelDocument) -> bool:
    # In the header the document is a string within JSON: each quotation mark takes two bytes.
    text = msgspec.json.encode(encode_document(document))
    num_values = sum(text.count(mark) for mark in (b",", b"[", b"{"))
    return (
        len(text) <= MAX_DOCUMENT_BYTES
        and num_values <= MAX_DOCUMENT_VALUES
        and len(document.class_names) <= MAX_CLASSES
    )


def _with_names(document: ModelDocument, names: list[str]) -> ModelDocument:
    return msgspec.structs.replace(document, class_names=names)


def _with_fewer_names(document: ModelDocument) -> tuple[ModelDocument, str]:
    names = document.class_names
    for length in _NAME_LENGTHS:
        shorter = _with_names(document, [_cut(name, length) for name in names])
        if _fits(shorter):
            return shorter, (
                f"The data have {len(names):,} long class names; the model file holds the first "
                f"{length} characters of each."
            )
    return _with_names(document, []), (
        f"The data have {len(names):,} classes, more than a model file can name; it is saved "
        "without class names."
    )


def _cut(name: str, length: int) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"
