"""Open any data set by name or path."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from latentlab.core.bundled import BUNDLED_DATA
from latentlab.core.errors import DataError
from latentlab.core.image_set import ImageSet
from latentlab.core.resources import resource
from latentlab.data.arrays import open_arrays
from latentlab.data.idx import is_idx, open_idx

_ARRAY_SUFFIXES = (".npz", ".npy")


def open_data(name_or_path: str | Path) -> ImageSet:
    """Return the images of a bundled set, a NumPy file, or an IDX file or folder.

    Raises
    ------
    DataError
        With a sentence if it is missing, damaged or of another kind.
    """
    if str(name_or_path) == "digits":
        return _open_digits()
    path = Path(name_or_path)
    try:
        path = path.expanduser()
        is_there = path.exists()
    except (OSError, RuntimeError):  # a name that is too long, or an unknown ~user
        is_there = False
    if not is_there:
        raise DataError(
            f"There is no data set or file “{name_or_path}”; "
            f"bundled sets are: {', '.join(BUNDLED_DATA)}."
        )
    if not (path.is_file() or path.is_dir()):  # opening a pipe would wait for ever
        raise DataError(f"“{path.name}” is neither a file nor a folder.")
    if path.suffix.lower() in _ARRAY_SUFFIXES and path.is_file():
        return open_arrays(path)
    if is_idx(path):
        return open_idx(path)
    if path.is_dir():
        raise DataError(
            f"The folder “{path.name}” holds no data set that can be opened: IDX files "
            "(*-ubyte, also .gz) were looked for."
        )
    raise DataError(
        f"“{path.name}” is not a data set that can be opened; NumPy (.npz, .npy) and IDX files are."
    )


def is_data(path: Path) -> bool:
    """Whether a path looks like a data set, told from its name and first bytes."""
    return path.suffix.lower() in _ARRAY_SUFFIXES or is_idx(path)


def _open_digits() -> ImageSet:
    with np.load(resource("data", "digits", "digits.npz"), allow_pickle=False) as file:
        return ImageSet(
            name="digits",
            title="Digits",
            images=file["images"],
            labels=file["labels"].astype(np.int32),
            class_names=tuple("0123456789"),
        )
