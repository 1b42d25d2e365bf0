"""Write a file so that, whatever happens, its name holds either the old or the new content."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp", re.DOTALL)

# What file systems answer that cannot flush a folder, or do not let it be opened.
_CANNOT_FLUSH_FOLDER = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM}


def atomic_write(
    path: Path, write: Callable[[BinaryIO], None], *, keep_previous: bool = False
) -> None:
    """Write ``path`` through a flushed temporary file beside it.

    Parameters
    ----------
    path
        The file; replaced if it exists. Its folder must exist.
    write
        Writes the content to the binary file that it is given.
    keep_previous
        Keep the replaced file as :func:`previous_path`, with no moment at which ``path`` is not
        complete.

    Raises
    ------
    OSError
        As the system raised it, such as ``ENOSPC``. The old file is then intact; only where the
        last step failed, flushing the folder, is the new file already in its place.
    Exception
        Whatever ``write`` raises; the old file is then intact.
    """
    temporary = _temporary_path(path)
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if keep_previous and path.exists():
            _keep(path)
        os.replace(temporary, path)  # noqa: PTH105 - atomic on every platform
    finally:
        _remove(temporary)
    _flush_folder(path.parent)


def previous_path(path: Path) -> Path:
    """Where :func:`atomic_write` keeps the file that it replaced: ``name.previous``."""
    return path.with_name(f"{path.name}.previous")


def remove_stale_temporaries(folder: Path) -> list[Path]:
    """Remove what a killed program left of its writes in ``folder``; return what was removed.

    Call it only where nobody else is writing, such as in a locked run folder: the temporary of a
    write in progress looks the same.

    Raises
    ------
    OSError
        If the folder cannot be listed. A file that cannot be removed is left.
    """
    stale = [entry for entry in sorted(folder.iterdir()) if _TEMPORARY.fullmatch(entry.name)]
    return [entry for entry in stale if entry.is_file() and _remove(entry)]


def _temporary_path(path: Path) -> Path:
    # Part of the name is enough to recognise it, and a name may be as long as the system allows.
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.tmp")


def _keep(path: Path) -> None:
    temporary = _temporary_path(path)
    try:
        try:
            os.link(path, temporary)  # a second name costs no space
        except OSError:  # FAT and some network folders have no hard links
            with path.open("rb") as source, temporary.open("xb") as copy:
                shutil.copyfileobj(source, copy)
                copy.flush()
                os.fsync(copy.fileno())
        os.replace(temporary, previous_path(path))  # noqa: PTH105
    finally:
        # Renaming one name of a file over another name of the same file leaves both (POSIX).
        _remove(temporary)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder to flush it
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH_FOLDER:
            raise


def _remove(path: Path) -> bool:
    """Remove a file if it is there and may be removed; return whether it was."""
    with contextlib.suppress(OSError):
        path.unlink()
        return True
    return False
