"""Files of codes: written by ``encode``, read by ``decode``."""

from __future__ import annotations

import csv
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.cli.destination import write_result

ENDINGS = (".npz", ".csv", ".parquet")

_MAX_BYTES = 8 << 30  # of codes in a file that unpacks to more than it is
_SINGULAR = {"labels": "label", "indices": "index"}

Arrays = Mapping[str, NDArray[Any]]


def check_parquet(path: Path) -> None:
    """Check that a Parquet file could be written or read here.

    Raises
    ------
    UsageError
        If pyarrow is missing and ``path`` ends with ``.parquet``.
    """
    if path.suffix.lower() == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise UsageError("Parquet files need pyarrow: python -m pip install 'latentlab[parquet]'.")


# Writing


def write_codes(path: Path, arrays: Arrays, class_names: tuple[str, ...] = ()) -> None:
    """Write arrays of one length to a file of the kind that its ending names.

    Parameters
    ----------
    path
        Ends with one of :data:`ENDINGS`.
    arrays
        (n, d) or (n,) each, by name.
    class_names
        What the labels stand for; only an ``.npz`` has room for them.

    Raises
    ------
    LatentLabError
        If it cannot be written.
    """
    write_result(path, _WRITERS[path.suffix.lower()](arrays, class_names))


Writer = Callable[[BinaryIO], None]


def _npz(arrays: Arrays, class_names: tuple[str, ...]) -> Writer:
    more = {"class_names": np.array(class_names)} if class_names else {}
    return lambda file: np.savez_compressed(file, **arrays, **more)  # type: ignore[arg-type]


def _csv(arrays: Arrays, _: tuple[str, ...]) -> Writer:
    table = columns(arrays)
    # Nine digits are enough to read the same float32 again.
    row_format = ",".join("%.9g" if c.dtype.kind == "f" else "%d" for c in table.values()) + "\n"

    def write(file: BinaryIO) -> None:
        file.write((",".join(table) + "\n").encode())
        for row in zip(*table.values(), strict=True):
            file.write((row_format % row).encode())

    return write


def _parquet(arrays: Arrays, _: tuple[str, ...]) -> Writer:
    import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from pyarrow import parquet

    table = pyarrow.table(columns(arrays))
    return lambda file: parquet.write_table(table, file)


_WRITERS = {".npz": _npz, ".csv": _csv, ".parquet": _parquet}


def columns(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Return a table of one column for each number: ``z_0``, ``z_1``, …, ``label``, ``index``."""
    found: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            found[_SINGULAR.get(name, name)] = array
        else:
            found |= {f"{name}_{i}": array[:, i] for i in range(array.shape[1])}
    return found


# Reading


def read_codes(path: Path, latent_dim: int) -> NDArray[np.float32]:
    """Return the codes of a file, float32 (n, latent_dim) with n at least 1, all finite.

    The content decides of which kind a file is: an ``.npz`` with an array ``z``, an ``.npy``, a
    Parquet table, or else a table in text, with a header that names columns ``z_0``, ``z_1``, … or
    with codes alone.

    Raises
    ------
    UsageError
        If there is no such file, or it holds no codes of that length.
    """
    try:
        is_file = path.is_file()
    except OSError:  # a name that is too long
        is_file = False
    if not is_file:
        raise UsageError(f"There is no file “{path}”.")
    try:
        found = _read(path)
    except UsageError:
        raise
    except Exception as error:  # zip, zlib, NumPy and pyarrow raise anything
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise _holds_objects(path) from error
        sentence = f"“{path.name}” cannot be read as codes; it is damaged."
        raise UsageError(sentence, str(error)) from error
    return _checked(path, found, latent_dim)


def _read(path: Path) -> NDArray[Any]:
    # NumPy leaves a file open that it cannot read, so it is opened here.
    with path.open("rb") as file:
        magic = file.read(6)
        file.seek(0)
        if magic[:1] == b"\x80":
            raise _holds_objects(path)
        if magic[:4] == b"PAR1":
            return _read_parquet(path)
        if magic == b"\x93NUMPY":
            return np.asarray(np.load(file, allow_pickle=False))
        if magic[:2] != b"PK":
            return _read_text(path)
        with np.load(file, allow_pickle=False) as arrays:
            if "z" not in arrays:
                raise _no_codes(path)
            if sum(entry.file_size for entry in arrays.zip.infolist()) > _MAX_BYTES:
                raise UsageError(f"“{path.name}” claims to hold too many numbers.")
            return np.asarray(arrays["z"])


def _read_text(path: Path) -> NDArray[np.float64]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = [name.strip() for name in next(csv.reader(file), [])]
        places = _places(path, names)
        if places is None:
            file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that there is nothing
            return np.loadtxt(
                file, delimiter=",", usecols=places, ndmin=2, comments=None, quotechar='"'
            )


def _read_parquet(path: Path) -> NDArray[Any]:
    check_parquet(path.with_suffix(".parquet"))
    from pyarrow import parquet

    names = list(parquet.read_schema(path).names)
    places = _places(path, names) or []
    table = parquet.read_table(path, columns=[names[place] for place in places])
    return np.stack([column.to_numpy() for column in table.columns], 1)


def _places(path: Path, names: list[str]) -> list[int] | None:
    """Return where the columns z_0, z_1, … are; ``None`` if the names are numbers themselves."""
    if names and all(_is_number(name) for name in names):
        return None
    count = sum(name.startswith("z_") for name in names)
    wanted = [f"z_{i}" for i in range(count)]
    if not wanted or any(names.count(name) != 1 for name in wanted):
        raise _no_codes(path)
    return [names.index(name) for name in wanted]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _checked(path: Path, found: NDArray[Any], latent_dim: int) -> NDArray[np.float32]:
    if found.ndim == 1:
        found = found[:, None] if latent_dim == 1 else found[None]
    if found.dtype.kind not in "fiu" or found.ndim != 2 or not found.size:
        raise _no_codes(path)
    if found.shape[1] != latent_dim:
        raise UsageError(
            f"A code of this model has {latent_dim:,} numbers; those in “{path.name}” have "
            f"{found.shape[1]:,}."
        )
    with np.errstate(over="ignore"):
        points = found.astype(np.float32)
    if not np.isfinite(points).all():
        raise UsageError(f"Some of the numbers in “{path.name}” are not finite.")
    return points


def _no_codes(path: Path) -> UsageError:
    return UsageError(
        f"“{path.name}” holds no codes: an array z of numbers (n, d) is needed, or columns z_0, "
        "z_1 and so on."
    )


def _holds_objects(path: Path) -> UsageError:
    return UsageError(
        f"“{path.name}” holds Python objects, which may run code when opened; save plain arrays "
        "of numbers instead."
    )
