"""``latentlab encode``: images to codes in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from latentlab.cli.subject import choose, open_trained, print_json, writable
from latentlab.core.atomic_write import atomic_write
from latentlab.core.errors import LatentLabError, UsageError

_ENDINGS = (".npz", ".csv", ".parquet")


def encode(
    run: str,
    data: str,
    *,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    split: Literal["auto", "held-out", "train", "all"] = "all",
    device: str = "auto",
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Write the codes of images: z, and mu and logvar where the model has them.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    data
        A data set of images that fit the model.
    out
        codes.npz (arrays z, mu, logvar, labels, indices), codes.csv or codes.parquet.
    split
        Which images.
    device
        auto, cpu, cuda or mps.
    json_
        Write what was done as one JSON object.
    """
    if out.suffix.lower() not in _ENDINGS:
        raise UsageError(f"“{out.name}” must end with one of: {', '.join(_ENDINGS)}.")
    model = open_trained(run, device)
    subject = choose(model, data, split)
    mu, logvar = model.posterior(subject.images)
    # The code of an image is the mean of its posterior: sampled codes would differ each time.
    arrays: dict[str, NDArray[Any]] = {"z": mu}
    if logvar is not None:
        arrays |= {"mu": mu, "logvar": logvar}
    if subject.data.labels is not None:
        arrays["labels"] = subject.data.labels[subject.indices]
    arrays["indices"] = subject.indices
    try:
        atomic_write(writable(out), _WRITERS[out.suffix.lower()](arrays))
    except OSError as error:
        raise LatentLabError(f"“{out}” cannot be written: {error.strerror or error}.") from error
    if json_:
        print_json(
            {
                "out": out,
                "num_images": len(mu),
                "latent_dim": model.latent_dim,
                "arrays": list(arrays),
            }
        )
    else:
        print(out)
    return 0


def columns(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return a table of one column for each number: ``z_0``, ``z_1``, …, ``label``, ``index``."""
    singular = {"labels": "label", "indices": "index"}
    found: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if name == "mu":
            continue  # the same as z
        if array.ndim == 1:
            found[singular.get(name, name)] = array
        else:
            found |= {f"{name}_{i}": array[:, i] for i in range(array.shape[1])}
    return found


Writer = Callable[[BinaryIO], None]


def _npz(arrays: dict[str, NDArray[Any]]) -> Writer:
    return lambda file: np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _csv(arrays: dict[str, NDArray[Any]]) -> Writer:
    table = columns(arrays)

    def write(file: BinaryIO) -> None:
        file.write((",".join(table) + "\n").encode())
        for row in zip(*(column.tolist() for column in table.values()), strict=True):
            file.write((",".join(map(repr, row)) + "\n").encode())

    return write


def _parquet(arrays: dict[str, NDArray[Any]]) -> Writer:
    try:
        import pyarrow  # type: ignore[import-not-found,unused-ignore]
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "Parquet files need pyarrow: python -m pip install 'latentlab[parquet]'."
        ) from error
    table = pyarrow.table(columns(arrays))
    return lambda file: parquet.write_table(table, file)


_WRITERS: dict[str, Callable[[dict[str, NDArray[Any]]], Writer]] = {
    ".npz": _npz,
    ".csv": _csv,
    ".parquet": _parquet,
}
