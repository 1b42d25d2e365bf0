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

from latentlab.core.errors import DataError
from latentlab.core.image_set import ImageSet

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
    ``labels``, integers (n,). An ``.npy`` has the images alone and is memory-mapped. The content
    decides which of them a file is, not its name.

    Raises
    ------
    DataError
        If the file is damaged, holds pickled objects, or the shapes do not fit.
    """
    try:
        images, labels = _read(path)
    except _UNREADABLE as error:
        if "pickle" in str(error).lower() or "Python objects" in str(error):
            raise _holds_objects(path, str(error)) from error
        raise DataError(f"“{path.name}” cannot be read; it is damaged.", str(error)) from error
    return _image_set(path, images, labels)


def _read(path: Path) -> tuple[NDArray[Any], NDArray[Any] | None]:
    # NumPy leaves a file open that it cannot read, so it is opened here.
    with path.open("rb") as file:
        magic = file.read(6)
        if magic == b"\x93NUMPY":
            return np.load(path, mmap_mode="r", allow_pickle=False), None
        if magic[:1] == b"\x80":
            raise _holds_objects(path, "a Python pickle")
        if not magic.startswith(b"PK"):
            raise DataError(f"“{path.name}” is not a NumPy file, or it is damaged.")
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            size = sum(entry.file_size for entry in arrays.zip.infolist())
            if size > MAX_BYTES:
                raise DataError(
                    f"“{path.name}” claims {size:,} bytes of arrays, which is too much."
                )
            images = _first(arrays, "x", "images")
            if images is None:
                raise DataError(
                    f"“{path.name}” has no array “x” or “images”; it has: "
                    f"{', '.join(arrays) or 'nothing'}."
                )
            return images, _first(arrays, "y", "labels")


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


def _image_set(path: Path, images: NDArray[Any], labels: NDArray[Any] | None) -> ImageSet:
    if images.dtype != np.uint8:
        raise DataError(f"The images in “{path.name}” are {images.dtype}; they must be uint8.")
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise DataError(
            f"The images in “{path.name}” have the shape {images.shape}; "
            "(n, h, w), (n, h, w, 1) or (n, h, w, 3) can be opened."
        )
    if 0 in images.shape:
        raise DataError(f"“{path.name}” holds no images.")
    names: tuple[str, ...] = ()
    numbers: NDArray[np.int32] | None = None
    if labels is not None:
        if labels.shape != (len(images),):
            raise DataError(f"“{path.name}” has {labels.size:,} labels for {len(images):,} images.")
        values, codes = np.unique(labels, return_inverse=True)
        names = tuple(str(value) for value in values)
        numbers = codes.reshape(-1).astype(np.int32)
    return ImageSet(
        name=str(path), title=path.stem, images=images, labels=numbers, class_names=names
    )
