"""A file as it is published, and what is here of it; nothing that needs the network."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 15.0
"""Seconds that a connection and each read may take."""


@dataclass(frozen=True)
class RemoteFile:
    """A file as it is published.

    Attributes
    ----------
    name
        Its name, without folder.
    size
        Bytes.
    sha256
        64 hexadecimal digits.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Progress:
    """How far a download is.

    Attributes
    ----------
    done_bytes, total_bytes
        What is there, and what will be.
    bytes_per_s
        Mean speed of the connection so far; 0 before anything has come.
    """

    done_bytes: int
    total_bytes: int
    bytes_per_s: float


def part_path(folder: Path, file: RemoteFile) -> Path:
    """Return where the beginning of a file waits for the rest.

    It is a folder deeper, where nobody takes it for data.
    """
    return folder / "partial" / f"{file.name}.part"


def is_intact(file: RemoteFile, path: Path) -> bool:
    """Whether a file is there and is the published one."""
    try:
        if path.stat().st_size != file.size:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    except OSError:
        return False
