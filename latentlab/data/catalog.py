"""Open any data set by name or path."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from latentlab.base.bundled import BUNDLED_DATA
from latentlab.base.errors import DataError
from latentlab.data.arrays import open_arrays
from latentlab.data.bundled_sets import open_bundled
from latentlab.data.downloads.known import KNOWN_DATA, open_known
from latentlab.data.idx import is_idx, open_idx
from latentlab.data.packed import is_packed, open_packed
from latentlab.data.pictures.import_messages import Imported, ImportProgress
from latentlab.data.pictures.picture_paths import is_pictures
from latentlab.data.shapes import is_shapes_name, open_shapes
from latentlab.images.image_set import ImageSet
from latentlab.images.treatment import TreatmentOptions

_ARRAY_SUFFIXES = (".npz", ".npy")


def open_data(
    name_or_path: str | Path,
    options: TreatmentOptions = TreatmentOptions(),  # noqa: B008 - frozen
    tell: Callable[[ImportProgress], None] | None = None,
) -> ImageSet:
    """Return the images of a bundled or known set, NumPy or IDX files, a packed set, or pictures.

    Parameters
    ----------
    options
        What to do with pictures that are not packed yet; other data have no use for it.
    tell
        Called now and then while pictures are read.

    Raises
    ------
    DataError
        With a sentence if it is missing, damaged or of another kind.
    """
    name = str(name_or_path)
    if not name.strip():  # as an unset variable of a shell gives; it would be the current folder
        raise DataError(
            "The name of the data set is empty; name a folder, a file or a bundled set."
        )
    if is_known_name(name):
        return _open_named(name)
    path = _existing(name_or_path)
    if path.suffix.lower() in _ARRAY_SUFFIXES and path.is_file():
        return open_arrays(path)
    if is_idx(path):
        return open_idx(path)
    if is_packed(path):
        return open_packed(path)
    if path.is_dir() or is_pictures(path):
        return _open_pictures(path, options, tell)
    raise DataError(
        f"“{path.name}” is not a data set that can be opened; pictures, zip archives of them, "
        "packed sets, NumPy (.npz, .npy), IDX and Parquet files are."
    )


def _open_named(name: str) -> ImageSet:
    if name in BUNDLED_DATA:
        return open_bundled(name)
    if name in KNOWN_DATA:
        return open_known(name)
    return open_shapes(name)


def _open_pictures(
    path: Path, options: TreatmentOptions, tell: Callable[[ImportProgress], None] | None
) -> ImageSet:
    # Loads Pillow, which most data can do without.
    from latentlab.data.pictures.picture_import import import_pictures

    with contextlib.closing(import_pictures(path, options)) as messages:
        for found in messages:
            if isinstance(found, Imported):
                return found.data
            if tell is not None:
                tell(found)
    raise AssertionError("an import ends with its result")


def _existing(name_or_path: str | Path) -> Path:
    """Return the path of a file or folder that is there."""
    path = Path(name_or_path)
    try:
        path = path.expanduser()
        is_there = path.exists()
    except (OSError, RuntimeError):  # a name that is too long, or an unknown ~user
        is_there = False
    if not is_there:
        raise DataError(
            f"There is no data set or file “{name_or_path}”; "
            f"bundled sets are: {', '.join(BUNDLED_DATA)}; to download: {', '.join(KNOWN_DATA)}."
        )
    if not (path.is_file() or path.is_dir()):  # opening a pipe would wait for ever
        raise DataError(f"“{path.name}” is neither a file nor a folder.")
    return path


def is_known_name(name: str) -> bool:
    """Whether a text is the name of a data set and no path, whatever files there are."""
    return name in BUNDLED_DATA or name in KNOWN_DATA or is_shapes_name(name)


def is_data(path: Path) -> bool:
    """Whether a path looks like a data set, told from its name and first bytes."""
    return path.suffix.lower() in _ARRAY_SUFFIXES or is_idx(path) or is_packed(path)
