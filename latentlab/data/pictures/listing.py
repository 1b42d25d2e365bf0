"""Which files a folder, an archive or a selection holds, and which class and split each has."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.base.shown_name import shown_name
from latentlab.base.valid_text import valid_text
from latentlab.data.pictures.folder_metadata import METADATA_NAMES, read_metadata
from latentlab.data.pictures.parquet import is_parquet, list_parquet
from latentlab.images.origin import SPLITS, Skipped

MAX_FILE_BYTES = 512 << 20
TOP_FOLDER = "(top folder)"
NO_LABEL = "(no label)"

_SAY_EVERY_S = 0.02
# What zipfile raises at damaged archives.
_BAD_ARCHIVE = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    IndexError,
    OverflowError,
    NotImplementedError,
    EOFError,
    MemoryError,
)
_HASHED_AT_ONCE = 1000
_JUNK = {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".localized"}
_JUNK_FOLDERS = {"__macosx", ".git", ".svn", ".thumbnails", "@eadir"}
_SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}


class Entry(NamedTuple):
    """One file that may be a picture.

    ``name`` is relative to what was opened, with ``/`` between folders. ``member`` is its place
    inside an archive or table at ``path``, empty for a file of its own. ``label`` is a class that
    is known apart from the folders.
    """

    name: str
    path: str
    member: str
    num_bytes: int
    changed_ns: int
    label: str | None = None


@dataclass(frozen=True, eq=False)
class Listing:
    """The files of a data set of pictures, sorted by name.

    Attributes
    ----------
    root, title
        What was opened, and what people read.
    entries
        Files that may be pictures.
    skipped
        What was found and cannot be one.
    class_names, labels
        The classes, sorted, and int32 (n,) indices into them; empty and ``None`` without classes.
    splits
        int8 (n,), index into ``images.origin.SPLITS``, or ``None``.
    key
        Hexadecimal digest of names, sizes and times of change.
    """

    root: Path
    title: str
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]
    class_names: tuple[str, ...]
    labels: NDArray[np.int32] | None
    splits: NDArray[np.int8] | None
    key: str


def list_pictures(paths: Sequence[Path]) -> Generator[int, None, Listing]:
    """Find the files that may be pictures in folders, archives, tables or a selection of files.

    Yields how many were found so far, at least every 20 ms or so while the file system answers.

    Raises
    ------
    DataError
        If a path is missing or an archive is damaged.
    """
    paths = [path.expanduser().absolute() for path in paths]
    for path in paths:
        _check(path)
    root = paths[0] if len(paths) == 1 else Path(os.path.commonpath([p.parent for p in paths]))
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    said_s = time.monotonic()
    for found in _walk(paths, root):
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            entries.append(found)
        if time.monotonic() - said_s > _SAY_EVERY_S:
            yield len(entries)
            said_s = time.monotonic()
    yield len(entries)
    entries, missing = _with_metadata(entries)
    return _listed(root, entries, (*skipped, *missing))


def _check(path: Path) -> None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"There is no file or folder “{path}”.") from error
    except OSError as error:
        raise DataError(f"“{path}” cannot be read: {_why(error, False)}.") from error


def _listed(root: Path, entries: list[Entry], skipped: tuple[Skipped, ...]) -> Listing:
    entries = sorted(entries, key=_by_name)
    folders = [entry.name.split("/")[:-1] for entry in entries]
    folders, splits = _splits(folders)
    labels = [
        entry.label if entry.label is not None else (parts[0] if parts else None)
        for entry, parts in zip(entries, folders, strict=True)
    ]
    class_names: tuple[str, ...] = ()
    numbers = None
    if any(label is not None for label in labels):
        by_metadata = any(entry.label is not None for entry in entries)
        rest = NO_LABEL if by_metadata else TOP_FOLDER
        named = [rest if label is None else label for label in labels]
        named = [readable(label) for label in named]
        class_names = tuple(sorted(set(named), key=_in_order))
        places = {name: place for place, name in enumerate(class_names)}
        numbers = np.array([places[name] for name in named], np.int32)
    digest = hashlib.blake2b(digest_size=16)
    for start in range(0, len(entries), _HASHED_AT_ONCE):
        part = [tuple(entry) for entry in entries[start : start + _HASHED_AT_ONCE]]
        digest.update(repr(part).encode("utf-8", "surrogatepass"))
    return Listing(
        root,
        readable(root.stem if root.is_file() else (root.name or str(root))),
        tuple(entries),
        tuple(sorted(skipped, key=lambda one: one.path)),
        class_names,
        numbers,
        splits,
        digest.hexdigest(),
    )


def readable(name: str) -> str:
    """Return a name from a file system or a table as text that can be stored: valid Unicode."""
    try:
        return os.fsencode(name).decode(errors="replace")
    except UnicodeEncodeError:  # half of a pair, which no file system gives but JSON does
        return valid_text(name)


def _by_name(entry: Entry) -> tuple[str, str]:
    return (entry.name, entry.path)


def _in_order(name: str) -> tuple[int, int, str]:
    """Sort whole numbers by value, before words."""
    is_number = name.isascii() and name.isdigit() and len(name) < 19
    return (0, int(name), name) if is_number else (1, 0, name)


def _splits(folders: list[list[str]]) -> tuple[list[list[str]], NDArray[np.int8] | None]:
    """Take split names off the folders where all pictures lie in such folders."""
    firsts = [_SPLIT_NAMES.get(parts[0].lower()) if parts else None for parts in folders]
    if not firsts or None in firsts or len(set(firsts)) < 2:
        return folders, None
    numbers = np.array([SPLITS.index(name) for name in firsts if name is not None], np.int8)
    return [parts[1:] for parts in folders], numbers


def _with_metadata(entries: list[Entry]) -> tuple[list[Entry], list[Skipped]]:
    """Take classes from ``metadata.csv`` or ``.jsonl`` files, which are no pictures themselves."""
    tables = [entry for entry in entries if entry.name.rsplit("/", 1)[-1] in METADATA_NAMES]
    if not tables:
        return entries, []
    labels: dict[str, str] = {}
    skipped = []
    for table in tables:
        if table.member:
            skipped.append(Skipped(table.name, "a table inside an archive is not read"))
            continue
        folder = table.name[: table.name.rfind("/") + 1]
        try:
            found = read_metadata(Path(table.path))
        except DataError as error:
            skipped.append(Skipped(table.name, error.sentence))
            continue
        labels.update({folder + name: label for name, label in found.items()})
    names = {entry.name for entry in entries}
    skipped += [
        Skipped(name, "named in the metadata, but not there")
        for name in labels
        if name not in names
    ]
    chosen = set(tables)
    kept = [
        entry._replace(label=labels.get(entry.name, entry.label))
        for entry in entries
        if entry not in chosen
    ]
    return kept, skipped


def _walk(paths: Sequence[Path], root: Path) -> Iterator[Entry | Skipped]:
    if len(paths) == 1 and is_parquet(paths[0]):
        yield from list_parquet(paths[0], Entry)
        return
    seen: set[tuple[int, int]] = set()
    alone = len(paths) == 1
    for path in paths:
        name = "" if alone else path.relative_to(root).as_posix()
        try:
            status = path.stat()
        except OSError as error:
            yield Skipped(name or path.name, _why(error, path.is_symlink()))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk_folder(path, name, seen)
        # Opening a pipe would wait for ever.
        elif stat.S_ISREG(status.st_mode) and zipfile.is_zipfile(path):
            yield from _walk_archive(path, name, status.st_mtime_ns)
        else:
            yield _file(str(path), path.name if alone else name, status)


def _walk_folder(folder: Path, name: str, seen: set[tuple[int, int]]) -> Iterator[Entry | Skipped]:
    """Walk without recursion, so that no depth is too deep; each folder once, so links end."""
    waiting = [(str(folder), name)]
    while waiting:
        path, name = waiting.pop()
        try:
            about = os.stat(path)  # noqa: PTH116 - for many names: this is faster
            if (about.st_dev, about.st_ino) in seen:
                yield Skipped(name or path, "this folder was visited already through another name")
                continue
            seen.add((about.st_dev, about.st_ino))
            with os.scandir(path) as listed:
                for entry in listed:
                    below = f"{name}/{entry.name}" if name else entry.name
                    try:
                        is_folder = entry.is_dir()
                        status = None if is_folder else entry.stat()
                    except OSError as error:
                        yield Skipped(below, _why(error, entry.is_symlink()))
                        continue
                    if is_folder:
                        if entry.name.lower() in _JUNK_FOLDERS:
                            yield Skipped(below, "a folder of another program")
                        else:
                            waiting.append((entry.path, below))
                    elif status is not None:
                        yield _file(entry.path, below, status)
        except OSError as error:
            yield Skipped(name or path, _why(error, False))


def _file(path: str, name: str, status: os.stat_result) -> Entry | Skipped:
    if not stat.S_ISREG(status.st_mode):
        return Skipped(name, "not a regular file")
    last = name.rsplit("/", 1)[-1].lower()
    if last in _JUNK or last.startswith("._"):
        return Skipped(name, "a file of the file browser, not a picture")
    if status.st_size == 0:
        return Skipped(name, "empty file")
    if status.st_size > MAX_FILE_BYTES:
        return Skipped(name, f"larger than {MAX_FILE_BYTES >> 20} MB")
    # Told now and not when it is read, so that the key changes once somebody may read it.
    if not os.access(path, os.R_OK):
        return Skipped(name, os.strerror(errno.EACCES).lower())
    return Entry(name, path, "", status.st_size, status.st_mtime_ns)


def _walk_archive(path: Path, name: str, changed_ns: int) -> Iterator[Entry | Skipped]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _BAD_ARCHIVE as error:
        raise DataError(
            f"The archive “{shown_name(path.name)}” cannot be read; it is damaged.", str(error)
        ) from error
    nameless = sum(not member.filename.strip("/") for member in members)
    for _ in range(nameless):
        yield Skipped(name or path.name, "an entry of the archive without a name")
    # Asked of an empty name, a member cannot say whether it is a folder.
    files = [one for one in members if one.filename.strip("/") and not one.is_dir()]
    wrapper = _wrapper(files)
    for member in files:
        inside = member.filename.removeprefix(wrapper).lstrip("/")
        below = f"{name}/{inside}" if name else inside
        parts = inside.lower().split("/")
        if member.flag_bits & 1:
            yield Skipped(below, "encrypted")
        elif any(part in _JUNK_FOLDERS for part in parts) or parts[-1] in _JUNK:
            yield Skipped(below, "a file of the file browser, not a picture")
        elif member.file_size == 0:
            yield Skipped(below, "empty file")
        elif member.file_size > MAX_FILE_BYTES:
            yield Skipped(below, f"larger than {MAX_FILE_BYTES >> 20} MB")
        else:
            yield Entry(below, str(path), member.filename, member.file_size, changed_ns)


def _wrapper(files: Sequence[zipfile.ZipInfo]) -> str:
    """Return the one folder that holds everything in an archive, which is no class."""
    tops = {
        name.split("/", 1)[0] if "/" in name else ""
        for name in (member.filename for member in files)
        if name.split("/", 1)[0].lower() not in _JUNK_FOLDERS
    }
    if len(tops) != 1 or "" in tops:
        return ""
    return tops.pop() + "/"


def _why(error: OSError, is_link: bool) -> str:
    if is_link and isinstance(error, FileNotFoundError):
        return "a link that leads nowhere"
    return (error.strerror or type(error).__name__).lower()
