"""The arithmetic of a flat plane in d dimensions: an origin and two orthonormal directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDE_DIMS = 256
"""Of longer codes not all are looked at everywhere, and none are copied: they fill megabytes."""


@dataclass(frozen=True, eq=False)
class FlatPlane:
    """The points ``origin + u @ basis``.

    Attributes
    ----------
    origin
        float32 (d,), the code at the map's position (0, 0).
    basis
        float32 (2, d), orthonormal rows: the directions of the map's axes.
    """

    origin: NDArray[np.float32]
    basis: NDArray[np.float32]

    def positions(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return positions, float32 (n, 2), of the points nearest to codes (n, d)."""
        if z.shape[1] > WIDE_DIMS:  # without a copy of all codes
            return np.asarray(z @ self.basis.T - self.origin @ self.basis.T, np.float32)
        with np.errstate(invalid="ignore"):  # as in residuals
            return np.asarray((z - self.origin) @ self.basis.T, np.float32)

    def codes(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the codes, float32 (n, d), at positions (n, 2)."""
        return self.origin + points @ self.basis

    def residuals(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what codes (n, d) have at right angles to the plane, float32 (n, d)."""
        off = z - self.origin
        # Fast products of small matrices may look at what lies beside them, and warn of that.
        with np.errstate(invalid="ignore"):
            off -= (off @ self.basis.T) @ self.basis
        return off

    def distance(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far codes (n, d) lie from the plane, float32 (n,)."""
        if z.shape[1] > WIDE_DIMS:
            # Pythagoras, without a copy of all codes; what rounding takes is not seen in opacity.
            squared = np.einsum("nd,nd->n", z, z) - 2.0 * (z @ self.origin)
            squared += self.origin @ self.origin - np.square(self.positions(z)).sum(1)
            far: NDArray[np.float32] = np.sqrt(np.maximum(squared, 0.0)).astype(np.float32)
            return far
        off = self.residuals(z)
        distances: NDArray[np.float32] = np.sqrt(np.einsum("nd,nd->n", off, off))
        return distances

    def is_same(self, other: FlatPlane) -> bool:
        """Whether origin and directions are equal, number by number."""
        return np.array_equal(self.origin, other.origin) and np.array_equal(self.basis, other.basis)
