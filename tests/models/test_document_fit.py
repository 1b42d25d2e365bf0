"""Whatever the data call their classes, the description of a model fits into its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from latentlab.models.document_fit import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_VALUES, fitted
from latentlab.models.model_document import ModelDocument, decode_document, encode_document
from latentlab.models.model_file import read_model_file, write_model_file

DOCUMENT = ModelDocument(
    format_version=1,
    network="mlp",
    network_args={"hidden": [3]},
    objective="variational",
    objective_args={"beta": 1.0},
    likelihood="bernoulli",
    input_shape=(2, 2, 1),
    latent_dim=2,
    latent_mean=[0.0, 0.5],
    latent_std=[1.0, 0.5],
    latent_kl=[0.25, 1.5],
    prior="standard-normal",
    data_name="digits",
    data_fingerprint="c0ffee",
    class_names=["zero", "žluťoučký 数"],
    metrics={"loss": 101.5},
)


def changed(**changes: Any) -> ModelDocument:
    return msgspec.structs.replace(DOCUMENT, **changes)


def saved(path: Path, document: ModelDocument) -> ModelDocument:
    write_model_file(path, document, {"w": np.ones(3, np.float32)})
    header = path.read_bytes()
    length = int.from_bytes(header[:8], "little")
    json.loads(header[8 : 8 + length].decode())  # valid UTF-8 and JSON for any program
    return read_model_file(path).document


def test_what_fits_stays_as_it_is() -> None:
    assert fitted(DOCUMENT) == (DOCUMENT, ())


HOSTILE_NAMES: dict[str, list[str]] = {
    "long": [f"{i:05} " + "a red ball on green grass " * 12 for i in range(20_000)],
    "many": [str(i / 7) for i in range(60_000)],
    "many commas": [",,,," * 5 + str(i) for i in range(9_000)],
    "brackets": ["[{" * 40_000],
    "one of a gigabyte's kind": ["x" * (6 << 20)],
    "quotation marks": ['"\\' * 500 for _ in range(2_000)],
    "controls": ["\x00\n\x1f" * 300 for _ in range(3_000)],
    "wide letters": ["\U0001f600" * 90 for _ in range(20_000)],
    "lone surrogates": ["\ud800", "a\udcffb", "\udfff" * 400_000],
    "empty": [""] * 45_000,
}


@pytest.mark.parametrize("kind", HOSTILE_NAMES)
def test_any_class_names_can_be_saved(kind: str, tmp_path: Path) -> None:
    names = HOSTILE_NAMES[kind]
    document = changed(class_names=names)
    smaller, notes = fitted(document)
    text = msgspec.json.encode(encode_document(smaller))
    assert len(text) <= MAX_DOCUMENT_BYTES
    assert sum(text.count(mark) for mark in (b",", b"[", b"{")) <= MAX_DOCUMENT_VALUES
    assert len(smaller.class_names) in (0, len(names))
    found = saved(tmp_path / "model.safetensors", document)
    assert found == smaller
    if not notes:
        assert "surrogate" in kind or found.class_names == names
    for note in notes:
        assert f"{len(names):,}" in note
        assert note.endswith(".")


def test_long_names_keep_their_beginning() -> None:
    smaller, notes = fitted(changed(class_names=HOSTILE_NAMES["long"]))
    assert smaller.class_names[17].startswith("00017 a red ball")
    assert smaller.class_names[17].endswith("…")
    assert len(set(smaller.class_names)) == 20_000
    assert "20,000 long class names" in notes[0]


def test_too_many_names_are_omitted_and_that_is_said() -> None:
    smaller, notes = fitted(changed(class_names=HOSTILE_NAMES["many"]))
    assert smaller == changed(class_names=[])
    assert "60,000 classes" in notes[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"data_name": "/home/b\udcff\udcfe/images", "data_title": "b\udcff"},
        {"data_treatment": {"fit": "\ud800"}},
        {"spec": {"data": "x\udc80.npy", "hidden": [8, 8]}},
        {"metrics": {"kl\ud800": 1.0}},
        {"data_title": "x" * (5 << 20)},
    ],
)
def test_any_text_can_be_saved(changes: dict[str, Any], tmp_path: Path) -> None:
    found = saved(tmp_path / "model.safetensors", changed(**changes))
    assert found.class_names == DOCUMENT.class_names
    assert found.latent_mean == DOCUMENT.latent_mean


def test_figures_that_are_not_finite_are_omitted(tmp_path: Path) -> None:
    document = changed(
        metrics={"loss": float("nan"), "kl": 2.5, "recon_loss": float("inf")},
        latent_mean=[0.0, float("nan")],
    )
    found = saved(tmp_path / "model.safetensors", document)
    assert found.metrics == {"kl": 2.5}
    assert (found.latent_mean, found.latent_std, found.latent_kl) == ([0.0, 0.0], [1.0, 1.0], [])


def test_a_very_wide_code_keeps_its_names_and_loses_its_statistics(tmp_path: Path) -> None:
    d = 2**17
    document = changed(latent_dim=d, latent_mean=[0.125] * d, latent_std=[0.3] * d, latent_kl=[])
    smaller, notes = fitted(document)
    assert "131,072 dimensions" in notes[0]
    found = saved(tmp_path / "model.safetensors", document)
    assert found.class_names == DOCUMENT.class_names
    assert found.latent_mean == [0.0] * d
    assert found.latent_std == [1.0] * d
    assert decode_document(encode_document(smaller)) == found
