"""The header of an ``.npy`` file, read as text and never evaluated."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentlab.data.regular_file import RegularFile

MAGIC = b"\x93NUMPY"

_MAX_HEADER_BYTES = 1 << 16
_MAX_DIMS = 32

# {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } in any order and spacing.
_KIND = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?[?a-zA-Z]\d{0,9}(?:\[\w{1,9}\])?)['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([0-9L,\s]*)\)""")


@dataclass(frozen=True)
class NpyHeader:
    """What an ``.npy`` file says of its content.

    Attributes
    ----------
    dtype
        Of the numbers; it may hold Python objects, which must not be read.
    shape
        Of the array.
    is_fortran
        Whether the first index changes fastest.
    start
        Byte at which the numbers begin.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    start: int

    @property
    def num_bytes(self) -> int:
        """Size of the numbers in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npy_header(file: RegularFile) -> NpyHeader:
    """Return the header of a file, which is long enough for all that the header promises.

    Raises
    ------
    ValueError
        If it is no such file, is cut short, or holds records instead of numbers.
    DataError
        If it cannot be read.
    """
    head = file.read(0, min(12, file.num_bytes))
    if len(head) < 10 or not head.startswith(MAGIC):
        raise ValueError("it does not begin as a NumPy file")
    size = 2 if head[6] == 1 else 4
    start = 8 + size
    length = int.from_bytes(head[8:start], "little")
    if head[6] not in (1, 2, 3) or length > _MAX_HEADER_BYTES:
        raise ValueError("its header is of an unknown kind")
    if start + length > file.num_bytes:
        raise ValueError("its header is cut short")
    text = file.read(start, length).decode("latin-1")
    kind, order, shape = _KIND.search(text), _ORDER.search(text), _SHAPE.search(text)
    if kind is None or order is None or shape is None:
        raise ValueError("its header does not describe an array of numbers")
    try:
        dtype = np.dtype(kind[1])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"it holds numbers of an unknown kind, {kind[1]}") from error
    sizes = [part.strip().rstrip("L") for part in shape[1].split(",") if part.strip()]
    if len(sizes) > _MAX_DIMS or not all(part.isdigit() and len(part) < 19 for part in sizes):
        raise ValueError("its header gives no sizes")
    dims = tuple(map(int, sizes))
    found = NpyHeader(dtype, dims, order[1] == "True", start + length)
    if not dtype.hasobject and found.start + found.num_bytes > file.num_bytes:
        missing = found.start + found.num_bytes - file.num_bytes
        raise ValueError(f"it is cut short: {missing:,} bytes are missing")
    return found
