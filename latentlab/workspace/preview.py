"""What a bundled model's map looks like, stored so that it can be shown before torch is loaded."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import ModelFileError

# What NumPy, zipfile and zlib raise at damaged files.
_UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    MemoryError,
    RuntimeError,
    TypeError,
    AttributeError,
    zipfile.BadZipFile,
    zlib.error,
)

Tiles = tuple[int, NDArray[np.int64], NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class Preview:
    """The map of a bundled model with its bundled data.

    Attributes
    ----------
    codes
        float32 (n, d), one code for each image of the data set.
    reference
        float32 (m,), what ``NeighbourIndex`` measures the support against.
    tiles
        For some levels: level, keys int64 (k, 2), pictures uint8 (k, side, side, c); coarse first.
    first_z
        float32 (d,), where the cursor stands at first.
    """

    codes: NDArray[np.float32]
    reference: NDArray[np.float32]
    tiles: tuple[Tiles, ...]
    first_z: NDArray[np.float32]


def read_preview(path: Path) -> Preview:
    """Read a stored map.

    Raises
    ------
    ModelFileError
        If the file is missing or damaged.
    """
    try:
        # NumPy leaves a file open that it cannot read, so it is opened here.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            levels = file["levels"].tolist()
            tiles = tuple(
                (level, file[f"keys_{i}"].astype(np.int64), file[f"tiles_{i}"])
                for i, level in enumerate(levels)
            )
            return Preview(file["codes"], file["reference"], tiles, file["first_z"])
    except _UNREADABLE as error:
        raise ModelFileError(
            "The map of the bundled model cannot be read; install LatentLab again.", str(error)
        ) from error


def write_preview(path: Path, preview: Preview) -> None:
    """Write a map, compressed."""
    arrays: dict[str, NDArray[np.generic]] = {
        "codes": preview.codes,
        "reference": preview.reference,
        "first_z": preview.first_z,
        "levels": np.array([level for level, _, _ in preview.tiles]),
    }
    for i, (_, keys, images) in enumerate(preview.tiles):
        arrays[f"keys_{i}"] = keys.astype(np.int16)
        arrays[f"tiles_{i}"] = images
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
