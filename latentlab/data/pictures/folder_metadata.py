"""``metadata.csv`` and ``metadata.jsonl``: a table of files and their classes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from latentlab.base.errors import DataError

METADATA_NAMES = ("metadata.csv", "metadata.jsonl")

_FILE_COLUMN = "file_name"
_LABEL_COLUMNS = ("label", "labels", "class", "class_name", "category", "target", "y")
_MAX_BYTES = 256 << 20


def read_metadata(path: Path) -> dict[str, str]:
    """Return the class of each file that a table names, by the name that it gives.

    The table has a column ``file_name`` and one for the class: ``label``, ``class``, ``category``
    or ``target``, or whatever the only other column is. Rows without a class are left out.

    Raises
    ------
    DataError
        If it cannot be read or has no such columns.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"“{path.name}” is larger than {_MAX_BYTES >> 20} MB.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _csv_rows(file) if path.suffix == ".csv" else _json_rows(file)
            return _classes(rows, path.name)
    except (OSError, ValueError, csv.Error, RecursionError) as error:
        raise DataError(
            f"“{path.name}” cannot be read as a table of classes.", str(error)
        ) from error


def _csv_rows(file: Any) -> Iterator[dict[str, Any]]:
    yield from csv.DictReader(file)


def _json_rows(file: Any) -> Iterator[dict[str, Any]]:
    for line in file:
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("a line is no object")
            yield row


def _classes(rows: Iterator[dict[str, Any]], table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    column: str | None = None
    for number, row in enumerate(rows):
        if number == 0:
            column = _label_column(row, table)
        name, label = row.get(_FILE_COLUMN), row.get(column or "")
        if (
            isinstance(name, str)
            and label not in (None, "")
            and not isinstance(label, (dict, list))
        ):
            found[name.replace("\\", "/").removeprefix("./")] = str(label)
    if column is None:
        raise DataError(f"“{table}” has no rows.")
    return found


def _label_column(row: dict[str, Any], table: str) -> str:
    if _FILE_COLUMN not in row:
        raise DataError(f"“{table}” has no column “{_FILE_COLUMN}”.")
    others = [name for name in row if name != _FILE_COLUMN]
    chosen = next((name for name in _LABEL_COLUMNS if name in others), None)
    if chosen is None and len(others) == 1:
        chosen = others[0]
    if chosen is None:
        raise DataError(f"“{table}” has no column for classes, such as “label”.")
    return chosen
