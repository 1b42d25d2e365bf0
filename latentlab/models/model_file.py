"""Model files: safetensors with a document inside, read without torch and without trust.

Format: 8 bytes little-endian header length, a JSON header, then the numbers of all tensors without
a gap (https://github.com/huggingface/safetensors#format). It is parsed here because a hostile file
has to be refused quickly, in little memory, and before torch is loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

from latentlab.base.atomic_write import atomic_write
from latentlab.base.errors import ModelFileError
from latentlab.base.memory import available_bytes
from latentlab.base.model_place import BEST_NAME, LAST_NAME
from latentlab.base.write_errors import is_disk_full
from latentlab.models.document_fit import fitted
from latentlab.models.model_document import ModelDocument, decode_document, encode_document

MAX_HEADER_BYTES = 4 * 2**20
MAX_WEIGHT_BYTES = 4 * 2**30

# A value of two bytes may become an object of 400, so the length alone would bound too little.
_MAX_HEADER_VALUES = 2**16

_METADATA = "__metadata__"
_DOCUMENT = "latentlab"

# NumPy has no bfloat16: it is read as the upper half of a float32.
_DTYPES = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}

_ROWS_SHOWN = 50

Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A checked model file.

    Attributes
    ----------
    path
        The file itself, also where a run folder was asked for.
    document
        The model's self-description.
    weights
        float32, C-contiguous, read-only and finite, by name.
    """

    path: Path
    document: ModelDocument
    weights: Weights


@dataclass(frozen=True, eq=False)
class ModelHeader:
    """What a model file says of itself, checked; none of its weights is read.

    Attributes
    ----------
    path
        The file itself, also where a run folder was asked for.
    document
        The model's self-description.
    shapes
        Of the weights, by name; together they fill the file exactly.
    """

    path: Path
    document: ModelDocument
    shapes: dict[str, tuple[int, ...]]


class _Tensor(msgspec.Struct, frozen=True):
    dtype: str
    shape: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=2**40)]], msgspec.Meta(max_length=8)]
    data_offsets: tuple[
        Annotated[int, msgspec.Meta(ge=0, le=2**60)], Annotated[int, msgspec.Meta(ge=0, le=2**60)]
    ]

    @property
    def num_weights(self) -> int:
        return math.prod(self.shape)


# Reading


def read_model_header(path: Path) -> ModelHeader:
    """Read and check all of a model file but its weights: at most 4 MiB, whatever it claims.

    Parameters
    ----------
    path
        As for :func:`read_model_file`.

    Raises
    ------
    ModelFileError
        If there is no such file, or it is cut off, damaged, foreign or too large.
    """
    path = _model_in(path)
    with _refusing(path), path.open("rb") as file:
        return _read_header(path, file)[0]


def read_model_file(
    path: Path, check: Callable[[ModelHeader], None] = lambda header: None
) -> ModelFile:
    """Read and check a model.

    Parameters
    ----------
    path
        A ``.safetensors`` file, or a run folder: its ``model.safetensors``, or else its
        ``last.safetensors``.
    check
        Called with what the header says, before any weight is read; what it raises is passed on.

    Raises
    ------
    ModelFileError
        If there is no such file, or it is not a complete, finite model that LatentLab wrote.
        Nothing in the file is executed, and no memory is taken on the word of its header.
    """
    path = _model_in(path)
    with _refusing(path), path.open("rb") as file:
        header, tensors, start = _read_header(path, file)
        check(header)
        _check_memory(path, tensors)
        weights = {
            name: _read_weights(path, file, start, tensor) for name, tensor in tensors.items()
        }
    bad = _not_finite(weights)
    if bad:
        raise _refused(path, f"is damaged: {bad[0]}.", "\n".join(bad[:_ROWS_SHOWN]))
    return ModelFile(path, header.document, weights)


def _read_header(path: Path, file: BinaryIO) -> tuple[ModelHeader, dict[str, _Tensor], int]:
    """Return the header, the tensors, and where in the file the first of them begins."""
    size = os.fstat(file.fileno()).st_size
    length = _header_length(path, file.read(16), size)
    file.seek(8)
    text, tensors = _parse_header(path, file.read(length))
    document = decode_document(text)
    _check_tensors(path, tensors, size - 8 - length)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    return ModelHeader(path, document, shapes), tensors, 8 + length


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror or error}.", repr(error)) from error
    except MemoryError as error:
        raise _too_little_memory(path, "") from error


def _check_memory(path: Path, tensors: Mapping[str, _Tensor]) -> None:
    # Where memory is promised and not there, the system ends the program instead of an error.
    needed = 8 * sum(tensor.num_weights for tensor in tensors.values())  # read, then built
    free = available_bytes()
    if free is not None and needed > free:
        raise _too_little_memory(path, f"{needed:,} bytes are needed, {free:,} are free")


def _model_in(path: Path) -> Path:
    """Return the regular, not obviously foreign file that ``path`` stands for."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            found = [path / name for name in (BEST_NAME, LAST_NAME) if (path / name).exists()]
            if not found:
                raise _refused(
                    path,
                    f"holds no model: a run folder has {BEST_NAME} or {LAST_NAME} in it; choose "
                    "another folder or a .safetensors file.",
                )
            path = found[0]
            mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise _refused(path, "does not exist; it may have been moved or renamed.") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise _refused(path, f"cannot be opened: {reason}.", repr(error)) from error
    if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
        raise _refused(path, "is not a regular file; choose a .safetensors file or a run folder.")
    return path


def _header_length(path: Path, head: bytes, size: int) -> int:
    """Return the length of the header in bytes, at most :data:`MAX_HEADER_BYTES`."""
    length = int.from_bytes(head[:8], "little")
    is_safetensors = head[8:9] == b"{"
    # A length below the cap ends in zero bytes, which no other format has there.
    if not (is_safetensors and length <= MAX_HEADER_BYTES):
        _refuse_foreign_content(path, head)
    _refuse_foreign_suffix(path)
    if size == 0:
        raise _refused(path, "is empty: its writing was cut short; open an earlier copy.")
    if size < 8 + 2:
        raise _refused(path, "is too short to be a model file.", f"{size} bytes")
    if not is_safetensors:
        raise _refused(
            path,
            "is not a model file; LatentLab opens the .safetensors files and run folders that it "
            "wrote.",
            f"begins with {head!r}",
        )
    if length > MAX_HEADER_BYTES:
        raise _header_too_long(path, f"{length:,} bytes")
    if length > size - 8:
        raise _cut_off(path, length - (size - 8))
    return length


def _parse_header(path: Path, header: bytes) -> tuple[str, dict[str, _Tensor]]:
    """Return the document's text and the tensors; their types are checked, not what they say."""
    num_values = sum(header.count(mark) for mark in (b",", b"[", b"{"))
    if num_values > _MAX_HEADER_VALUES:
        raise _header_too_long(path, f"up to {num_values:,} values")
    try:
        table = json.loads(header.decode(), object_pairs_hook=_without_duplicates)
        metadata = msgspec.convert(table.pop(_METADATA, {}), dict[str, str])
        if _DOCUMENT not in metadata:
            raise _refused(
                path,
                "is a safetensors file from another program; LatentLab opens only models that it "
                "trained itself.",
            )
        tensors = msgspec.convert(table, dict[str, _Tensor])
        strange = [name for name in tensors if not (name.isprintable() and len(name) <= 200)]
        if strange:
            raise ValueError(f"a strange name: {strange[0][:200]!a}")
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise _damaged(path, f"the header cannot be read: {error}") from error
    return metadata[_DOCUMENT], tensors


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name occurs twice")
    return table


def _check_tensors(path: Path, tensors: Mapping[str, _Tensor], num_bytes: int) -> None:
    """Check that the tensors fill the ``num_bytes`` after the header exactly."""
    if not tensors:
        raise _damaged(path, "there are no weights")
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        if tensor.dtype not in _DTYPES:
            raise _refused(
                path,
                f"holds weights of a type that LatentLab does not use, {tensor.dtype[:16]!r}; it "
                f"reads {', '.join(_DTYPES)}.",
                f"{name} is {tensor.dtype[:16]!r}",
            )
        begin, stop = tensor.data_offsets
        needed = tensor.num_weights * np.dtype(_DTYPES[tensor.dtype]).itemsize
        if begin != end:
            raise _damaged(path, f"{name} begins at byte {begin:,} instead of {end:,}")
        if stop - begin != needed:
            raise _damaged(
                path, f"{name} {tensor.shape} has {stop - begin:,} bytes instead of {needed:,}"
            )
        end = stop
    if end > num_bytes:
        raise _cut_off(path, end - num_bytes)
    if end < num_bytes:
        raise _damaged(path, f"{num_bytes - end:,} bytes follow the last weight")
    float32_bytes = 4 * sum(tensor.num_weights for tensor in tensors.values())
    if float32_bytes > MAX_WEIGHT_BYTES:
        raise _refused(
            path,
            f"is too large: LatentLab opens models of up to {MAX_WEIGHT_BYTES // 2**30} GiB.",
            f"{float32_bytes:,} bytes of weights",
        )


def _read_weights(
    path: Path, file: BinaryIO, start: int, tensor: _Tensor
) -> npt.NDArray[np.float32]:
    # Read, not mapped: a mapped file that another program shortens ends the process.
    file.seek(start + tensor.data_offsets[0])
    raw = np.fromfile(file, _DTYPES[tensor.dtype], tensor.num_weights)
    if raw.size < tensor.num_weights:
        raise _cut_off(path, (tensor.num_weights - raw.size) * raw.itemsize)
    if tensor.dtype == "BF16":
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold is counted as infinite
        weights = raw.astype(np.float32, copy=False).reshape(tensor.shape)
    weights.flags.writeable = False
    return weights


# Writing


def write_model_file(
    path: Path,
    document: ModelDocument,
    weights: Mapping[str, npt.NDArray[np.floating[Any]]],
    *,
    keep_previous: bool = False,
) -> None:
    """Write a model; equal arguments give equal bytes, and :func:`read_model_file` can read them.

    Parameters
    ----------
    path
        The file; replaced in one step if it exists.
    document
        The model's self-description; what does not fit into the header is cut or omitted, as
        ``models.document_fit`` does it.
    weights
        Floating-point arrays by name, stored as float32.
    keep_previous
        Keep the replaced file as ``name.previous``.

    Raises
    ------
    ModelFileError
        If the file cannot be written, or could not be read again because the description or a
        weight is out of bounds or not finite. An earlier file is intact.
    TypeError
        If an array is not of a floating-point type.
    """
    arrays = {name: _as_float32(name, weights[name]) for name in sorted(weights)}
    bad = _not_finite(arrays)
    if bad:
        raise _refused(path, f"was not saved: {bad[0]}.", "\n".join(bad[:_ROWS_SHOWN]))
    document, _ = fitted(document)
    header = _encode_header(document, arrays)
    _check_readable(path, header, sum(array.nbytes for array in arrays.values()))

    def write(file: BinaryIO) -> None:
        file.write(len(header).to_bytes(8, "little") + header)
        for array in arrays.values():
            file.write(array.data)

    earlier = _stat_or_none(path)
    try:
        atomic_write(path, write, keep_previous=keep_previous)
    except OSError as error:
        raise _not_saved(path, error, earlier) from error


def _as_float32(name: str, array: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(f"{name} is {array.dtype}, not floating point")
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype="<f4", order="C")


def _encode_header(document: ModelDocument, arrays: Mapping[str, npt.NDArray[np.float32]]) -> bytes:
    table: dict[str, Any] = {_METADATA: {_DOCUMENT: encode_document(document)}}
    end = 0
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        table[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": (begin, end)}
    header = msgspec.json.encode(table)
    return header + b" " * (-len(header) % 8)  # so that the numbers begin aligned


def _check_readable(path: Path, header: bytes, num_bytes: int) -> None:
    # A file that could not be opened again is worse than none: the earlier one would be lost.
    try:
        if len(header) > MAX_HEADER_BYTES:
            raise _header_too_long(path, f"{len(header):,} bytes")
        text, tensors = _parse_header(path, header)
        decode_document(text)
        _check_tensors(path, tensors, num_bytes)
    except ModelFileError as error:
        raise _refused(
            path,
            "was not saved: LatentLab could not open it again.",
            f"{error.sentence}\n{error.details}",
        ) from error


def _not_saved(path: Path, error: OSError, earlier: os.stat_result | None) -> ModelFileError:
    name = _shown(path)
    full = is_disk_full(error)
    reason = "The disk is full" if full else f"Writing failed ({error.strerror or error})"
    now = _stat_or_none(path)
    if earlier is None or now is None:
        outcome = f"{name} was not saved."
    elif os.path.samestat(earlier, now):
        outcome = f"{name} was not saved; the earlier file is intact."
    else:  # only the folder could not be flushed
        outcome = f"{name} may be lost if the power fails; save it again."
    return ModelFileError(f"{reason}: {outcome}", f"{_printable(str(path))}\n{error!r}")


def _stat_or_none(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


# Comparing


def content_fingerprint(weights: Mapping[str, npt.NDArray[np.float32]]) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of names, shapes and numbers of all weights."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        array = _as_float32(name, weights[name])
        digest.update(f"{name!r} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def _not_finite(weights: Mapping[str, npt.NDArray[np.float32]]) -> list[str]:
    """Return one line per array that holds NaN or infinity."""
    lines = []
    for name, array in weights.items():
        num_bad = array.size - int(np.count_nonzero(np.isfinite(array)))
        if num_bad:
            verb = "is not a finite number" if num_bad == 1 else "are not finite numbers"
            lines.append(f"{num_bad:,} of the {array.size:,} weights in {name} {verb}")
    return lines


# Formats of others

_RUNS_CODE = (
    "which may run code when opened, so LatentLab never opens it; open the .safetensors file that "
    "LatentLab wrote, or train the model in LatentLab."
)
_OTHER = "which LatentLab does not read; open the .safetensors file that LatentLab wrote."
_PICTURE = "not a model; open the folder of such pictures as a data set instead."

_PICKLE = ("a Python pickle", _RUNS_CODE)
_TORCH = ("a PyTorch checkpoint", _RUNS_CODE)
_KERAS = ("an HDF5 or Keras model", _RUNS_CODE)
_ZIP = ("a ZIP archive such as PyTorch writes", _RUNS_CODE)
_NUMPY = ("a NumPy file", _RUNS_CODE)  # it may hold pickled objects
_ONNX = ("an ONNX model", _OTHER)
_GGUF = ("a GGUF model", _OTHER)
_IMAGE = ("a picture", _PICTURE)

_BY_CONTENT = {
    b"PK\x03\x04": _ZIP,
    b"PK\x05\x06": _ZIP,
    b"\x93NUMPY": _NUMPY,
    b"\x89HDF\r\n\x1a\n": _KERAS,
    b"GGUF": _GGUF,
    b"\x89PNG": _IMAGE,
    b"\xff\xd8\xff": _IMAGE,
    b"GIF8": _IMAGE,
    b"BM": _IMAGE,
    b"RIFF": _IMAGE,
    **{bytes((0x80, protocol)): _PICKLE for protocol in range(2, 6)},
    # No magic number, but the first field is a small version and the second the producer's name.
    **{bytes((0x08, version, 0x12)): _ONNX for version in range(1, 32)},
}

_BY_SUFFIX = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin"), _TORCH),
    **dict.fromkeys((".pt2", ".torchscript", ".ptl"), ("an exported PyTorch program", _RUNS_CODE)),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), _PICKLE),
    **dict.fromkeys((".npz", ".npy"), _NUMPY),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), _KERAS),
    ".onnx": _ONNX,
    ".gguf": _GGUF,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"), _IMAGE),
}


def _refuse_foreign_content(path: Path, head: bytes) -> None:
    kind = next((kind for magic, kind in _BY_CONTENT.items() if head.startswith(magic)), None)
    if kind is _ZIP:  # several formats are ZIP archives inside
        kind = _BY_SUFFIX.get(path.suffix.lower(), kind)
    if kind is not None:
        raise _refused(path, f"is {kind[0]}, {kind[1]}")


def _refuse_foreign_suffix(path: Path) -> None:
    kind = _BY_SUFFIX.get(path.suffix.lower())
    if kind is not None:
        raise _refused(path, f"is named like {kind[0]}, {kind[1]}")


# Words


def _refused(path: Path, what: str, details: str = "") -> ModelFileError:
    return ModelFileError(f"{_shown(path)} {what}", f"{_printable(str(path))}\n{details}".strip())


def _damaged(path: Path, details: str) -> ModelFileError:
    return _refused(path, "is damaged; open an earlier copy or train the model again.", details)


def _too_little_memory(path: Path, details: str) -> ModelFileError:
    return _refused(
        path, "does not fit into memory; close other programs and open it again.", details
    )


def _header_too_long(path: Path, details: str) -> ModelFileError:
    return _refused(
        path,
        "is damaged or from another program: its header is longer than that of any model of "
        "LatentLab.",
        f"the header claims {details}",
    )


def _cut_off(path: Path, num_missing: int) -> ModelFileError:
    return _refused(
        path,
        f"is cut off: {num_missing:,} bytes are missing; copy it again or open an earlier copy.",
    )


def _shown(path: Path) -> str:
    return _printable(path.name or str(path))[:100]


def _printable(text: str) -> str:
    # A name may hold line breaks, and bytes that are no text and could not be printed.
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
