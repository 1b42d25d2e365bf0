"""Tables of one row an image, as CSV or Parquet by the ending of the file."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.base.atomic_write import atomic_write
from latentlab.base.csv_cell import plain_cell
from latentlab.base.errors import UsageError
from latentlab.images.image_set import ImageSet

ENDINGS = (".csv", ".parquet")

Columns = Mapping[str, Sequence[str] | NDArray[Any]]


def check_table_file(path: Path) -> None:
    """Check that a table can be written to a file of this name.

    Raises
    ------
    UsageError
        If it has another ending, or pyarrow is missing for Parquet.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"“{path.name}” must end with one of: {', '.join(ENDINGS)}.")
    if path.suffix.lower() == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise UsageError("Parquet files need pyarrow: python -m pip install 'latentlab[parquet]'.")


def identity_columns(data: ImageSet) -> dict[str, Sequence[str] | NDArray[Any]]:
    """Return what tells images apart: ``index``, and ``file`` and ``class`` where there are any."""
    columns: dict[str, Sequence[str] | NDArray[Any]] = {"index": np.arange(len(data))}
    origin = data.origin
    if origin is not None and len(origin.files) == len(data):
        columns["file"] = list(origin.files)
    if data.labels is not None:
        columns["class"] = [data.class_name(index) for index in range(len(data))]
    return columns


def write_table(path: Path, columns: Columns) -> None:
    """Write columns of one length, under the file's name only once it is complete.

    In CSV, what is no number is an empty cell, and text is written so that no spreadsheet takes it
    for a formula.

    Raises
    ------
    UsageError
        As :func:`check_table_file`.
    OSError
        As the system raised it; an older file is then intact.
    """
    check_table_file(path)
    write = _parquet if path.suffix.lower() == ".parquet" else _csv
    atomic_write(path, write(columns))


def _csv(columns: Columns) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        # The mark at the start is what tells spreadsheets that it is UTF-8.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", errors="replace")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows(zip(*map(_cells, columns.values()), strict=True))
        text.flush()
        text.detach()

    return write


def _cells(column: Sequence[str] | NDArray[Any]) -> list[str]:
    if not isinstance(column, np.ndarray):
        return [plain_cell(text) for text in column]
    if column.dtype.kind == "f":
        return ["" if np.isnan(value) else f"{value:.9g}" for value in column.tolist()]
    return [str(value) for value in column.tolist()]


def _parquet(columns: Columns) -> Callable[[BinaryIO], None]:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table(
        {name: pyarrow.array(column, from_pandas=True) for name, column in columns.items()}
    )
    return lambda file: parquet.write_table(table, file)
