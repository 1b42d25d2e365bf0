"""Images as all parts of the program see them: an array in memory, or one in a file."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class ImageArray(Protocol):
    """Images uint8 (n, h, w, c), c is 1 or 3, of which parts are taken by index.

    A NumPy array is one. Where images stay in a file, taking some reads them, and may raise
    ``DataError`` if the file has changed meanwhile.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, h, w, c)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8."""

    @property
    def ndim(self) -> int:
        """4."""

    @property
    def nbytes(self) -> int:
        """Size of all images in bytes."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> NDArray[np.uint8]: ...

    def __array__(self) -> NDArray[np.uint8]: ...
