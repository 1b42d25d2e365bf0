"""Pictures and arrays to files."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.cli.destination import make_folder, write_result

_WRITERS = 16  # threads that write pictures
_AT_ONCE = 256  # pictures in memory


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
    write_result(path, lambda file: picture.save(file, "PNG"))


def write_pngs(folder: Path, numbers: Sequence[int], images: Iterable[NDArray[Any]]) -> None:
    """Write pictures into a folder, named by numbers that all have as many digits.

    Raises
    ------
    LatentLabError
        If the folder cannot be made or a picture cannot be written.
    """
    write_named_pngs(folder, number_names(numbers), images)


def number_names(numbers: Sequence[int]) -> list[str]:
    """Return names of PNG files for numbers, all with as many digits."""
    digits = len(str(max(numbers)))
    return [f"{number:0{digits}d}.png" for number in numbers]


def write_named_pngs(folder: Path, names: Sequence[str], images: Iterable[NDArray[Any]]) -> None:
    """Write pictures into a folder, under relative paths with ``/`` between folders.

    Raises
    ------
    LatentLabError
        If a folder cannot be made or a picture cannot be written.
    """
    from tqdm import tqdm

    for inner in sorted({name.rpartition("/")[0] for name in names}):
        make_folder(folder / inner)
    named = zip((folder / name for name in names), images, strict=True)
    # A disk confirms many files at once almost as fast as one.
    with (
        ThreadPoolExecutor(_WRITERS) as pool,
        tqdm(total=len(names), unit="picture", disable=None, file=sys.stderr) as bar,
    ):
        while part := list(itertools.islice(named, _AT_ONCE)):
            for _ in pool.map(lambda job: write_png(*job), part):
                bar.update()


def write_npz(path: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays by name.

    Raises
    ------
    LatentLabError
        If they cannot be written.
    """
    write_result(path, lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]
