"""Parquet files with a column of encoded pictures; needs the extra ``parquet``."""

from __future__ import annotations

import bisect
import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.base.errors import DataError
from latentlab.base.shown_name import shown_name
from latentlab.images.origin import Skipped

if TYPE_CHECKING:
    from latentlab.data.pictures.listing import Entry

_IMAGE_COLUMNS = ("image", "img", "images", "picture", "png", "jpg")
_LABEL_COLUMNS = ("label", "labels", "class", "category", "target", "fine_label", "coarse_label")
MAX_ROWS = 10_000_000
_FEW_ROWS = 100_000  # that may all be empty, or the same
_LEAST_ROW_BYTES = 16
_BATCH_BYTES = 16 << 20
_MAX_BATCH_ROWS = 1024
_LABEL_ROWS = 256  # at once; a dictionary may make long ones of few bytes
_MAX_METADATA_BYTES = 64 << 20
_MAX_LABEL = 10_000  # characters
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
        with _reading(file):
            table = _open(file)
            column = _image_column(table.schema_arrow, file.name)
            count = _num_rows(table, column, about.st_size, file.name)
            labels = _labels(table)
        size = max(1, about.st_size // max(1, count))
        folder = f"{prefix}/" if has_splits else ""
        for row in range(count):
            label = None
            if labels is not None:
                with _reading(file):
                    label = next(labels, None)
            name = f"{folder}{shown_name(file.name)}#{row}"
            yield entry(name, str(file), f"{column}/{row}", size, about.st_mtime_ns, label)


def _num_rows(table: Any, column: str, num_bytes: int, name: str) -> int:
    """Return the number of rows, which the file must be large enough for."""
    about = table.metadata
    count = int(about.num_rows)
    groups = [about.row_group(i) for i in range(about.num_row_groups)]
    if count < 0 or count != sum(group.num_rows for group in groups):
        raise ValueError(f"{count:,} rows, but not so many in its parts")
    # An empty cell takes a thousandth of a byte, a picture never less than some bytes.
    if count > MAX_ROWS or count > max(_FEW_ROWS, num_bytes // _LEAST_ROW_BYTES):
        raise DataError(
            f"“{name}” claims {count:,} rows in {num_bytes:,} bytes, which cannot all be pictures."
        )
    return count


class ParquetPictures:
    """Reads the encoded pictures of one file, some rows at a time, best in their order.

    Raises
    ------
    DataError
        If the file cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        with _reading(self._path):
            self._file = _open(self._path)
            about = self._file.metadata
            sizes = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
        self._starts = [0, *itertools.accumulate(sizes)]
        self._at: tuple[int, str] = (-1, "")  # row group and column in work
        self._batches: Iterator[Any] = iter(())
        self._first = 0  # of the rows at hand
        self._rows: list[Any] = []

    def read(self, member: str) -> bytes:
        """Return one encoded picture.

        Raises
        ------
        ValueError
            If there is none in that row.
        DataError
            If the file cannot be read.
        """
        column, row = member.rsplit("/", 1)
        number = int(row)
        if not 0 <= number < self._starts[-1]:
            raise ValueError("there is no such row")
        with _reading(self._path):
            self._go_to(number, column)
        value = self._rows[number - self._first]
        content = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(content, bytes):
            raise ValueError("the row holds no picture")
        return content

    def _go_to(self, number: int, column: str) -> None:
        group = bisect.bisect_right(self._starts, number) - 1
        if (group, column) != self._at or number < self._first:
            self._at = (-1, "")
            self._rows, self._first = [], self._starts[group]
            self._batches = self._file.iter_batches(
                self._batch_rows(group), row_groups=[group], columns=[column], use_threads=False
            )
            self._at = (group, column)
        while number >= self._first + len(self._rows):
            self._first += len(self._rows)
            self._rows = next(self._batches).column(0).to_pylist()

    def _batch_rows(self, group: int) -> int:
        """Return how many rows to have in memory at once."""
        about = self._file.metadata.row_group(group)
        row_bytes = about.total_byte_size // max(1, about.num_rows)
        return int(min(_MAX_BATCH_ROWS, max(1, _BATCH_BYTES // max(1, row_bytes))))


def _open(path: Path) -> Any:
    try:
        import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore] # noqa: F401
        from pyarrow.parquet import ParquetFile  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise DataError(
            "Parquet files need pyarrow: python -m pip install 'latentlab[parquet]'."
        ) from error
    if not path.is_file():  # a pipe would be waited for
        raise ValueError("it is not a regular file")
    return ParquetFile(
        path, thrift_string_size_limit=_MAX_METADATA_BYTES, thrift_container_size_limit=1 << 20
    )


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Put whatever pyarrow raises at damaged files into words."""
    try:
        yield
    except DataError:
        raise
    # Besides its own errors these are OSError, ValueError, TypeError, KeyError, OverflowError,
    # RecursionError and StopIteration, depending on where the damage is.
    except Exception as error:
        raise DataError(
            f"“{shown_name(path.name)}” cannot be read; it is damaged.",
            f"{type(error).__name__}: {str(error)[:1000]}",
        ) from error


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


def _labels(table: Any) -> Iterator[str] | None:
    """Return an iterator over the class of each row, by the names that the schema gives numbers."""
    names = table.schema_arrow.names
    column = next((c for c in _LABEL_COLUMNS if c in names), None)
    if column is None:
        return None
    words = _class_words(table.schema_arrow.metadata or {}, column)
    return _label_texts(table, column, words)


def _label_texts(table: Any, column: str, words: list[str]) -> Iterator[str]:
    for batch in table.iter_batches(_LABEL_ROWS, columns=[column], use_threads=False):
        for value in batch.column(0).to_pylist():
            if isinstance(value, int) and 0 <= value < len(words):
                yield words[value]
            else:
                yield str(value)[:_MAX_LABEL]


def _class_words(metadata: dict[bytes, bytes], column: str) -> list[str]:
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return [str(word) for word in features[column]["names"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
