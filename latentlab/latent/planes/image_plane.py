"""The flat plane through the codes of three images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.latent.planes.flat import FlatPlane
from latentlab.latent.planes.plane import LatentPlane

_LEAST_HEIGHT = 1e-3  # of the triangle, as a share of its longest side


@dataclass(frozen=True, eq=False)
class ImagePlane:
    """The plane through three images A, B and C.

    A lies at (0, 0) of the map, B to the right of it and C above the line through both. Make one
    with :func:`image_plane`.

    Attributes
    ----------
    indices
        The images in the data set.
    flat
        Origin and directions.
    corners
        float32 (3, 2), positions of the images on the plane.
    """

    indices: tuple[int, int, int]
    flat: FlatPlane
    corners: NDArray[np.float32]

    @property
    def latent_dim(self) -> int:
        """Length d of the code."""
        return len(self.flat.origin)

    def to_plane(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return map positions, float32 (n, 2), of codes (n, d): the nearest on the plane."""
        return self.flat.positions(z)

    def to_latent(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return codes, float32 (n, d), of map positions (n, 2)."""
        return self.flat.codes(points)

    def rebuilt(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the points of the plane nearest to codes (n, d), float32 (n, d)."""
        return self.to_latent(self.to_plane(z))

    def distance(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far codes (n, d) lie from the plane, float32 (n,)."""
        return self.flat.distance(z)

    def through(self, z: NDArray[np.float32]) -> ImagePlane:
        """Return the plane itself: it belongs to its three images."""
        del z
        return self

    def has_positions_of(self, other: LatentPlane) -> bool:
        """Whether it is the plane through the same three codes."""
        return isinstance(other, ImagePlane) and self.flat.is_same(other.flat)

    def continues(self, other: LatentPlane) -> bool:
        """Whether it leads through the same images, whose codes may have moved."""
        return (
            isinstance(other, ImagePlane)
            and self.indices == other.indices
            and self.latent_dim == other.latent_dim
        )

    def shows_same_as(self, other: LatentPlane) -> bool:
        """Whether it is the plane through the same three codes."""
        return self.has_positions_of(other)


def image_plane(codes: NDArray[np.float32], indices: tuple[int, int, int]) -> ImagePlane:
    """Return the plane through three images.

    Parameters
    ----------
    codes
        float32 (n, d), of the data.
    indices
        Which three of them.

    Raises
    ------
    UsageError
        If a code is not known, or the three lie on a line.
    """
    corners = codes[list(indices)].astype(np.float64)
    if not np.isfinite(corners).all():
        raise UsageError("The codes of these images are not known yet; wait a moment.")
    a, b, c = corners
    longest = max(float(np.linalg.norm(side)) for side in (b - a, c - a, c - b))
    first, length = b - a, float(np.linalg.norm(b - a))
    if length <= _LEAST_HEIGHT * longest or length == 0.0:
        raise UsageError(
            "Two of these images have the same code, so many planes lead through them; choose "
            "another image."
        )
    first = first / length
    second = (c - a) - ((c - a) @ first) * first
    second -= (second @ first) * first  # once more, against what rounding has left
    height = float(np.linalg.norm(second))
    if height <= _LEAST_HEIGHT * longest:
        raise UsageError(
            "The codes of these three images lie on one line, so many planes lead through them; "
            "choose another image."
        )
    basis = np.stack([first, second / height])
    places = (corners - a) @ basis.T
    flat = FlatPlane(a.astype(np.float32), basis.astype(np.float32))
    return ImagePlane(indices, flat, places.astype(np.float32))
