"""The matrix of models and noises as a table for spreadsheets, one line for each cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from latentlab.base.atomic_write import atomic_write
from latentlab.base.csv_cell import plain_cell


@dataclass(frozen=True)
class MatrixLine:
    """One cell; the names of the fields are those of the columns.

    ``trained_with`` and ``trained_amount`` are empty and 0 for a model that learnt from clean
    images. All figures are in dB.
    """

    model: str
    trained_with: str
    trained_amount: float
    tested_with: str
    tested_amount: float
    psnr_corrupted_db: float
    psnr_denoised_db: float
    gain_db: float
    num_images: int
    held_out: bool


def write_matrix(path: Path, lines: Iterable[MatrixLine]) -> None:
    """Write cells as CSV, under its name only once it is complete.

    Raises
    ------
    OSError
        As the system raised it; an older file is then intact.
    """

    def write(file: BinaryIO) -> None:
        # The mark at the start is what tells spreadsheets that it is UTF-8.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", errors="replace")
        writer = csv.writer(text)
        writer.writerow(MatrixLine.__dataclass_fields__)
        for line in lines:
            writer.writerow(
                (
                    plain_cell(line.model),
                    plain_cell(line.trained_with),
                    f"{line.trained_amount:g}" if line.trained_with else "",
                    plain_cell(line.tested_with),
                    f"{line.tested_amount:g}",
                    f"{line.psnr_corrupted_db:.4f}",
                    f"{line.psnr_denoised_db:.4f}",
                    f"{line.gain_db:.4f}",
                    line.num_images,
                    "yes" if line.held_out else "no",
                )
            )
        text.flush()
        text.detach()

    atomic_write(path, write)
