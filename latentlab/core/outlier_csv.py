"""How unusual each image is as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.core.atomic_write import atomic_write
from latentlab.core.image_set import ImageSet
from latentlab.core.outlier_scores import OutlierScores, ranks_of
from latentlab.core.skipped_csv import plain_cell

COLUMNS = (
    "rank",
    "index",
    "file",
    "class",
    "split",
    "recon_error",
    "recon_rank",
    "latent_distance",
    "latent_rank",
    "above_threshold",
)


def write_outliers(
    path: Path,
    data: ImageSet,
    scores: OutlierScores,
    order: NDArray[np.int64],
    *,
    num_above: int,
    held_out: NDArray[np.int64] | None,
) -> None:
    """Write images in an order as CSV, under its name only once it is complete.

    Parameters
    ----------
    path
        The file.
    data, scores
        The images and their scores; names of files and classes are written so that no spreadsheet
        takes them for formulas.
    order
        int64 (m,), which images, most unusual first. Places are among these.
    num_above
        How many of them are above the threshold.
    held_out
        int64, sorted: images that were not trained on; ``None`` where the model knows none of them.

    Raises
    ------
    OSError
        As the system raised it; an older file is then intact.
    """
    origin = data.origin
    files = None if origin is None or len(origin.files) != len(data) else origin.files
    recon, latent = scores.recon_error[order], scores.latent_distance[order]
    recon_ranks, latent_ranks = ranks_of(recon), ranks_of(latent)
    unseen = None if held_out is None else np.isin(order, held_out)

    def write(file: BinaryIO) -> None:
        # The mark at the start is what tells spreadsheets that it is UTF-8.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", errors="replace")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for place, index in enumerate(order.tolist()):
            split = "other" if unseen is None else "held-out" if unseen[place] else "train"
            writer.writerow(
                (
                    place + 1,
                    index,
                    "" if files is None else plain_cell(files[index]),
                    plain_cell(data.class_name(index)),
                    split,
                    f"{recon[place]:.9g}",
                    recon_ranks[place],
                    f"{latent[place]:.9g}",
                    latent_ranks[place],
                    "yes" if place < num_above else "no",
                )
            )
        text.flush()
        text.detach()

    atomic_write(path, write)
