"""Numbers that the points of the map are coloured by, and the ramp of colours for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 64
"""Colours of the ramp: eyes tell no more apart on points."""

_SHOWN_QUANTILES = (0.01, 0.99)  # a few extreme values would leave one colour for all others
# Dark blue over teal to yellow: lightness grows evenly, also for colour-blind eyes, and both ends
# can be told from a dark and a light ground.
_ANCHORS = np.array(
    [(58, 76, 163), (45, 119, 172), (38, 158, 150), (92, 188, 105), (176, 205, 63), (245, 214, 50)],
    np.float64,
)


def ramp(count: int = LEVELS) -> NDArray[np.uint8]:
    """Return colours from low to high, uint8 (count, 3)."""
    places = np.linspace(0, len(_ANCHORS) - 1, count)
    channels = [np.interp(places, range(len(_ANCHORS)), channel) for channel in _ANCHORS.T]
    colours: NDArray[np.uint8] = np.rint(np.stack(channels, 1)).astype(np.uint8)
    return colours


@dataclass(frozen=True, eq=False)
class PointColouring:
    """A number for each data point.

    Attributes
    ----------
    title, unit
        What people read.
    values
        float32 (n,); NaN where there is none.
    low, high
        The values at the ends of the ramp; what lies beyond has the colour of the end.
    levels
        uint8 (n,), which colour of :func:`ramp` each point has; :data:`LEVELS` without a value.
    """

    title: str
    unit: str
    values: NDArray[np.float32]
    low: float
    high: float
    levels: NDArray[np.uint8]

    def histogram(self, bins: int) -> NDArray[np.int64]:
        """Return how many points lie in each part of the ramp, int64 (bins,)."""
        known = self.values[np.isfinite(self.values)]
        inside = np.clip(known, self.low, self.high)
        counts, _ = np.histogram(inside, bins, (self.low, max(self.high, self.low + 1e-12)))
        found: NDArray[np.int64] = counts.astype(np.int64)
        return found


def point_colouring(title: str, unit: str, values: NDArray[np.float32]) -> PointColouring:
    """Return a colouring whose ramp covers all but the most extreme values."""
    known = values[np.isfinite(values)]
    low, high = (float(q) for q in np.quantile(known, _SHOWN_QUANTILES)) if len(known) else (0, 0)
    if low == high and len(known):
        low, high = float(known.min()), float(known.max())
    scaled = (values - low) / (high - low) if high > low else np.zeros_like(values)
    levels = np.clip(np.nan_to_num(scaled) * LEVELS, 0, LEVELS - 1).astype(np.uint8)
    levels[~np.isfinite(values)] = LEVELS
    return PointColouring(title, unit, values, low, high, levels)
