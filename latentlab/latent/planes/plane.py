"""What the map needs of a plane through latent space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class LatentPlane(Protocol):
    """A two-dimensional view of codes of d numbers, decodable everywhere.

    A plane is a frozen value. Positions on it are in latent units: equal lengths on the map are
    equal lengths in the code.
    """

    @property
    def latent_dim(self) -> int:
        """Length d of the code."""
        ...

    def to_plane(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return map positions, float32 (n, 2), of codes (n, d): the nearest on the plane."""
        ...

    def to_latent(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the codes, float32 (n, d), that are decoded at map positions (n, 2)."""
        ...

    def rebuilt(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return codes (n, d) after the way to the map and back, float32 (n, d).

        For data that the plane itself was made from, each code is rebuilt without its own help.
        """
        ...

    def distance(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far codes (n, d) lie from the flat plane, float32 (n,), in latent units."""
        ...

    def through(self, z: NDArray[np.float32]) -> LatentPlane:
        """Return the plane to show after the cursor has moved to a code (d,).

        Planes that do not depend on the cursor return themselves.
        """
        ...

    def has_positions_of(self, other: LatentPlane) -> bool:
        """Whether all codes lie at the same map positions in both planes."""
        ...

    def continues(self, other: LatentPlane) -> bool:
        """Whether it is the other view again, of a cursor or of data that have moved on.

        Places then lie about where they were; otherwise positions mean something else.
        """
        ...

    def shows_same_as(self, other: LatentPlane) -> bool:
        """Whether both planes decode alike at all positions."""
        ...


def ranked_axes(kl: Sequence[float], std: Sequence[float]) -> NDArray[np.intp]:
    """Return the code numbers (d,), those that say most about an image first.

    Parameters
    ----------
    kl, std
        KL of each code number in nats (empty for deterministic models) and standard deviation of
        the codes, d numbers.
    """
    return np.argsort(-np.asarray(kl if len(kl) else std), kind="stable")
