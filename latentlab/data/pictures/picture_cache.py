"""Packed pictures in the user's cache, found again by what they were made from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from dataclasses import asdict
from pathlib import Path

from latentlab.base.folders import cache_folder
from latentlab.data.packed import is_packed
from latentlab.data.packed_manifest import VERSION
from latentlab.data.pictures.listing import Listing
from latentlab.images.treatment import Treatment

MAX_BYTES = 10 << 30

_USED = "used"  # its time says when a set was last opened
_STALE_S = 24 * 3600.0  # what a killed program left behind


class PictureCache:
    """One folder with a packed data set for each listing and treatment.

    Parameters
    ----------
    folder
        Where; the application's own cache if not given.
    max_bytes
        What all sets together may take; the ones not used for longest go first.
    """

    def __init__(self, folder: Path | None = None, max_bytes: int = MAX_BYTES) -> None:
        self.folder = cache_folder() / "pictures" if folder is None else folder
        self.max_bytes = max_bytes

    @staticmethod
    def key(listing: Listing, treatment: Treatment, drop_duplicates: bool) -> str:
        """Return a name that changes with any file and with what is done to them."""
        made_of = (VERSION, str(listing.root), listing.key, asdict(treatment), drop_duplicates)
        text = json.dumps(made_of, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def path(self, key: str) -> Path:
        """Return where the set of a key is or will be."""
        return self.folder / key

    def has(self, key: str) -> bool:
        """Whether the set of a key is there; notes that it is used."""
        path = self.path(key)
        if not is_packed(path):
            return False
        self.note_use(key)
        return True

    def note_use(self, key: str) -> None:
        """Note that a set is used now."""
        with contextlib.suppress(OSError):
            (self.path(key) / _USED).touch()

    def num_bytes(self) -> int:
        """Return what all sets take on the disk."""
        return sum(size for _, size, _ in self._sets())

    def make_room(self, keep: str = "") -> None:
        """Remove the sets not used for longest until the rest is within the limit."""
        sets = sorted(self._sets())
        total = sum(size for _, size, _ in sets)
        for used_s, size, path in sets:
            is_stale = path.name.endswith(".tmp") and time.time() - used_s > _STALE_S
            if path.name == keep or not (is_stale or total > self.max_bytes):
                continue
            if path.name.endswith(".tmp") and not is_stale:
                continue  # somebody is writing it
            shutil.rmtree(path, ignore_errors=True)
            total -= size

    def clear(self) -> int:
        """Remove all sets and return how many bytes that freed."""
        before = self.num_bytes()
        shutil.rmtree(self.folder, ignore_errors=True)
        return before - self.num_bytes()

    def _sets(self) -> list[tuple[float, int, Path]]:
        """Return (when used, bytes, folder) of each set."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as folders:
            for entry in folders:
                path = Path(entry.path)
                size, used_s = 0, 0.0
                with contextlib.suppress(OSError):
                    for file in path.iterdir():
                        about = file.stat()
                        size += about.st_size
                        used_s = max(used_s, about.st_mtime)
                found.append((used_s, size, path))
        return found
