"""Many pictures of one size as one picture, in rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GROUND = 128  # neither black nor white, which are what pictures mostly end in
_GAP_PER_SIDE = 1 / 16


def contact_sheet(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Return pictures row by row with gaps of middle grey between and around them.

    There are as many columns as make the sheet about square; places that remain are grey.

    Parameters
    ----------
    images
        (n, h, w, c), uint8 or floats in [0, 1], n at least 1.

    Returns
    -------
    NDArray[np.uint8]
        (height, width, c).
    """
    n, h, w, c = images.shape
    gap = max(1, round(max(h, w) * _GAP_PER_SIDE))
    columns = min(n, max(1, round(math.sqrt(n * (h + gap) / (w + gap)))))
    rows = -(-n // columns)
    sheet = np.full((gap + rows * (h + gap), gap + columns * (w + gap), c), _GROUND, np.uint8)
    for i, image in enumerate(images):
        top, left = gap + i // columns * (h + gap), gap + i % columns * (w + gap)
        pixels = image if image.dtype == np.uint8 else np.clip(image, 0.0, 1.0) * 255.0 + 0.5
        sheet[top : top + h, left : left + w] = pixels.astype(np.uint8)
    return sheet
