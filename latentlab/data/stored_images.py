"""Images that stay in their file until they are wanted."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.data.regular_file import RegularFile


class StoredImages:
    """An ``ImageArray`` in a file: opened at once whatever its size, and read piece by piece.

    Indexing takes an integer, a slice, or an array of integers or of booleans for the images, and
    slices of rows and columns behind it, as a NumPy array does. It returns arrays that are the
    receiver's own, and raises ``DataError`` if the file has become shorter or cannot be read.

    Parameters
    ----------
    file
        The file.
    start
        Byte at which the first image begins.
    shape
        (n, h, w, c); each pixel is a byte.
    """

    def __init__(self, file: RegularFile, start: int, shape: tuple[int, int, int, int]) -> None:
        self._file = file
        self._start = start
        self.shape: tuple[int, ...] = shape
        self.dtype: np.dtype[Any] = np.dtype(np.uint8)
        self.ndim = 4
        _, h, w, c = shape
        self._row_bytes, self._image_bytes = w * c, h * w * c

    @property
    def nbytes(self) -> int:
        """Size of all images in bytes."""
        return len(self) * self._image_bytes

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[np.uint8]:
        if copy is False:
            raise ValueError("images in a file cannot be had without a copy")
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)

    def __getitem__(self, index: Any, /) -> NDArray[np.uint8]:
        if not isinstance(index, tuple):
            index = (index,)
        if not index or any(part is None or part is Ellipsis for part in index):
            whole: NDArray[np.uint8] = self[:]
            return np.asarray(whole[index])
        first, *behind = index
        one = not isinstance(first, slice) and np.ndim(first) == 0
        images = self._numbers(first)
        top, bottom = 0, self.shape[1]
        if behind and isinstance(behind[0], slice) and behind[0].step in (None, 1):
            # Bands of images are read alone, as for components of few large images.
            top, bottom, _ = behind[0].indices(self.shape[1])
            bottom = max(top, bottom)
            behind[0] = slice(None)
        found = self._read(images.ravel(), top, bottom)
        found = found[0] if one else found.reshape(*images.shape, *found.shape[1:])
        if not behind:
            return found
        kept = () if one else (slice(None),) * images.ndim
        result: NDArray[np.uint8] = found[(*kept, *behind)]
        return result

    def _numbers(self, index: Any) -> NDArray[np.int64]:
        """Return the numbers of the images that an index means, all of them there."""
        count = len(self)
        if isinstance(index, slice):
            return np.arange(*index.indices(count), dtype=np.int64)
        wanted = np.asarray(index)
        if wanted.dtype == np.bool_ and wanted.ndim == 1:
            if len(wanted) != count:
                raise IndexError(f"{len(wanted)} booleans for {count} images")
            return np.flatnonzero(wanted).astype(np.int64)
        if wanted.ndim == 0:
            wanted = np.array(operator.index(index))
        elif wanted.size == 0:
            wanted = wanted.astype(np.int64)
        elif not np.issubdtype(wanted.dtype, np.integer):
            raise IndexError(f"images are not numbered by {wanted.dtype}")
        numbers: NDArray[np.int64] = wanted.astype(np.int64)
        if numbers.size and not (-count <= numbers.min() and numbers.max() < count):
            raise IndexError(f"there are {count} images")
        return np.where(numbers < 0, numbers + count, numbers)

    def _read(self, images: NDArray[np.int64], top: int, bottom: int) -> NDArray[np.uint8]:
        """Return rows ``top`` to ``bottom`` of images, (k, bottom - top, w, c)."""
        *_, w, c = self.shape
        found = np.empty((len(images), bottom - top, w, c), np.uint8)
        if found.size == 0:
            return found
        size = (bottom - top) * self._row_bytes
        flat = memoryview(found.data).cast("B")
        if size == self._image_bytes:  # neighbours are read at one go
            breaks = (np.flatnonzero(np.diff(images) != 1) + 1).tolist()
            runs = [0, *breaks, len(images)]
        else:
            runs = list(range(len(images) + 1))
        ends = np.array(runs) * size
        starts = images[runs[:-1]] * self._image_bytes + (self._start + top * self._row_bytes)
        parts = zip(ends[:-1].tolist(), ends[1:].tolist(), starts.tolist(), strict=True)
        self._file.read_parts(flat, parts)
        return found
