"""What was left out, for spreadsheets that must not compute it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from latentlab.base.csv_cell import plain_cell
from latentlab.images.origin import Skipped
from latentlab.images.skipped_csv import skipped_rows, write_skipped


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_cell_begins_a_formula(start: str) -> None:
    assert plain_cell(f"{start}cmd()").startswith("'")


def test_other_cells_are_as_they_were() -> None:
    for text in ("a=b.png", "sub/-x.png", "", "'quoted'", "<b>"):
        assert plain_cell(text) == text


def test_the_file_reads_back(tmp_path: Path) -> None:
    skipped = [
        Skipped('=HYPERLINK("x"),1.png', "not a picture"),
        Skipped('with "quotes", commas.png', "truncated; half of it"),
        Skipped("line\nbreak\r\n.png", "empty"),
        Skipped("caf\udce9/שלום.png", "-1 frames"),
        Skipped("../../<b>x</b>.png", "@reason"),
    ]
    path = tmp_path / "left-out.csv"
    write_skipped(path, skipped)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["file", "reason"],
        ['\'=HYPERLINK("x"),1.png', "not a picture"],
        ['with "quotes", commas.png', "truncated; half of it"],
        ["line\\nbreak\\r\\n.png", "empty"],
        ["caf\\xe9/שלום.png", "'-1 frames"],
        ["../../<b>x</b>.png", "'@reason"],
    ]
    # Whatever reads line by line sees one file in each.
    assert len(path.read_text("utf-8-sig").splitlines()) == len(rows)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_skipped(tmp_path / "missing" / "x.csv", [])
    path = tmp_path / "x.csv"
    path.write_text("old")

    class Broken(list[Skipped]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_skipped(path, Broken())
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_rows_for_the_clipboard_have_one_tab_each() -> None:
    text = skipped_rows([Skipped("a\tb", "=x"), Skipped("c", "d\n")])
    assert text == "a\\tb\t'=x\nc\td\\n"
