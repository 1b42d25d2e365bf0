"""NumPy files: ``.npz`` with ``x`` or ``images`` and optional labels, and ``.npy``."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.data.npy_header import MAGIC, read_npy_header
from latentlab.data.regular_file import RegularFile
from latentlab.data.stored_images import StoredImages
from latentlab.images.image_array import ImageArray
from latentlab.images.image_set import ImageSet

MAX_BYTES = 8 << 30

# What NumPy, zipfile and zlib raise at damaged files.
_UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    SystemError,  # letters beyond the last one
    TypeError,
    OverflowError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def open_arrays(path: Path) -> ImageSet:
    """Return the images of a NumPy file.

    An ``.npz`` has ``x`` or ``images``, uint8 (n, h, w) or (n, h, w, c), and may have ``y`` or
    ``labels``, integers (n,). An ``.npy`` has the images alone, which stay in it. The content
    decides which of them a file is, not its name.

    Raises
    ------
    DataError
        If the file is damaged, holds pickled objects, or the shapes do not fit.
    """
    numbers: NDArray[np.int32] | None = None
    names: tuple[str, ...] = ()
    try:
        images, labels = _read(path)
        if labels is not None:
            numbers, names = _classes(path, labels, len(images))
    except _UNREADABLE as error:
        if "pickle" in str(error).lower() or "Python objects" in str(error):
            raise _holds_objects(path, str(error)) from error
        raise DataError(f"“{path.name}” cannot be read; it is damaged.", str(error)) from error
    return ImageSet(
        name=str(path), title=path.stem, images=images, labels=numbers, class_names=names
    )


def _read(path: Path) -> tuple[ImageArray, NDArray[Any] | None]:
    file = RegularFile(path)
    magic = file.read(0, min(6, file.num_bytes))
    if magic == MAGIC:
        return _stored(path, file), None
    file.close()
    if magic[:1] == b"\x80":
        raise _holds_objects(path, "a Python pickle")
    if not magic.startswith(b"PK"):
        raise DataError(f"“{path.name}” is not a NumPy file, or it is damaged.")
    # NumPy leaves a file open that it cannot read, so it is opened here.
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        size = sum(entry.file_size for entry in arrays.zip.infolist())
        if size > MAX_BYTES:
            raise DataError(f"“{path.name}” claims {size:,} bytes of arrays, which is too much.")
        images = _first(arrays, "x", "images")
        if images is None:
            raise DataError(
                f"“{path.name}” has no array “x” or “images”; it has: "
                f"{', '.join(arrays) or 'nothing'}."
            )
        _check_images(path, images.dtype, images.shape)
        if images.ndim == 3:
            images = images[..., None]
        return images, _first(arrays, "y", "labels")


def _stored(path: Path, file: RegularFile) -> ImageArray:
    """Return the images of an ``.npy`` file, which stay in it where they lie one by one."""
    header = read_npy_header(file)
    if header.dtype.hasobject:
        raise _holds_objects(path, f"an array of {header.dtype}")
    _check_images(path, header.dtype, header.shape)
    n, h, w, *more = header.shape
    shape = (n, h, w, more[0] if more else 1)
    if not header.is_fortran:
        return StoredImages(file, header.start, shape)
    if header.num_bytes > MAX_BYTES:
        raise DataError(f"“{path.name}” has its images side by side, which is too much to turn.")
    content = np.frombuffer(file.read(header.start, header.num_bytes), np.uint8)
    return np.ascontiguousarray(content.reshape(header.shape, order="F")).reshape(shape)


def _holds_objects(path: Path, details: str) -> DataError:
    return DataError(
        f"“{path.name}” holds Python objects, which may run code when opened; "
        "save plain arrays of numbers instead.",
        details,
    )


def _first(file: Mapping[str, Any], *names: str) -> NDArray[Any] | None:
    for name in names:
        if name in file:
            return np.asarray(file[name])
    return None


def _check_images(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if dtype != np.uint8:
        raise DataError(f"The images in “{path.name}” are {dtype}; they must be uint8.")
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise DataError(
            f"The images in “{path.name}” have the shape {shape}; "
            "(n, h, w), (n, h, w, 1) or (n, h, w, 3) can be opened."
        )
    if 0 in shape:
        raise DataError(f"“{path.name}” holds no images.")


def _classes(
    path: Path, labels: NDArray[Any], count: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if labels.shape != (count,):
        raise DataError(f"“{path.name}” has {labels.size:,} labels for {count:,} images.")
    values, codes = np.unique(labels, return_inverse=True)
    return codes.reshape(-1).astype(np.int32), tuple(str(value) for value in values)
