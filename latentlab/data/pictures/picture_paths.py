"""Whether a path leads to pictures, told quickly."""

from __future__ import annotations

import os
import stat
from collections import deque
from pathlib import Path

from latentlab.data.pictures.parquet import is_parquet

_MAX_ENTRIES = 5000  # of a folder that are looked at
_ZIP = b"PK\x03\x04"
_HEAD_BYTES = 64


def is_pictures(path: Path) -> bool:
    """Whether a path is a picture, an archive or table of pictures, or a folder that holds some.

    Only so many entries of a folder are looked at; the content decides where the name does not.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(mode):
        return is_parquet(path) or _may_be_picture(str(path))
    return stat.S_ISDIR(mode) and (is_parquet(path) or _holds_pictures(path))


def _holds_pictures(folder: Path) -> bool:
    waiting, left = deque([str(folder)]), _MAX_ENTRIES
    while waiting and left > 0:
        try:
            with os.scandir(waiting.popleft()) as listed:
                for entry in listed:
                    left -= 1
                    if left < 0:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file() and _may_be_picture(entry.path):
                        return True
        except OSError:
            continue
    return False


def _may_be_picture(path: str) -> bool:
    # Pillow is loaded by this module, and not before somebody has pictures.
    from latentlab.data.pictures.picture import PICTURE_SUFFIXES, looks_like_picture

    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - for many names: this is faster
    if suffix in PICTURE_SUFFIXES:
        return True
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    if head.startswith(_ZIP):
        return suffix == ".zip"
    return looks_like_picture(head) is not None
