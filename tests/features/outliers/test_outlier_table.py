"""The table of outliers: complete, in order, and never a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from latentlab.features.outliers.measure import OutlierScores
from latentlab.features.outliers.table import outlier_columns
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Origin
from latentlab.images.table_file import write_table


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def data_of(files: tuple[str, ...] | None, tmp_path: Path) -> ImageSet:
    origin = None if files is None else Origin(root=str(tmp_path), files=files)
    labels = np.array([0, 1, 0], np.int32)
    return ImageSet("x", "X", np.zeros((3, 2, 2, 1), np.uint8), labels, ("=SUM(A1)", "b"), origin)


def test_names_are_no_formulas_and_places_are_among_the_shown(tmp_path: Path) -> None:
    data = data_of(("=cmd().png", "a,b\n.png", "é.png"), tmp_path)
    scores = OutlierScores(np.array([0.1, 0.3, 0.2]), np.array([np.nan, 1.0, 2.0]))
    path, order = tmp_path / "out.csv", np.array([1, 0])
    write_table(path, outlier_columns(data, scores, order, num_above=1, held_out=np.array([1])))
    head, first, second = rows_of(path)
    assert head == [
        *("rank", "index", "file", "class", "split", "recon_error", "recon_rank"),
        *("latent_distance", "latent_rank", "above_threshold"),
    ]
    assert first == ["1", "1", first[2], "b", "held-out", "0.3", "1", "1", "1", "yes"]
    assert "\n" not in first[2] and first[2].startswith("a,b")
    assert second[2] == "'=cmd().png" and second[3] == "'=SUM(A1)"
    assert second[4:] == ["train", "0.1", "2", "", "2", "no"]


def test_without_files_threshold_and_with_data_that_the_model_does_not_know(
    tmp_path: Path,
) -> None:
    scores = OutlierScores(np.ones(3), np.ones(3))
    columns = outlier_columns(data_of(None, tmp_path), scores, np.arange(3), held_out=None)
    assert columns["split"] == ["other"] * 3
    assert "file" not in columns and "above_threshold" not in columns
