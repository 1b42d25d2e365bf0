"""Measures all images of a set in short pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.engine.jobs import Share, Sources, Steps
from latentlab.engine.pace import pieces
from latentlab.features.properties.measure import NAMES, measure
from latentlab.images.image_set import ImageSet

_MOST_AT_ONCE = 256


def measured(data: ImageSet, sources: Sources) -> Steps[NDArray[np.float32]]:
    """Return the properties of all images, float32 (n, 6), read-only."""
    del sources  # no model is asked
    found = np.empty((len(data), len(NAMES)), np.float32)
    for rows in pieces(len(data), _MOST_AT_ONCE):
        found[rows] = measure(np.asarray(data.images[rows]))
        yield Share(rows.stop / len(data))
    found.flags.writeable = False
    return found
