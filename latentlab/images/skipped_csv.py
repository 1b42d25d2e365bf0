"""What was left out of a data set as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from latentlab.base.atomic_write import atomic_write
from latentlab.base.csv_cell import plain_cell
from latentlab.images.origin import Skipped


def skipped_rows(skipped: Iterable[Skipped]) -> str:
    """Return rows of path and reason with tabs between, as spreadsheets paste them."""
    return "\n".join(f"{plain_cell(s.path)}\t{plain_cell(s.reason)}" for s in skipped)


def write_skipped(path: Path, skipped: Iterable[Skipped]) -> None:
    """Write path and reason of each file as CSV, under its name only once it is complete.

    Raises
    ------
    OSError
        As the system raised it; an older file is then intact.
    """

    def write(file: BinaryIO) -> None:
        # The mark at the start is what tells spreadsheets that it is UTF-8.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow(["file", "reason"])
        writer.writerows((plain_cell(s.path), plain_cell(s.reason)) for s in skipped)
        text.flush()
        text.detach()

    atomic_write(path, write)
