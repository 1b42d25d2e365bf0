"""How much of the codes a plane keeps, and how far each code lies from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.planes.plane import LatentPlane

FAINTEST = 0.15
"""Opacity of points far from the plane: greyed, not vanished."""

_WIDTH = 0.8  # of the Gaussian, in spreads of the codes
_MEASURED_CODES = 2000
_MEASURED_VALUES = 2**19  # of these codes: of long ones fewer are enough


@dataclass(frozen=True)
class Fidelity:
    """What is lost between the codes and the map.

    Attributes
    ----------
    kept_share
        Share of the variance of the codes along the plane, 0 to 1.
    round_trip
        Error of the way from a code to its place on the map and back, as a multiple of the spread
        of the codes: 0 where nothing is lost, 1 where the mean of all codes would do as well.
    """

    kept_share: float
    round_trip: float


def fidelity(plane: LatentPlane, codes: NDArray[np.float32]) -> Fidelity | None:
    """Measure a plane on codes (n, d), at most 2,000 of them spread evenly, fewer of long codes.

    ``None`` without at least two known codes that differ.
    """
    z = _sample(codes)
    if len(z) < 2:
        return None
    total = float(z.var(0, dtype=np.float64).sum())
    if not total > 0.0:
        return None
    kept = float(plane.to_plane(z).var(0, dtype=np.float64).sum())
    off = (z - plane.rebuilt(z)).astype(np.float64)
    error = float(np.square(off).sum(1).mean())
    return Fidelity(min(kept / total, 1.0), float(np.sqrt(error / total)))


def spread(codes: NDArray[np.float32]) -> float:
    """Return the root mean square distance of codes (n, d) from their mean, in latent units.

    At most 2,000 codes spread evenly are looked at; 0 without any.
    """
    z = _sample(codes)
    return float(np.sqrt(z.var(0, dtype=np.float64).sum())) if len(z) else 0.0


def closeness(plane: LatentPlane, codes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the opacity of each code's point, float32 (n,), :data:`FAINTEST` to 1.

    A Gaussian of the distance from the plane: 1 in the plane, half at about the spread of the
    codes, and faint from twice that on.
    """
    width = max(_WIDTH * spread(codes), 1e-9)
    near = np.exp(-0.5 * np.square(plane.distance(codes) / np.float32(width)))
    opacity: NDArray[np.float32] = np.float32(FAINTEST) + np.float32(1 - FAINTEST) * near
    opacity[np.isnan(opacity)] = FAINTEST  # of rows that are not known
    return opacity


def _sample(codes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return known codes, spread evenly, float32 (m, d)."""
    most = min(_MEASURED_CODES, max(64, _MEASURED_VALUES // max(1, codes.shape[1])))
    if len(codes) > most:
        codes = codes[np.linspace(0, len(codes) - 1, most).astype(np.intp)]
    return codes[np.isfinite(codes).all(1)]
