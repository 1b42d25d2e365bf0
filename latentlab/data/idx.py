"""IDX files, the format of MNIST and its relatives, gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.images.image_set import ImageSet

_UINT8 = 0x08
_MAX_BYTES = 8 << 30
_MOST_DEFLATED = 1032  # bytes that one byte of gzip can stand for

_CLASS_NAMES = {
    "fashion": (
        "T-shirt", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip


def is_idx(path: Path) -> bool:
    """Whether a path is an IDX file, or a folder with IDX image files."""
    if path.is_dir():
        try:
            return bool(_image_files(path))
        except OSError:  # a folder that may not be listed: whoever opens it says so
            return False
    return path.is_file() and _header(path) is not None


def open_idx(path: Path) -> ImageSet:
    """Return the images of an IDX file or folder, with the labels that lie beside them.

    A folder's training and test files are put together, training first.

    Raises
    ------
    DataError
        If a file is damaged or the labels do not fit.
    """
    files = _image_files(path) if path.is_dir() else [path]
    images, labels = [], []
    for file in files:
        pixels = _read(file)
        if pixels.ndim not in (3, 4):
            raise DataError(f"“{file.name}” holds no images: it has {pixels.ndim} dimensions.")
        images.append(pixels if pixels.ndim == 4 else pixels[..., None])
        labels.append(_labels_beside(file, len(pixels)))
    if any(part.shape[1:] != images[0].shape[1:] for part in images):
        raise DataError(f"The IDX files in “{path.name}” hold images of different sizes.")
    if images[0].shape[-1] not in (1, 3):
        raise DataError(f"“{path.name}” has {images[0].shape[-1]} channels; 1 or 3 can be shown.")
    if sum(map(len, images)) == 0 or 0 in images[0].shape:
        raise DataError(f"“{path.name}” holds no images.")
    known = [part for part in labels if part is not None]
    joined = np.concatenate(known) if known and len(known) == len(labels) else None
    return ImageSet(
        name=str(path),
        title=path.stem if path.is_file() else path.name,
        images=images[0] if len(images) == 1 else np.concatenate(images),
        labels=joined,
        class_names=_class_names(path, joined),
    )


def _class_names(path: Path, labels: NDArray[np.int32] | None) -> tuple[str, ...]:
    if labels is None or len(labels) == 0:
        return ()
    count = int(labels.max()) + 1
    for word, names in _CLASS_NAMES.items():
        if word in str(path.resolve()).lower() and count == len(names):
            return names
    return tuple(str(number) for number in range(count))


def _image_files(folder: Path) -> list[Path]:
    found: dict[str, Path] = {}
    for file in sorted(folder.iterdir()):
        stem = file.name.removesuffix(".gz")
        # Opening a pipe would wait for ever.
        if ("idx3" in stem or "idx4" in stem) and file.is_file():
            found.setdefault(stem, file)
    return sorted(found.values(), key=lambda f: (not f.name.startswith("train"), f.name))


def _labels_beside(file: Path, count: int) -> NDArray[np.int32] | None:
    stem = file.name.removesuffix(".gz")
    stem = stem.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    if stem == file.name.removesuffix(".gz"):
        return None
    for candidate in (file.with_name(stem), file.with_name(stem + ".gz")):
        if candidate.is_file():
            labels = _read(candidate)
            if labels.shape != (count,):
                raise DataError(
                    f"“{candidate.name}” has {labels.size:,} labels for {count:,} images."
                )
            return labels.astype(np.int32)
    return None


def _header(path: Path) -> tuple[int, ...] | None:
    """Return the dimensions of an IDX file of bytes, or ``None`` if it is none."""
    try:
        with _open(path) as file:
            magic = file.read(4)
            if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != _UINT8:
                return None
            if not 1 <= magic[3] <= 4:
                return None
            sizes = file.read(4 * magic[3])
    except (OSError, EOFError, zlib.error):
        return None
    if len(sizes) < 4 * magic[3]:
        return None
    return tuple(int(n) for n in np.frombuffer(sizes, ">u4"))


def _read(path: Path) -> NDArray[np.uint8]:
    shape = _header(path)
    if shape is None:
        raise DataError(f"“{path.name}” is not an IDX file of bytes, or it is damaged.")
    size = math.prod(shape)
    if size > _MAX_BYTES:
        raise DataError(f"“{path.name}” claims {size:,} bytes of pixels, which is too much.")
    # Reading takes the memory at once, so no claim is believed that the file cannot keep.
    if size > _MOST_DEFLATED * path.stat().st_size:
        raise DataError(f"“{path.name}” is damaged: its pixels are cut short.")
    try:
        with _open(path) as file:
            file.read(4 + 4 * len(shape))
            content = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"“{path.name}” cannot be read; it is damaged.", str(error)) from error
    if len(content) != size:
        state = "cut short" if len(content) < size else "followed by something else"
        raise DataError(f"“{path.name}” is damaged: its pixels are {state}.")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _open(path: Path) -> gzip.GzipFile:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]
