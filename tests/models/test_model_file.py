"""Model files: what is written can be read anywhere, and no file can do harm."""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from latentlab.base.atomic_write import previous_path
from latentlab.base.errors import ModelFileError
from latentlab.base.options import options_of
from latentlab.models import model_file
from latentlab.models.family.described_model import run_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_document import ModelDocument, decode_document, encode_document
from latentlab.models.model_file import (
    MAX_HEADER_BYTES,
    MAX_WEIGHT_BYTES,
    ModelHeader,
    content_fingerprint,
    read_model_file,
    read_model_header,
    write_model_file,
)

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
    spec=json.loads(msgspec.json.encode(TrainSpec(hidden=(3,), seed=7))),
)

WEIGHTS = {
    "encoder.0.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "encoder.0.bias": np.zeros(3, np.float32),
    "decoder.scale": np.array(0.5, np.float32),
}

SHAPES = {name: array.shape for name, array in WEIGHTS.items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture
def good(path: Path) -> Path:
    write_model_file(path, DOCUMENT, WEIGHTS)
    return path


def refusal(path: Path) -> ModelFileError:
    """Return the error of reading a file; it has to be one short line."""
    with pytest.raises(ModelFileError) as caught:
        read_model_file(path)
    error = caught.value
    assert error.sentence.endswith(".")
    assert error.sentence.isprintable()
    assert len(error.sentence) < 300
    error.details.encode()  # can be printed
    return error


def raw_file(header: bytes | dict[str, Any], data: bytes = b"", wide: bool = False) -> bytes:
    if isinstance(header, dict):
        header = json.dumps(header, ensure_ascii=not wide).encode()
    return len(header).to_bytes(8, "little") + header + data


def entry(begin: int, end: int, shape: Any = None, dtype: Any = "F32") -> dict[str, Any]:
    shape = [(end - begin) // 4] if shape is None else shape
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def table(**tensors: Any) -> dict[str, Any]:
    return {"__metadata__": {"latentlab": encode_document(DOCUMENT)}, **tensors}


# What is written can be read


def test_the_header_alone_says_what_the_file_is(good: Path) -> None:
    header = read_model_header(good)
    assert (header.path, header.document, header.shapes) == (good, DOCUMENT, SHAPES)


def test_round_trip(good: Path) -> None:
    model = read_model_file(good)
    assert model.path == good
    assert model.document == DOCUMENT
    assert set(model.weights) == set(WEIGHTS)
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, WEIGHTS[name], strict=True)
        assert array.flags.c_contiguous
        assert not array.flags.writeable


def test_equal_arguments_give_equal_bytes(tmp_path: Path, good: Path) -> None:
    other = tmp_path / "other.safetensors"
    write_model_file(other, DOCUMENT, dict(reversed(WEIGHTS.items())))
    assert other.read_bytes() == good.read_bytes()


def test_numbers_begin_aligned(good: Path) -> None:
    assert int.from_bytes(good.read_bytes()[:8], "little") % 8 == 0


def test_any_floating_type_and_memory_order_is_stored_as_float32(path: Path) -> None:
    values = np.arange(12, dtype=np.float64).reshape(3, 4)
    arrays: dict[str, Any] = {
        "t": values.T,
        "strided": values[:, ::2],
        "half": values.astype(">f2"),
    }
    write_model_file(path, DOCUMENT, arrays)
    for name, array in read_model_file(path).weights.items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == np.float32


def test_the_official_package_reads_it(good: Path) -> None:
    with safetensors.safe_open(good, framework="np") as file:
        assert decode_document(file.metadata()["latentlab"]) == DOCUMENT
    for name, array in safetensors.numpy.load_file(good).items():
        np.testing.assert_array_equal(array, WEIGHTS[name], strict=True)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_reads_what_the_official_package_writes(path: Path, dtype: type) -> None:
    arrays: dict[str, Any] = {name: array.astype(dtype) for name, array in WEIGHTS.items()}
    metadata = {"latentlab": encode_document(DOCUMENT), "another": "program"}
    safetensors.numpy.save_file(arrays, path, metadata)
    model = read_model_file(path)
    assert model.document == DOCUMENT
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, WEIGHTS[name], strict=True)


def test_reads_bfloat16(path: Path) -> None:
    values = np.array([1.0, -2.5, 0.0, 2.0**100], np.float32)  # exact in bfloat16
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    path.write_bytes(raw_file(table(w=entry(0, 8, [4], "BF16")), halves.tobytes()))
    np.testing.assert_array_equal(read_model_file(path).weights["w"], values, strict=True)


def test_order_of_the_header_is_free(path: Path) -> None:
    path.write_bytes(raw_file(table(b=entry(4, 8), a=entry(0, 4)), bytes(4) + b"\0\0\x80\x3f"))
    assert read_model_file(path).weights["b"].item() == 1.0


def test_the_content_counts_not_the_name(tmp_path: Path, good: Path) -> None:
    renamed = good.rename(tmp_path / "model")
    assert read_model_file(renamed).document == DOCUMENT


def test_a_run_folder_stands_for_its_best_model(tmp_path: Path, good: Path) -> None:
    last = tmp_path / "last.safetensors"
    write_model_file(last, msgspec.structs.replace(DOCUMENT, step=9), WEIGHTS)
    assert read_model_file(tmp_path).path == good
    good.unlink()
    assert read_model_file(tmp_path).document.step == 9


# What cannot be opened


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    assert "holds no model" in refusal(tmp_path).sentence
    assert "holds no model" in refusal(Path(tmp_path.root)).sentence


def test_a_folder_in_place_of_the_model(path: Path) -> None:
    path.mkdir()
    assert "not a regular file" in refusal(path.parent).sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_block(path: Path) -> None:
    os.mkfifo(path)
    assert "not a regular file" in refusal(path).sentence
    assert "not a regular file" in refusal(path.parent).sentence


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")
    assert "not a regular file" in refusal(path).sentence


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.safetensors", "does not exist"),
        ("none\0.safetensors", "cannot be opened"),
        ("x" * 5000, "cannot be opened"),
        ("line\nbreak\udc80\u202e", "does not exist"),
    ],
)
def test_names_without_a_file(tmp_path: Path, name: str, words: str) -> None:
    assert words in refusal(tmp_path / name).sentence


def test_a_file_that_is_no_folder(good: Path) -> None:
    assert "cannot be opened" in refusal(good / "model.safetensors").sentence


def test_a_loop_of_links(path: Path) -> None:
    path.symlink_to(path)
    assert "cannot be opened" in refusal(path).sentence


def test_a_file_that_may_not_be_read(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*args: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", no)
    assert refusal(good).sentence == "model.safetensors cannot be read: Permission denied."


def test_a_model_too_large_for_the_memory(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "fromfile", no)
    assert "does not fit into memory" in refusal(good).sentence


def test_a_file_that_shrinks_while_it_is_read(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = np.fromfile
    monkeypatch.setattr(np, "fromfile", lambda file, dtype, count: read(file, dtype, count)[:-1])
    assert "cut off" in refusal(good).sentence


# Formats of others

PICKLES = [pickle.dumps({"weight": [1.0]}, protocol) for protocol in range(2, 6)]


def zip_bytes(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"\x80\x02}q\0.")
    return file.getvalue()


def npz_bytes() -> bytes:
    file = io.BytesIO()
    np.savez(file, weight=np.zeros(3))
    return file.getvalue()


TORCH_ZIP = zip_bytes("archive/data.pkl", "archive/version")

BY_CONTENT = [
    *((content, ".safetensors", "is a Python pickle") for content in PICKLES),
    (TORCH_ZIP, ".safetensors", "is a ZIP archive such as PyTorch writes"),
    (zip_bytes(), ".safetensors", "is a ZIP archive"),
    (TORCH_ZIP, ".pt", "is a PyTorch checkpoint"),
    (TORCH_ZIP, ".PT2", "is an exported PyTorch program"),
    (zip_bytes("config.json"), ".keras", "is an HDF5 or Keras model"),
    (npz_bytes(), ".npz", "is a NumPy file"),
    (b"\x93NUMPY\x01\0v\0{'descr': '|O'", ".npy", "is a NumPy file"),
    (b"\x89HDF\r\n\x1a\n" + bytes(99), ".weights", "is an HDF5 or Keras model"),
    (b"\x08\x07\x12\x07pytorch", ".model", "is an ONNX model"),
    (b"GGUF\x03\0\0\0" + bytes(99), ".model", "is a GGUF model"),
    (b"\x89PNG\r\n\x1a\n" + bytes(99), ".safetensors", "is a picture, not a model"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(99), ".safetensors", "is a picture, not a model"),
]

SUFFIXES = [
    ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".joblib", ".pt2", ".torchscript", ".npz",
    ".npy", ".h5", ".hdf5", ".keras", ".onnx", ".gguf", ".png", ".jpg", ".JPEG",
]  # fmt: skip


@pytest.mark.parametrize(("content", "suffix", "words"), BY_CONTENT)
def test_foreign_content(tmp_path: Path, content: bytes, suffix: str, words: str) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    assert f"model{suffix} {words}" in refusal(path).sentence


@pytest.mark.parametrize("content", [b"", b"cos\nsystem\n", b"anything else" * 99, None])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_foreign_suffix(good: Path, suffix: str, content: bytes | None) -> None:
    path = good.with_suffix(suffix)
    path.write_bytes(good.read_bytes() if content is None else content)
    assert f"model{suffix} is named like a" in refusal(path).sentence


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pkl", ".npy", ""])
def test_no_pickle_is_executed(tmp_path: Path, protocol: int, suffix: str) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Bomb(marker), protocol))
    sentence = refusal(path).sentence
    if protocol >= 2 or suffix in (".pt", ".pkl"):
        assert "may run code when opened, so LatentLab never opens it" in sentence
    assert not marker.exists()
    pickle.loads(path.read_bytes())  # the bomb is live
    assert marker.exists()


# Hostile files

HUGE = 2**63
PAD = MAX_HEADER_BYTES - 64  # room for what surrounds the filling


def filled(item: str, begin: str = "", end: str = "") -> bytes:
    """Return a file whose header is filled with an item up to the limit."""
    return raw_file((begin + item * (PAD // len(item.encode())) + end).encode())


METADATA = '{"__metadata__":{"latentlab":"'
VERSION = '\\"format_version\\":1'


def with_document(text: Any) -> bytes:
    return raw_file({"__metadata__": {"latentlab": text}, "w": entry(0, 4)}, bytes(4))


HOSTILE = {
    # name: (content, words of the sentence, words of the details)
    "empty": (b"", "is empty", ""),
    "one byte": (b"\x08", "too short", "1 bytes"),
    "only a length": (bytes(8), "too short", "8 bytes"),
    "text": (b"hello, I am no model at all", "is not a model file", "hello"),
    "HTML": (b"<!DOCTYPE html><html></html>", "is not a model file", "DOCTYPE"),
    "zeros": (bytes(1000), "is not a model file", ""),
    "header cut off": (raw_file(table(w=entry(0, 4)))[:99], "is cut off", ""),
    "header over the cap": (
        (MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{" + bytes(9),
        "its header is longer than",
        "4,194,305",
    ),
    "header of 2^63 bytes": (HUGE.to_bytes(8, "little") + b"{}", "its header is longer than", ""),
    "not JSON": (raw_file(b"{not json}"), "is damaged", "cannot be read"),
    "invalid UTF-8": (raw_file(b'{"\xff\xfe": 1}'), "is damaged", "utf-8"),
    "half a pair": (
        raw_file(table(**{"\ud800": entry(0, 4)}), bytes(4)),
        "damaged",
        "strange name",
    ),
    "control characters": (
        raw_file(table(**{"a\nb": entry(0, 4)}), bytes(4)),
        "damaged",
        "strange name",
    ),
    "long name": (
        raw_file(table(**{"n" * 9999: entry(0, 4)}), bytes(4)),
        "damaged",
        "strange name",
    ),
    "deep lists": (filled("[", '{"a":'), "is damaged", ""),
    "deeper than the stack": (raw_file(b'{"a":' + b"[" * 50_000), "is damaged", "recursion"),
    "deep tables": (raw_file(b'{"a":' * 50_000), "is damaged", "recursion"),
    "duplicate tensor": (raw_file(b'{"a":1,"a":1}'), "is damaged", "occurs twice"),
    "duplicate shape": (raw_file(b'{"a":{"shape":[1],"shape":[2]}}'), "is damaged", "occurs twice"),
    "duplicate metadata": (
        raw_file(b'{"__metadata__":{},"__metadata__":{}}'),
        "is damaged",
        "twice",
    ),
    "tensor is a number": (raw_file(table(w=1)), "is damaged", "Expected `object`"),
    "no dtype": (raw_file(table(w={"shape": [1], "data_offsets": [0, 4]})), "damaged", "dtype"),
    "no shape": (raw_file(table(w={"dtype": "F32", "data_offsets": [0, 4]})), "damaged", "shape"),
    "no offsets": (raw_file(table(w={"dtype": "F32", "shape": [1]})), "damaged", "data_offsets"),
    "one offset": (raw_file(table(w={**entry(0, 4), "data_offsets": [0]})), "damaged", "length 2"),
    "negative offset": (raw_file(table(w=entry(-4, 0, [1]))), "damaged", ">= 0"),
    "fraction": (raw_file(table(w=entry(0, 4, [1.5]))), "damaged", "Expected `int`"),
    "not a number": (raw_file(table(w=entry(0, 4, [float("nan")]))), "damaged", "Expected `int`"),
    "true": (raw_file(table(w=entry(0, 4, [True]))), "damaged", "Expected `int`"),
    "negative shape": (raw_file(table(w=entry(0, 4, [-1, -1])), bytes(4)), "damaged", ">= 1"),
    "empty tensor": (raw_file(table(w=entry(0, 0, [0]))), "damaged", ">= 1"),
    "huge shape": (raw_file(table(w=entry(0, 4, [2**64]))), "damaged", "<= 1099511627776"),
    "shape that wraps": (
        raw_file(table(w=entry(0, 4, [2**33, 2**31])), bytes(4)),
        "damaged",
        "instead of",
    ),
    "shape of 5000 digits": (raw_file(b'{"w":{"shape":[' + b"9" * 5000), "damaged", "digits"),
    "many dimensions": (
        raw_file(table(w=entry(0, 4, [1] * 9)), bytes(4)),
        "damaged",
        "length <= 8",
    ),
    "shape too large for its bytes": (
        raw_file(table(w=entry(0, 4, [2])), bytes(4)),
        "damaged",
        "4 bytes instead of 8",
    ),
    "shape too small for its bytes": (
        raw_file(table(w=entry(0, 8, [1])), bytes(8)),
        "damaged",
        "8 bytes instead of 4",
    ),
    "overlap": (
        raw_file(table(a=entry(0, 8), b=entry(4, 12)), bytes(12)),
        "damaged",
        "byte 4 instead of 8",
    ),
    "twice the same bytes": (
        raw_file(table(a=entry(0, 4), b=entry(0, 4)), bytes(4)),
        "damaged",
        "byte 0 instead of 4",
    ),
    "gap": (
        raw_file(table(a=entry(0, 4), b=entry(8, 12)), bytes(12)),
        "damaged",
        "byte 8 instead of 4",
    ),
    "gap at the start": (
        raw_file(table(a=entry(4, 8)), bytes(8)),
        "damaged",
        "byte 4 instead of 0",
    ),
    "end before begin": (
        raw_file(table(a=entry(0, 4), b=entry(4, 0, [1])), bytes(4)),
        "damaged",
        "instead of",
    ),
    "past the end": (raw_file(table(w=entry(0, 4096)), bytes(4)), "4,092 bytes are missing", ""),
    "far past the end": (raw_file(table(w=entry(0, 2**42, [2**40])), bytes(4)), "is cut off", ""),
    "trailing bytes": (raw_file(table(w=entry(0, 4)), bytes(9)), "damaged", "5 bytes follow"),
    "no weights": (raw_file(table()), "damaged", "no weights"),
    "integers": (
        raw_file(table(w=entry(0, 8, [1], "I64")), bytes(8)),
        "'I64'; it reads F16, BF16, F32, F64",
        "w is",
    ),
    "invented type": (
        raw_file(table(w=entry(0, 4, None, "F" * 999)), bytes(4)),
        "does not use",
        "",
    ),
    "another program": (
        raw_file({"w": entry(0, 8, [1], "I64")}, bytes(8)),
        "a safetensors file from another program",
        "",
    ),
    "another program with metadata": (
        raw_file({"__metadata__": {"format": "pt"}, "w": entry(0, 4)}, bytes(4)),
        "from another program",
        "",
    ),
    "another program with what LatentLab refuses": (
        raw_file({"w": entry(0, 0, [0] * 9, "U8")}),
        "from another program",
        "",
    ),
    "nothing at all": (raw_file(b"{}"), "from another program", ""),
    "metadata not text": (
        raw_file({"__metadata__": {"latentlab": {}}}),
        "damaged",
        "Expected `str`",
    ),
    "metadata is a list": (raw_file({"__metadata__": []}), "damaged", "Expected `object`"),
    "document not JSON": (with_document("hello"), "cannot be read", ""),
    "document empty": (with_document(""), "cannot be read", ""),
    "document deep": (
        with_document('{"format_version":1,"network_args":' + '{"a":' * 50_000),
        "cannot be read",
        "",
    ),
    "document half a pair": (with_document("\ud800"), "cannot be read", ""),
    "newer": (
        with_document('{"format_version": 2}'),
        "newer version of LatentLab",
        "format version 2",
    ),
    # Each fills the header with what takes the most memory.
    "many lists": (filled("[],", '{"a":[', "[]]}"), "longer", "values"),
    "many numbers": (filled("999,", '{"a":[', "9]}"), "longer", "values"),
    "many tables": (filled('"a":{},', "{", '"b":{}}'), "longer", "values"),
    "many texts": (filled('"é","é",', '{"a":[', '""]}'), "longer", "values"),
    "as many texts as allowed": (
        raw_file({"__metadata__": {f"{i:x}😀😀": "😀😀😀" for i in range(65_000)}}, wide=True),
        "from another program",
        "",
    ),
    "wide text": (filled("a", METADATA, '"}}'), "cannot be read", ""),
    "wider text": (filled("😀", METADATA, '"}}'), "cannot be read", ""),
    "mixed text": (filled("a" * 4000, f"{METADATA}😀", '"}}'), "cannot be read", ""),
    "escapes": (filled("\\u4e2d", METADATA, '"}}'), "cannot be read", ""),
    "wide name": (filled("a" * 4000, '{"😀', '":1}'), "from another program", ""),
    "wide title": (
        filled("a" * 4000, f'{METADATA}{{{VERSION},\\"data_title\\":\\"😀', '\\"}"}}'),
        "damaged",
        "",
    ),
    "lists in the document": (
        filled("[]\\u002c", f'{METADATA}{{{VERSION},\\"network_args\\":[', '"}}'),
        "damaged",
        "",
    ),
}


@pytest.fixture
def limited_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


@pytest.mark.usefixtures("limited_memory")
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file(path: Path, case: str) -> None:
    content, sentence, details = HOSTILE[case]
    path.write_bytes(content)
    error = refusal(path)
    assert sentence in error.sentence
    assert details in error.details


@pytest.mark.usefixtures("limited_memory")
def test_nothing_is_read_of_weights_that_are_refused(path: Path) -> None:
    content = raw_file(table(w=entry(0, 2**31)))
    path.write_bytes(content)
    os.truncate(path, len(content) + 2**31)

    def refuse(header: ModelHeader) -> None:
        assert header.shapes == {"w": (2**29,)}
        raise ModelFileError("The weights do not fit.")

    with pytest.raises(ModelFileError, match="do not fit"):
        read_model_file(path, refuse)


@pytest.mark.usefixtures("limited_memory")
def test_weights_larger_than_the_free_memory_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = raw_file(table(w=entry(0, 2**29)))
    path.write_bytes(content)
    os.truncate(path, len(content) + 2**29)
    monkeypatch.setattr(model_file, "available_bytes", lambda: 2**30 - 1)
    assert "does not fit into memory" in refusal(path).sentence


SPARSE = {
    "zeros": (b"", 10 * 2**30, "not a model file"),
    "no end": (raw_file(table(w=entry(0, 4))), 10 * 2**30, "is damaged"),
    "fits": (raw_file(table(w=entry(0, 10 * 2**30))), 10 * 2**30, "is too large"),
    "float16": (
        raw_file(table(w=entry(0, MAX_WEIGHT_BYTES, [MAX_WEIGHT_BYTES // 2], "F16"))),
        MAX_WEIGHT_BYTES,
        "is too large",
    ),
    "PyTorch": (TORCH_ZIP, 10 * 2**30, "is a ZIP archive"),
}


@pytest.mark.usefixtures("limited_memory")
@pytest.mark.parametrize("case", SPARSE)
def test_sparse_file(path: Path, case: str) -> None:
    content, num_more, words = SPARSE[case]
    path.write_bytes(content)
    os.truncate(path, len(content) + num_more)
    assert words in refusal(path).sentence


def test_many_tensors(path: Path) -> None:
    tensors = {f"{i}": entry(4 * i, 4 * i + 4) for i in range(9_000)}
    path.write_bytes(raw_file(table(**tensors), bytes(4 * len(tensors))))
    assert len(read_model_file(path).weights) == len(tensors)


def mutate(content: bytes, end: int, random_: random.Random) -> bytearray:
    """Change a few places before ``end``: flip, overwrite, cut out or repeat bytes."""
    mutated = bytearray(content)
    for _ in range(random_.choice((1, 1, 1, 2, 8))):
        at = random_.randrange(end)
        kind = random_.randrange(5)
        length = random_.randrange(1, 9)
        if kind == 0:
            mutated[at : at + 1] = bytes((content[at] ^ 1 << random_.randrange(8),))
        elif kind == 1:
            mutated[at : at + 1] = random_.randbytes(1)
        elif kind == 2:
            mutated[at : at + 1] = random_.choice('0123456789-+.eE"\\{}[],: \0\n').encode()
        elif kind == 3:
            del mutated[at : at + length]
        else:
            mutated[at:at] = content[at : at + length]
    return mutated


def test_mutations(good: Path) -> None:
    """Whatever bytes are changed, the file is read or refused with a sentence."""
    content = good.read_bytes()
    header_end = 8 + int.from_bytes(content[:8], "little")
    random_ = random.Random(0)
    num_refused = 0
    with good.open("r+b", buffering=0) as file:
        for i in range(10_000):
            # The weights are worth few tries: nearly all their bytes are good.
            end = len(content) if i % 10 == 0 else header_end
            mutated = mutate(content, end, random_)
            file.seek(0)
            file.write(mutated)
            file.truncate()
            try:
                read_model_file(good)
            except ModelFileError as error:
                num_refused += 1
                assert error.sentence.isprintable()
    assert 5_000 < num_refused < 10_000


JUNK: list[Any] = [
    None, True, -1, 0, 10**9, 10**30, 10**400, 1.5, -1e308, "", "x", "\0", [], {}, [[]], [None],
    [-1], [10**30] * 2, [1e300] * 2, [True], ["a"], [0] * 100, {"a": None}, {"hidden": [10**9]},
    {"hidden": [3] * 1000}, {"hidden": None}, {"hidden": [True]}, {"channels": "x"},
]  # fmt: skip


@pytest.mark.parametrize("field", ModelDocument.__struct_fields__)
def test_junk_in_the_document(field: str) -> None:
    for junk in JUNK:
        document = {**json.loads(encode_document(DOCUMENT)), field: junk}
        try:
            decode_document(json.dumps(document))
        except ModelFileError as error:
            assert error.sentence.isprintable()


@pytest.mark.parametrize("field", [option.name for option in options_of(TrainSpec)])
def test_junk_in_the_settings(field: str) -> None:
    for junk in JUNK:
        document = json.loads(encode_document(DOCUMENT))
        document["spec"][field] = junk
        try:
            spec = run_spec(decode_document(json.dumps(document)))
        except ModelFileError:
            continue
        if spec is not None:
            spec.validate()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format_version": 0}, "out of bounds"),
        ({"latent_dim": 10**9}, "out of bounds"),
        ({"input_shape": (10**6, 2, 1)}, "out of bounds"),
        ({"input_shape": (2, 2, 4)}, "out of bounds"),
        ({"latent_mean": [0.0]}, "out of bounds"),
        ({"latent_std": [1.0, -1.0]}, "out of bounds"),
        ({"step": -1}, "out of bounds"),
        ({"epoch": 10**30}, "out of bounds"),
    ],
)
def test_document_out_of_bounds(change: dict[str, Any], words: str) -> None:
    text = encode_document(msgspec.structs.replace(DOCUMENT, **change))
    with pytest.raises(ModelFileError, match=words):
        decode_document(text)


# Numbers that are none


def test_counts_weights_that_are_not_finite(path: Path) -> None:
    weight = np.zeros((28, 28), "<f4")
    weight[3, :2] = np.nan
    weight[5, 5] = -np.inf
    bias = np.full(1, np.inf, "<f4")
    tensors = table(**{
        "decoder.0.weight": entry(0, weight.nbytes, [28, 28]),
        "decoder.0.bias": entry(weight.nbytes, weight.nbytes + 4),
    })  # fmt: skip
    path.write_bytes(raw_file(tensors, weight.tobytes() + bias.tobytes()))
    error = refusal(path)
    assert "3 of the 784 weights in decoder.0.weight are not finite numbers" in error.sentence
    assert "1 of the 1 weights in decoder.0.bias is not a finite number" in error.details


def test_what_float32_cannot_hold_is_not_finite(path: Path) -> None:
    path.write_bytes(raw_file(table(w=entry(0, 8, [1], "F64")), np.array(1e300).tobytes()))
    assert "1 of the 1 weights in w is not a finite number" in refusal(path).sentence


# Writing that fails


def write_refusal(path: Path, **change: Any) -> ModelFileError:
    document = msgspec.structs.replace(DOCUMENT, **change.pop("document", {}))
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(ModelFileError) as caught:
        write_model_file(path, document, change.get("weights", WEIGHTS))
    assert (path.read_bytes() if path.exists() else None) == before
    assert {entry.name for entry in path.parent.iterdir()} <= {path.name}
    return caught.value


@pytest.mark.parametrize(
    "change",
    [
        {"document": {"latent_dim": 3}},
        {"weights": {}},
        {"weights": {"": np.zeros(0, np.float32)}},
        {"weights": {"a\nb": np.zeros(1, np.float32)}},
    ],
)
def test_nothing_is_saved_that_could_not_be_opened(good: Path, change: dict[str, Any]) -> None:
    assert (
        "was not saved: LatentLab could not open it again" in write_refusal(good, **change).sentence
    )


def test_nothing_is_saved_that_is_not_finite(good: Path) -> None:
    error = write_refusal(good, weights={"w": np.array([1.0, np.nan, 1e300])})
    assert error.sentence == (
        "model.safetensors was not saved: 2 of the 3 weights in w are not finite numbers."
    )


def test_integers_are_a_defect(path: Path) -> None:
    with pytest.raises(TypeError, match="steps is int64"):
        write_model_file(path, DOCUMENT, {"steps": np.zeros(1, np.int64)})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.ENOSPC, "The disk is full: "),
        (errno.EIO, f"Writing failed ({os.strerror(errno.EIO)}): "),
    ],
)
def test_a_disk_that_fails(
    path: Path, error: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError(error, os.strerror(error))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert write_refusal(path).sentence == f"{words}model.safetensors was not saved."
    write_model_file(path, DOCUMENT, WEIGHTS)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        assert write_refusal(path).sentence == (
            f"{words}model.safetensors was not saved; the earlier file is intact."
        )
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)  # of the folder, after the rename
        assert "may be lost if the power fails" in write_refusal(path).sentence


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="x was not saved"):
        write_model_file(tmp_path / "none" / "x", DOCUMENT, WEIGHTS)


def test_keeps_the_previous_file(good: Path) -> None:
    before = good.read_bytes()
    write_model_file(good, msgspec.structs.replace(DOCUMENT, step=5), WEIGHTS, keep_previous=True)
    assert read_model_file(good).document.step == 5
    assert previous_path(good).read_bytes() == before
    assert read_model_file(previous_path(good)).document.step == 0


# Comparing


def test_fingerprint(good: Path) -> None:
    fingerprint = content_fingerprint(WEIGHTS)
    assert len(fingerprint) == 64
    assert content_fingerprint(dict(reversed(WEIGHTS.items()))) == fingerprint
    assert content_fingerprint(read_model_file(good).weights) == fingerprint
    weight = WEIGHTS["encoder.0.weight"]
    for other in (
        {**WEIGHTS, "encoder.0.weight": weight.reshape(4, 3)},
        {**WEIGHTS, "encoder.0.weight": np.nextafter(weight, np.float32(99))},
        {name + "_": array for name, array in WEIGHTS.items()},
        {**WEIGHTS, "more": np.zeros(1, np.float32)},
    ):
        assert content_fingerprint(other) != fingerprint
