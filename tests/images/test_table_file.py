"""Tables are written whole, by the ending of the file, and no cell becomes a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from latentlab.base.errors import UsageError
from latentlab.images.table_file import write_table

COLUMNS = {
    "index": np.arange(3),
    "file": ["=1+1", "b,c", "ü"],
    "area": np.array([0.5, np.nan, 1 / 3], np.float32),
}


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_table(path, COLUMNS)
    rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["index", "file", "area"]
    assert rows[1][1] != "=1+1" and "=1+1" in rows[1][1]
    assert [row[2] for row in rows[1:]] == ["0.5", "", "0.333333343"]


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "t.parquet"
    write_table(path, COLUMNS)
    table = parquet.read_table(path)
    assert table.column_names == list(COLUMNS)
    assert table["file"].to_pylist() == COLUMNS["file"]
    assert table["area"].to_pylist()[1] is None, "no number is missing, not NaN"


def test_another_ending_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must end with"):
        write_table(tmp_path / "t.xlsx", COLUMNS)
    assert list(tmp_path.iterdir()) == []
