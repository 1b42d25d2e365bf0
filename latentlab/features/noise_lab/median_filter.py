"""The median of 3×3 pixels: the oldest remedy for salt and pepper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def median_3x3(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return images whose values are the median of themselves and their eight neighbours.

    Channels are filtered apart. Beyond the edge the nearest pixel is repeated.

    Parameters
    ----------
    images
        float32 (n, h, w, c).

    Returns
    -------
    NDArray[np.float32]
        Of the same shape.
    """
    _, h, w, _ = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    shifted = [padded[:, y : y + h, x : x + w] for y in range(3) for x in range(3)]
    result: NDArray[np.float32] = np.partition(np.stack(shifted), 4, axis=0)[4]
    return result
