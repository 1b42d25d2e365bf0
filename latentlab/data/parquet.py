"""Parquet files with a column of encoded pictures; needs the extra ``parquet``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.core.errors import DataError
from latentlab.core.origin import Skipped

if TYPE_CHECKING:
    from latentlab.data.listing import Entry

_IMAGE_COLUMNS = ("image", "img", "images", "picture", "png", "jpg")
_LABEL_COLUMNS = ("label", "labels", "class", "category", "target", "fine_label", "coarse_label")
_SPLIT_PREFIXES = ("train", "validation", "test")


def is_parquet(path: Path) -> bool:
    """Whether a path is a Parquet file, or a folder that holds some and no other files."""
    if path.is_file():
        return path.suffix.lower() == ".parquet"
    if not path.is_dir():
        return False
    return bool(_files(path))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.glob("*.parquet")) or sorted(path.glob("data/*.parquet"))
    return [file for file in found if file.is_file()]


def list_parquet(path: Path, entry: Callable[..., Entry]) -> Iterator[Entry | Skipped]:
    """Yield an entry for each row: ``member`` is ``column/row``.

    Files whose names begin with ``train``, ``validation`` or ``test`` are splits.

    Raises
    ------
    DataError
        If Parquet cannot be read here, a file is damaged, or has no column of pictures.
    """
    files = _files(path)
    prefixes = [next((p for p in _SPLIT_PREFIXES if f.name.startswith(p)), "") for f in files]
    has_splits = all(prefixes) and len(set(prefixes)) > 1
    for file, prefix in zip(files, prefixes, strict=True):
        about = file.stat()
        table = _open(file)
        column = _image_column(table.schema_arrow, file.name)
        labels = _labels(table)
        count = table.metadata.num_rows
        size = max(1, about.st_size // max(1, count))
        folder = f"{prefix}/" if has_splits else ""
        for row in range(count):
            label = None if labels is None else labels[row]
            name = f"{folder}{file.name}#{row}"
            yield entry(name, str(file), f"{column}/{row}", size, about.st_mtime_ns, label)


class ParquetPictures:
    """Reads the encoded pictures of one file, a row group at a time."""

    def __init__(self, path: str) -> None:
        self._file = _open(Path(path))
        sizes = [
            self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)
        ]
        self._starts = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
        self._group = -1
        self._rows: list[Any] = []

    def read(self, member: str) -> bytes:
        """Return one encoded picture.

        Raises
        ------
        ValueError
            If there is none in that row.
        """
        column, row = member.rsplit("/", 1)
        number = int(row)
        group = next(i for i, start in enumerate(self._starts[1:]) if number < start)
        if group != self._group:
            self._rows = self._file.read_row_group(group, columns=[column])[column].to_pylist()
            self._group = group
        value = self._rows[number - self._starts[group]]
        content = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(content, bytes):
            raise ValueError("the row holds no picture")
        return content


def _open(path: Path) -> Any:
    try:
        import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from pyarrow.parquet import ParquetFile  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise DataError(
            "Parquet files need pyarrow: python -m pip install 'latentlab[parquet]'."
        ) from error
    try:
        return ParquetFile(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"“{path.name}” cannot be read; it is damaged.", str(error)) from error


def _image_column(schema: Any, name: str) -> str:
    import pyarrow

    def holds_bytes(kind: Any) -> bool:
        if pyarrow.types.is_struct(kind):
            return any(kind.field(i).name == "bytes" for i in range(kind.num_fields))
        return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))

    fitting = [field.name for field in schema if holds_bytes(field.type)]
    chosen = next((c for c in _IMAGE_COLUMNS if c in fitting), fitting[0] if fitting else None)
    if chosen is None:
        raise DataError(f"“{name}” has no column of encoded pictures.")
    return chosen


def _labels(table: Any) -> list[str] | None:
    """Return the class of each row, by the names that the schema gives numbers."""
    names = table.schema_arrow.names
    column = next((c for c in _LABEL_COLUMNS if c in names), None)
    if column is None:
        return None
    values = table.read(columns=[column])[column].to_pylist()
    words = _class_words(table.schema_arrow.metadata or {}, column)
    return [
        words[value] if isinstance(value, int) and 0 <= value < len(words) else str(value)
        for value in values
    ]


def _class_words(metadata: dict[bytes, bytes], column: str) -> list[str]:
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return [str(word) for word in features[column]["names"]]
    except (KeyError, TypeError, ValueError):
        return []
