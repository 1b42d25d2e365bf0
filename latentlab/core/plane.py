"""The two-dimensional plane through latent space that the map shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def most_informative_axes(kl: Sequence[float], std: Sequence[float]) -> tuple[int, int]:
    """Return the two code numbers that say most about an image, the first one first.

    Parameters
    ----------
    kl, std
        KL of each code number in nats (empty for deterministic models) and standard deviation of
        the codes, d numbers.
    """
    if len(std) < 3:
        return (0, 1)
    ranked = np.argsort(-np.asarray(kl if len(kl) else std), kind="stable")
    first, second = sorted(int(axis) for axis in ranked[:2])
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

    def shows_same_as(self, other: AxisPlane) -> bool:
        """Whether both planes decode alike at all positions."""
        if self.axes != other.axes or self.latent_dim != other.latent_dim:
            return False
        rest = np.ones(self.latent_dim, bool)
        rest[list(self.axes[: self.latent_dim])] = False
        return bool(np.array_equal(self.anchor[rest], other.anchor[rest]))
