"""NumPy files: ``.npz`` with ``x`` or ``images`` and optional labels, and ``.npy``."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.core.errors import DataError
from latentlab.core.image_set import ImageSet


def open_arrays(path: Path) -> ImageSet:
    """Return the images of a NumPy file.

    An ``.npz`` has ``x`` or ``images``, uint8 (n, h, w) or (n, h, w, c), and may have ``y`` or
    ``labels``, integers (n,). An ``.npy`` has the images alone and is memory-mapped.

    Raises
    ------
    DataError
        If the file is damaged, holds pickled objects, or the shapes do not fit.
    """
    try:
        if path.suffix.lower() == ".npy":
            return _image_set(path, np.load(path, mmap_mode="r", allow_pickle=False), None)
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, Mapping):
                raise DataError(f"“{path.name}” is not an .npz archive.")
            images = _first(file, "x", "images")
            if images is None:
                raise DataError(
                    f"“{path.name}” has no array “x” or “images”; it has: "
                    f"{', '.join(file) or 'nothing'}."
                )
            return _image_set(path, images, _first(file, "y", "labels"))
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        if "pickle" in str(error).lower():
            raise DataError(
                f"“{path.name}” holds Python objects, which may run code when opened; "
                "save plain arrays of numbers instead.",
                str(error),
            ) from error
        raise DataError(f"“{path.name}” cannot be read; it is damaged.", str(error)) from error


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
