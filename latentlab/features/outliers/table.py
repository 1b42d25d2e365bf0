"""How unusual each image is as a table: one, whoever writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.features.outliers.measure import OutlierScores, ranks_of
from latentlab.images.image_set import ImageSet
from latentlab.images.table_file import identity_columns


def outlier_columns(
    data: ImageSet,
    scores: OutlierScores,
    order: NDArray[np.int64],
    *,
    held_out: NDArray[np.int64] | None,
    num_above: int | None = None,
) -> dict[str, Sequence[str] | NDArray[Any]]:
    """Return the columns of a table, for :func:`~latentlab.images.table_file.write_table`.

    Parameters
    ----------
    data, scores
        The images and their scores.
    order
        int64 (m,), which images, most unusual first. Ranks are among these.
    held_out
        int64, sorted: images that were not trained on; ``None`` where the model knows none of them.
    num_above
        How many of them are above a threshold, where there is one.
    """
    columns: dict[str, Sequence[str] | NDArray[Any]] = {"rank": np.arange(1, len(order) + 1)}
    for name, column in identity_columns(data).items():
        if isinstance(column, np.ndarray):
            columns[name] = column[order]
        else:
            columns[name] = [column[i] for i in order.tolist()]
    unseen = None if held_out is None else np.isin(order, held_out)
    splits = ["other"] * len(order) if unseen is None else _SPLITS[unseen.astype(int)].tolist()
    recon, latent = scores.recon_error[order], scores.latent_distance[order]
    columns |= {
        "split": splits,
        "recon_error": recon,
        "recon_rank": ranks_of(recon),
        "latent_distance": latent,
        "latent_rank": ranks_of(latent),
    }
    if num_above is not None:
        above = np.arange(len(order)) < num_above
        columns["above_threshold"] = np.array(["no", "yes"])[above.astype(int)].tolist()
    return columns


_SPLITS = np.array(["train", "held-out"])
