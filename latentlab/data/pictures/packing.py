"""Decode the pictures of a listing once into a packed data set."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.base.write_errors import why_not_written
from latentlab.data.packed import IMAGES, Contents, new_folder, write_contents
from latentlab.data.pictures.decode_crew import DecodeCrew
from latentlab.data.pictures.decode_pool import Decoded, decode_all
from latentlab.data.pictures.decode_worker import HEADER_BYTES
from latentlab.data.pictures.listing import Listing
from latentlab.images.origin import Origin, Skipped
from latentlab.images.treatment import Treatment

_COPIED_AT_ONCE = 16 << 20
_SPARE_BYTES = 64 << 20  # left free on the disk


def pack_pictures(
    listing: Listing,
    treatment: Treatment,
    path: Path,
    crew: DecodeCrew,
    *,
    drop_duplicates: bool = False,
    key: str = "",
) -> Generator[list[Skipped] | int, None, None]:
    """Decode all pictures into the packed data set ``path``, in the order of the listing.

    Yields the number of files done since the last yield, or what was left out, about every 20 ms.
    Closing the generator leaves nothing behind.

    Raises
    ------
    DataError
        If no picture could be decoded, or the disk has no room.
    """
    try:
        with new_folder(path) as folder:
            yield from _pack(listing, treatment, folder, crew, drop_duplicates, key)
    except OSError as error:
        why = why_not_written(error)
        raise DataError(f"The pictures cannot be packed: {why}.", str(error)) from error


def _pack(
    listing: Listing,
    treatment: Treatment,
    folder: Path,
    crew: DecodeCrew,
    drop_duplicates: bool,
    key: str,
) -> Generator[list[Skipped] | int, None, None]:
    entries = listing.entries
    row_bytes = treatment.width * treatment.height * treatment.channels
    needed, free = row_bytes * len(entries) + _SPARE_BYTES, shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"The pictures would take {needed / 2**20:,.0f} MB, and there are only "
            f"{free / 2**20:,.0f} MB free on the disk of “{folder.parent}”."
        )
    out = folder / IMAGES
    out.touch()
    facts: list[Decoded | None] = [None] * len(entries)
    skipped: list[Skipped] = []
    for done in decode_all(entries, treatment, out, crew):
        failed = [Skipped(entries[one.row].name, one.reason) for one in done if one.reason]
        for one in done:
            if not one.reason:
                facts[one.row] = one
        skipped += failed
        if failed:
            yield failed
        yield len(done)
    first = _first_of_each(facts)
    copies = [i for i, one in enumerate(facts) if one is not None and first[one.digest] != i]
    if drop_duplicates:
        found = []
        for i in copies:
            copy = facts[i]
            assert copy is not None
            same = entries[first[copy.digest]].name
            found.append(Skipped(entries[i].name, f"the same as “{same}”"))
            facts[i] = None
        skipped += found
        if found:
            yield found
    kept = np.array([i for i, one in enumerate(facts) if one is not None], np.int64)
    if not len(kept):
        raise DataError(
            f"“{listing.title}” holds no picture that can be opened; {len(skipped):,} "
            f"file{'s were' if len(skipped) != 1 else ' was'} looked at.",
            "\n".join(f"{one.path}: {one.reason}" for one in skipped[:1000]),
        )
    fingerprint = yield from _settle(out, kept, treatment)
    labels, class_names = _used_classes(listing, kept)
    known = [one for one in facts if one is not None]
    all_skipped = sorted((*listing.skipped, *skipped), key=_path_of)
    write_contents(
        folder,
        Contents(
            title=listing.title,
            image_shape=treatment.image_shape,
            fingerprint=fingerprint,
            labels=labels,
            class_names=class_names,
            origin=Origin(
                root=str(listing.root),
                files=[entries[i].name for i in kept],
                skipped=tuple(all_skipped),
                source_sizes=dict(Counter((one.width, one.height) for one in known).most_common()),
                source_modes=dict(Counter(one.mode for one in known).most_common()),
                num_duplicates=len(copies),
                splits=None if listing.splits is None else listing.splits[kept],
                treatment=dataclasses.replace(
                    treatment.as_options, duplicates="drop" if drop_duplicates else "keep"
                ),
            ),
            key=key,
        ),
    )


def _first_of_each(facts: Sequence[Decoded | None]) -> dict[str, int]:
    first: dict[str, int] = {}
    for i, one in enumerate(facts):
        if one is not None:
            first.setdefault(one.digest, i)
    return first


def _path_of(one: Skipped) -> str:
    return one.path


def _used_classes(
    listing: Listing, kept: NDArray[np.int64]
) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    """Return the classes that still have pictures."""
    if listing.labels is None:
        return None, ()
    used, labels = np.unique(listing.labels[kept], return_inverse=True)
    return labels.reshape(-1).astype(np.int32), tuple(listing.class_names[i] for i in used)


def _settle(path: Path, kept: NDArray[np.int64], treatment: Treatment) -> Generator[int, None, str]:
    """Close the gaps in the rows, write the header, and return the fingerprint of the pixels."""
    shape = (len(kept), *treatment.image_shape)
    row_bytes = treatment.width * treatment.height * treatment.channels
    at_once = max(1, _COPIED_AT_ONCE // row_bytes)
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr(shape).encode())
    with path.open("r+b", buffering=0) as file:
        for start in range(0, len(kept), at_once):
            rows = kept[start : start + at_once]
            first, last = int(rows[0]), int(rows[-1])
            block = np.frombuffer(_read(file, first, last + 1 - first, row_bytes), np.uint8)
            if last + 1 - first != len(rows):
                block = block.reshape(-1, row_bytes)[rows - first]
            content = np.ascontiguousarray(block)
            digest.update(content.data)
            if first != start or last + 1 - first != len(rows):
                file.seek(HEADER_BYTES + start * row_bytes)
                _write_all(file, memoryview(content.tobytes()))
            yield 0
        file.truncate(HEADER_BYTES + len(kept) * row_bytes)
        file.seek(0)
        file.write(_header(shape))
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _read(file: BinaryIO, first: int, count: int, row_bytes: int) -> bytes:
    file.seek(HEADER_BYTES + first * row_bytes)
    wanted = count * row_bytes
    parts = []
    while wanted > 0:
        part = file.read(wanted)
        if not part:
            raise OSError("the packed file ends too early")
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


def _write_all(file: BinaryIO, content: memoryview) -> None:
    while len(content):
        content = content[file.write(content) :]


def _header(shape: tuple[int, ...]) -> bytes:
    """Return the header of an ``.npy`` file of uint8, padded to the bytes left for it."""
    text = repr({"descr": "|u1", "fortran_order": False, "shape": shape})
    magic = b"\x93NUMPY\x01\x00"
    length = HEADER_BYTES - len(magic) - 2
    return magic + length.to_bytes(2, "little") + text.encode().ljust(length - 1) + b"\n"
