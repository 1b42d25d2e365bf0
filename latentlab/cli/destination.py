"""Where results go: checked before the work begins, so that no work is lost for a wrong name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO

from latentlab.base.atomic_write import atomic_write
from latentlab.base.errors import LatentLabError, UsageError
from latentlab.images.table_file import Columns, write_table

_ENDINGS_OF_FILES = (".png", ".jpg", ".jpeg", ".npz", ".npy", ".csv", ".parquet", ".safetensors")


def file_to_write(path: Path, endings: Collection[str]) -> Path:
    """Return the path of a result after checking that it can be written.

    Raises
    ------
    UsageError
        If it has another ending, its folder is missing or refuses files, or something else than a
        file has its name.
    """
    try:
        if path.is_dir():
            raise UsageError(f"“{path}” is a folder; name a {' or '.join(endings)} file to write.")
        if path.suffix.lower() not in endings:
            raise UsageError(f"“{path.name}” must end with one of: {', '.join(endings)}.")
        if path.exists() and not path.is_file():
            raise UsageError(f"“{path}” is not a regular file; name another one to write.")
        if not path.parent.is_dir():
            raise UsageError(f"There is no folder “{path.parent}” to write “{path.name}” to.")
    except OSError as error:  # such as a name that is too long
        raise UsageError(f"“{path}” cannot be written: {error.strerror or error}.") from error
    _try_to_write(path.parent)
    return path


def folder_to_write(path: Path) -> Path:
    """Return the folder of results after checking that it is one or can be made; nothing is made.

    Raises
    ------
    UsageError
        If something else has its name, or it cannot be made or written to.
    """
    try:
        if path.is_dir():
            _try_to_write(path)
            return path
        if os.path.lexists(path):
            raise UsageError(f"“{path}” is not a folder; name another one to write to.")
        if path.suffix.lower() in _ENDINGS_OF_FILES:
            raise UsageError(f"“{path.name}” is named like a file; name a folder to write to.")
        nearest = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    except OSError as error:
        raise UsageError(f"“{path}” cannot be made: {error.strerror or error}.") from error
    if not nearest.is_dir():
        raise UsageError(f"“{path}” cannot be made: “{nearest}” is not a folder.")
    _try_to_write(nearest)
    return path


def make_folder(path: Path) -> None:
    """Make a folder and those that it lies in.

    Raises
    ------
    LatentLabError
        If that is impossible.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LatentLabError(f"“{path}” cannot be made: {error.strerror or error}.") from error


def write_result(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file in one step, so that it is complete or not there.

    Raises
    ------
    LatentLabError
        If it cannot be written; an earlier file is intact.
    """
    try:
        atomic_write(path, write)
    except OSError as error:
        raise LatentLabError(f"“{path}” cannot be written: {error.strerror or error}.") from error


def write_table_result(path: Path, columns: Columns) -> None:
    """Write a table in one step, CSV or Parquet by its ending.

    Raises
    ------
    LatentLabError
        If it cannot be written; an earlier file is intact.
    """
    try:
        write_table(path, columns)
    except OSError as error:
        raise LatentLabError(f"“{path}” cannot be written: {error.strerror or error}.") from error


def _try_to_write(folder: Path) -> None:
    # What the system says of permissions is not always true, for root and for network folders.
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"The folder “{folder}” cannot be written to: {error.strerror or error}."
        ) from error
