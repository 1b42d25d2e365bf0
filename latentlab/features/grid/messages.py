"""What the map asks for to paint its grid, and what comes back.

As in :mod:`latentlab.engine.messages`, arrays are contiguous and read-only and belong to
the receiver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TilesRequest:
    """Decode cells of the grid: ``keys`` int64 (n, 2) of a level, at codes float32 (n, d)."""

    session_epoch: int
    sequence: int
    level: int
    keys: NDArray[np.int64]
    z: NDArray[np.float32]


@dataclass(frozen=True)
class TilesDecoded:
    """Cells of the grid: ``keys`` int64 (n, 2), ``images`` uint8 (n, h, w, c)."""

    session_epoch: int
    sequence: int
    level: int
    keys: NDArray[np.int64]
    images: NDArray[np.uint8]
    weights_version: int
