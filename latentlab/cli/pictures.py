"""Pictures and arrays to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.core.atomic_write import atomic_write
from latentlab.core.errors import LatentLabError


def as_uint8(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Return images of floats in [0, 1] as uint8; what lies outside is limited."""
    if images.dtype == np.uint8:
        return images
    pixels: NDArray[np.uint8] = (np.clip(images, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return pixels


def write_png(path: Path, image: NDArray[Any]) -> None:
    """Write one picture (h, w, c), uint8 or floats in [0, 1].

    Raises
    ------
    LatentLabError
        If it cannot be written.
    """
    from PIL import Image

    pixels = as_uint8(image)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    _write(path, lambda file: picture.save(file, "PNG"))


def write_npz(path: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays by name.

    Raises
    ------
    LatentLabError
        If they cannot be written.
    """
    _write(path, lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]


def _write(path: Path, write: Any) -> None:
    def whole(file: BinaryIO) -> None:
        write(file)

    try:
        atomic_write(path, whole)
    except OSError as error:
        raise LatentLabError(f"“{path}” cannot be written: {error.strerror or error}.") from error
