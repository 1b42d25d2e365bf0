"""A packed data set: decoded pictures in one file, opened at once and read as needed.

A folder with ``images.npy`` (uint8, n × h × w × c), ``labels.npy`` (int32, n) and ``splits.npy``
(int8, n) where there are any, the names of the files behind the images in ``files.npy`` and
``file_ends.npy``, and ``manifest.json`` with everything else, written last.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, overload

import numpy as np
from numpy.typing import NDArray

from latentlab.base.atomic_write import atomic_write
from latentlab.base.errors import DataError
from latentlab.base.shown_name import shown_name
from latentlab.base.write_errors import why_not_written
from latentlab.data.npy_header import NpyHeader, read_npy_header
from latentlab.data.packed_manifest import VERSION, OriginEntry, read_manifest
from latentlab.data.regular_file import RegularFile
from latentlab.data.stored_images import StoredImages
from latentlab.images.image_array import ImageArray
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import SPLITS, Origin, Skipped

MANIFEST = "manifest.json"
IMAGES = "images.npy"

_MAX_UNNAMED_CLASSES = 1 << 20
_NAMES_AT_ONCE = 4096
_COPIED_AT_ONCE = 16 << 20


class PackedNames(Sequence[str]):
    """Names in one block of bytes, read as needed, so that millions of them cost no time to open.

    Bytes that are no UTF-8 become lone surrogates, as in names from the file system.

    Parameters
    ----------
    file, start
        All names one behind the other, from that byte of the file.
    ends
        int64 (n,), where each name ends; never less than the one before.
    """

    def __init__(self, file: RegularFile, start: int, ends: NDArray[np.int64]) -> None:
        self._file = file
        self._start = start
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        return next(iter(self._some(number, number + 1)))

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), _NAMES_AT_ONCE):
            yield from self._some(first, min(first + _NAMES_AT_ONCE, len(self)))

    def _some(self, first: int, stop: int) -> Iterator[str]:
        begin = int(self._ends[first - 1]) if first else 0
        content = self._file.read(self._start + begin, int(self._ends[stop - 1]) - begin)
        at = 0
        for end in (self._ends[first:stop] - begin).tolist():
            yield _name_of(content[at:end])
            at = end


def _name_of(content: bytearray) -> str:
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return content.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, eq=False)
class Contents:
    """All of a packed data set but its pixels."""

    title: str
    image_shape: tuple[int, int, int]
    fingerprint: str
    labels: NDArray[np.int32] | None
    class_names: tuple[str, ...]
    origin: Origin | None
    key: str = ""


def is_packed(path: Path) -> bool:
    """Whether a path is a packed data set."""
    return (path / MANIFEST).is_file() and (path / IMAGES).is_file()


def open_packed(path: Path, name: str | None = None) -> ImageSet:
    """Return a packed data set; its images stay on the disk until they are looked at.

    Parameters
    ----------
    name
        The set's name; its path if not given.

    Raises
    ------
    DataError
        If it is damaged, or made by a newer version; it names the file that is to blame.
    """
    about = read_manifest(path / MANIFEST)
    with _naming(path, IMAGES):
        file, header = _array(path / IMAGES, np.uint8, 4)
        n, h, w, c = header.shape
        if 0 in header.shape or c not in (1, 3):
            raise ValueError(f"images of shape {header.shape}")
        if (h, w, c) != about.image_shape:
            raise ValueError(f"images of shape {header.shape} instead of {about.image_shape}")
        images = StoredImages(file, header.start, (n, h, w, c))
    labels = _numbers(path, "labels.npy", np.int32, n)
    with _naming(path, "labels.npy"):
        if labels is not None:
            _check_range(labels, -1, len(about.class_names) or _MAX_UNNAMED_CLASSES)
    return ImageSet(
        name=str(path) if name is None else name,
        title=about.title,
        images=images,
        labels=labels,
        class_names=about.class_names,
        origin=None if about.origin is None else _origin(path, about.origin, n),
        known_fingerprint=about.fingerprint,
    )


def _origin(path: Path, about: OriginEntry, count: int) -> Origin:
    ends = _numbers(path, "file_ends.npy", np.int64, count)
    splits = _numbers(path, "splits.npy", np.int8, count)
    with _naming(path, "splits.npy"):
        if splits is not None:
            _check_range(splits, 0, len(SPLITS))
    with _naming(path, "files.npy"):
        names, header = _array(path / "files.npy", np.uint8, 1)
    with _naming(path, "file_ends.npy"):
        if ends is None:
            raise ValueError("it is missing")
        if ends[0] < 0 or (np.diff(ends) < 0).any() or ends[-1] != header.shape[0]:
            raise ValueError("names end before they begin, or behind all of them")
    return Origin(
        root=about.root,
        files=PackedNames(names, header.start, ends),
        skipped=tuple(Skipped(*one) for one in about.skipped),
        source_sizes={(w, h): n for w, h, n in about.source_sizes},
        source_modes=about.source_modes,
        num_duplicates=about.num_duplicates,
        splits=splits,
        treatment=about.treatment,
    )


def _numbers(path: Path, name: str, dtype: type, count: int) -> NDArray[Any] | None:
    """Return one number for each image, read into memory; ``None`` where there is no such file."""
    if not os.path.lexists(path / name):
        return None
    with _naming(path, name):
        file, header = _array(path / name, dtype, 1)
        if header.shape != (count,):
            raise ValueError(f"{header.shape[0]:,} numbers for {count:,} images")
        content = file.read(header.start, header.num_bytes)
        file.close()
        found: NDArray[Any] = np.frombuffer(content, dtype)
        found.flags.writeable = False
        return found


def _array(path: Path, dtype: type, ndim: int) -> tuple[RegularFile, NpyHeader]:
    file = RegularFile(path)
    header = read_npy_header(file)
    if header.dtype != dtype or len(header.shape) != ndim or header.is_fortran:
        raise ValueError(f"it is {header.dtype} {header.shape}")
    return file, header


def _check_range(values: NDArray[Any], least: int, stop: int) -> None:
    if not least <= values.min() <= values.max() < stop:
        raise ValueError(f"numbers from {values.min()} to {values.max()}")


@contextmanager
def _naming(path: Path, name: str) -> Iterator[None]:
    """Say which file of a set is to blame."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise DataError(
            f"“{name}” in the packed data set “{shown_name(path.name)}” cannot be read; it is "
            "damaged. Pack the data again.",
            str(error),
        ) from error


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path`` that takes its name at the end, if all went well.

    Raises
    ------
    OSError
        As the system raised it; nothing is left behind then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:40]}.{os.urandom(8).hex()}.tmp")
    temporary.mkdir()
    try:
        yield temporary
        if not is_packed(path):  # else another process was faster, with the same pictures
            if path.is_dir():
                shutil.rmtree(path)  # empty, or what was left of a set
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_contents(folder: Path, contents: Contents) -> None:
    """Write everything beside ``images.npy``, the manifest last.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    origin = contents.origin
    if contents.labels is not None:
        _write_array(folder / "labels.npy", contents.labels.astype(np.int32))
    if origin is not None:
        encoded = [name.encode("utf-8", "surrogatepass") for name in origin.files]
        ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
        _write_array(folder / "file_ends.npy", ends)
        _write_array(folder / "files.npy", np.frombuffer(b"".join(encoded), np.uint8))
        if origin.splits is not None:
            _write_array(folder / "splits.npy", origin.splits.astype(np.int8))
    manifest = {
        "format": "latentlab packed data set",
        "version": VERSION,
        "title": contents.title,
        "image_shape": contents.image_shape,
        "class_names": contents.class_names,
        "fingerprint": contents.fingerprint,
        "key": contents.key,
        "origin": None
        if origin is None
        else {
            "root": origin.root,
            "skipped": [(one.path, one.reason) for one in origin.skipped],
            "source_sizes": [(w, h, n) for (w, h), n in origin.source_sizes.items()],
            "source_modes": dict(origin.source_modes),
            "num_duplicates": origin.num_duplicates,
            "treatment": None if origin.treatment is None else asdict(origin.treatment),
        },
    }
    text = json.dumps(manifest, indent=1)  # ASCII: names need not be valid UTF-8
    atomic_write(folder / MANIFEST, lambda file: _write(file, text.encode()))


def pack_images(data: ImageSet, path: Path) -> None:
    """Write an image set, opened from whatever it was, as a packed one.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    with _as_data_error(path), new_folder(path) as folder:
        _write_array(folder / IMAGES, data.images)
        write_contents(
            folder,
            Contents(
                data.title,
                data.image_shape,
                data.fingerprint,
                data.labels,
                data.class_names,
                data.origin,
            ),
        )


@contextmanager
def _as_data_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = why_not_written(error)
        raise DataError(f"“{path.name}” cannot be written: {why}.", str(error)) from error


def _write_array(path: Path, values: ImageArray | NDArray[Any]) -> None:
    atomic_write(path, _writer(values))


def _writer(values: ImageArray | NDArray[Any]) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        head = np.lib.format.header_data_from_array_1_0(
            np.empty((0, *values.shape[1:]), values.dtype)
        )
        head["shape"] = values.shape
        np.lib.format.write_array_header_1_0(file, head)
        rows = max(1, _COPIED_AT_ONCE // max(1, values[:1].nbytes))
        for start in range(0, len(values), rows):
            file.write(np.ascontiguousarray(values[start : start + rows]).data)

    return write


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
