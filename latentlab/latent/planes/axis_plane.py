"""The plane of two chosen code numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from latentlab.latent.planes.plane import LatentPlane, ranked_axes


def most_informative_axes(kl: Sequence[float], std: Sequence[float]) -> tuple[int, int]:
    """Return the two code numbers that say most about an image, the lower number first.

    Parameters
    ----------
    kl, std
        As for :func:`latentlab.latent.planes.plane.ranked_axes`.
    """
    if len(std) < 3:
        return (0, 1)
    first, second = sorted(int(axis) for axis in ranked_axes(kl, std)[:2])
    return (first, second)


@dataclass(frozen=True, eq=False)
class AxisPlane:
    """The plane of two chosen code numbers; all other numbers keep the anchor's values.

    Attributes
    ----------
    anchor
        float32 (d,), a code in the plane. With one latent dimension the map's second axis has no
        meaning and decodes alike everywhere.
    axes
        Which code numbers run along the map's axes.
    """

    anchor: NDArray[np.float32]
    axes: tuple[int, int] = (0, 1)

    @property
    def latent_dim(self) -> int:
        """Length d of the code."""
        return len(self.anchor)

    def to_plane(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return map positions, float32 (n, 2), of codes (n, d)."""
        if self.latent_dim == 1:
            return np.concatenate([z, np.zeros_like(z)], axis=1)
        if self.latent_dim == 2 and self.axes == (0, 1):
            return z
        return np.ascontiguousarray(z[:, self.axes])

    def to_latent(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return codes, float32 (n, d), of map positions (n, 2)."""
        z = np.repeat(self.anchor[None].astype(np.float32), len(points), axis=0)
        if self.latent_dim == 1:
            z[:, 0] = points[:, 0]
        else:
            z[:, self.axes] = points
        return z

    def rebuilt(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return codes (n, d) with the anchor's values off the axes, float32 (n, d)."""
        return self.to_latent(self.to_plane(z))

    def distance(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far codes (n, d) lie from the plane, float32 (n,): over the other numbers."""
        off = z - self.anchor
        off[:, self.axes[: self.latent_dim]] = 0.0
        distances: NDArray[np.float32] = np.sqrt(np.einsum("nd,nd->n", off, off))
        return distances

    def through(self, z: NDArray[np.float32]) -> AxisPlane:
        """Return the plane of the same numbers through a code (d,)."""
        return replace(self, anchor=z)

    def has_positions_of(self, other: LatentPlane) -> bool:
        """Whether the same numbers run along the map's axes."""
        return (
            isinstance(other, AxisPlane)
            and self.axes == other.axes
            and self.latent_dim == other.latent_dim
        )

    def continues(self, other: LatentPlane) -> bool:
        """Whether the same numbers run along the map's axes."""
        return self.has_positions_of(other)

    def shows_same_as(self, other: LatentPlane) -> bool:
        """Whether both planes decode alike at all positions."""
        if not isinstance(other, AxisPlane) or not self.has_positions_of(other):
            return False
        rest = self._rest()
        return bool(np.array_equal(self.anchor[rest], other.anchor[rest]))

    def _rest(self) -> NDArray[np.bool_]:
        """Return which numbers do not run along an axis, bool (d,)."""
        rest = np.ones(self.latent_dim, bool)
        rest[list(self.axes[: self.latent_dim])] = False
        return rest
