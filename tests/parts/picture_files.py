"""Small picture files for tests."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def some_pixels(seed: int, width: int = 8, height: int = 8, channels: int = 3) -> NDArray[np.uint8]:
    """Return random pixels, uint8 (h, w, c)."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def encoded(pixels: NDArray[np.uint8], kind: str = "PNG") -> bytes:
    """Return pixels as the content of a picture file."""
    file = BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, kind)
    return file.getvalue()


def write_picture(path: Path, pixels: NDArray[np.uint8], kind: str = "PNG") -> Path:
    """Write a picture, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(pixels, kind))
    return path
