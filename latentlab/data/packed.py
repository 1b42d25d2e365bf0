"""A packed data set: decoded pictures in one memory-mapped file, opened at once.

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

from latentlab.core.atomic_write import atomic_write
from latentlab.core.errors import DataError
from latentlab.core.image_set import ImageSet
from latentlab.core.origin import Origin, Skipped
from latentlab.core.treatment import TreatmentOptions

MANIFEST = "manifest.json"
IMAGES = "images.npy"
VERSION = 1

_MAX_MANIFEST_BYTES = 1 << 30
_COPIED_AT_ONCE = 16 << 20


class PackedNames(Sequence[str]):
    """Names in one block of bytes, memory-mapped, so that millions of them cost no time to open.

    Parameters
    ----------
    content
        uint8, all names in UTF-8 one behind the other.
    ends
        int64 (n,), where each name ends.
    """

    def __init__(self, content: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self._content = content
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
        start = int(self._ends[number - 1]) if number else 0
        name = bytes(self._content[start : int(self._ends[number])])
        return name.decode("utf-8", "surrogatepass")


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
        If it is damaged, or made by a newer version.
    """
    try:
        if (path / MANIFEST).stat().st_size > _MAX_MANIFEST_BYTES:
            raise ValueError("the manifest is too large")
        manifest = json.loads((path / MANIFEST).read_bytes())
        if manifest["version"] > VERSION:
            raise DataError(
                f"“{path.name}” was made by a newer version of LatentLab; update to open it."
            )
        images = _load(path / IMAGES, np.uint8, 4)
        count = len(images)
        if count == 0 or 0 in images.shape or images.shape[3] not in (1, 3):
            raise ValueError(f"images of shape {images.shape}")
        labels = _load(path / "labels.npy", np.int32, 1, count, optional=True)
        class_names = tuple(str(one) for one in manifest["class_names"])
        return ImageSet(
            name=str(path) if name is None else name,
            title=str(manifest["title"]),
            images=images,
            labels=labels,
            class_names=class_names,
            origin=_origin(path, manifest, count),
            known_fingerprint=str(manifest["fingerprint"]),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError) as error:
        raise DataError(
            f"The packed data set “{path.name}” cannot be read; it is damaged.", str(error)
        ) from error


def _origin(path: Path, manifest: dict[str, Any], count: int) -> Origin | None:
    about = manifest["origin"]
    if about is None:
        return None
    treatment = about["treatment"]
    ends = _load(path / "file_ends.npy", np.int64, 1, count)
    return Origin(
        root=str(about["root"]),
        files=PackedNames(_load(path / "files.npy", np.uint8, 1), ends),
        skipped=tuple(Skipped(str(one[0]), str(one[1])) for one in about["skipped"]),
        source_sizes={(int(w), int(h)): int(n) for w, h, n in about["source_sizes"]},
        source_modes={str(mode): int(n) for mode, n in about["source_modes"].items()},
        num_duplicates=int(about["num_duplicates"]),
        splits=_load(path / "splits.npy", np.int8, 1, count, optional=True),
        treatment=None if treatment is None else TreatmentOptions(**treatment),
    )


@overload
def _load(path: Path, dtype: type, ndim: int, count: int | None = ...) -> NDArray[Any]: ...
@overload
def _load(
    path: Path, dtype: type, ndim: int, count: int | None = ..., *, optional: bool
) -> NDArray[Any] | None: ...
def _load(
    path: Path, dtype: type, ndim: int, count: int | None = None, *, optional: bool = False
) -> NDArray[Any] | None:
    if optional and not path.exists():
        return None
    if path.stat().st_size <= 128:  # nothing to map
        found = np.load(path, allow_pickle=False)
    else:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    if found.dtype != dtype or found.ndim != ndim or (count is not None and len(found) != count):
        raise ValueError(f"{path.name} is {found.dtype} {found.shape}")
    return np.asarray(found) if found.ndim == 1 else found


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
        why = (error.strerror or type(error).__name__).lower()
        raise DataError(f"“{path.name}” cannot be written: {why}.", str(error)) from error


def _write_array(path: Path, values: NDArray[Any]) -> None:
    atomic_write(path, _writer(values))


def _writer(values: NDArray[Any]) -> Callable[[BinaryIO], None]:
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
