"""The plane along which the codes vary most, with what the data have beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.latent.planes.flat import WIDE_DIMS, FlatPlane
from latentlab.latent.planes.plane import LatentPlane

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

NUM_NEAR = 8
"""Data points that what lies beside the plane is taken from."""

_REACH = 3.0  # in neighbourhoods of the sparsest twentieth of the data: then it has faded to 0
_MEASURED_POINTS = 1000
_TINY = 1e-12
_WIDE_VALUES = 2**21  # of long codes that are looked at
_ALPHA_VALUES = 2**18  # of the codes that alpha is measured with


@dataclass(frozen=True, eq=False)
class PcaPlane:
    """The first two principal components of the codes, and the residual r(u) of data near u.

    The code at a position u is ``mean + u @ basis + r(u)``. r(u) is alpha times the mean of what
    the :data:`NUM_NEAR` nearest data points have at right angles to the plane, weighted by
    ``((R - d) / (R d))²`` with the distances d on the plane and R that to the next point beyond
    them (Franke and Nielson 1980): continuous where neighbours change. Away from data r(u) fades to
    0, so that nothing is carried to where no data are.

    Neighbours on the plane of wide codes tell little of what lies beside it, and their mean would
    be a worse guess than nothing. Alpha is what minimises the squared error of the guess for data
    points that are left out of it, so the guess is not worse than the flat plane; where neighbours
    tell everything, it is 1.

    Make one with :func:`pca_plane`.

    Attributes
    ----------
    flat
        Mean and directions.
    shares
        float64 (2,), share of the variance of the codes along each direction.
    codes
        float32 (m, d), of the data points.
    data
        float32 (m, 2), their positions on the plane.
    reach
        Distance to the nearest data point at which r(u) has faded to 0, in latent units.
    alpha
        Fraction of what neighbours have beside the plane that is a guess for a place, 0 to 1.
    """

    flat: FlatPlane
    shares: NDArray[np.float64]
    codes: NDArray[np.float32]
    data: NDArray[np.float32]
    reach: float
    alpha: float
    _tree: cKDTree = field(repr=False)

    @property
    def latent_dim(self) -> int:
        """Length d of the code."""
        return len(self.flat.origin)

    def to_plane(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return map positions, float32 (n, 2), of codes (n, d): the nearest on the flat plane."""
        return self.flat.positions(z)

    def to_latent(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return codes, float32 (n, d), of map positions (n, 2), with the residual r(u)."""
        return self.flat.codes(points) + self.alpha * self._beside(points, skipped=0)

    def rebuilt(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return codes (n, d) after the way to the map and back, float32 (n, d).

        The nearest data point is left out, which is the code itself if it is one of the data:
        otherwise the way back would only tell that it remembers them.
        """
        points = self.to_plane(z)
        return self.flat.codes(points) + self.alpha * self._beside(points, skipped=1)

    def distance(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far codes (n, d) lie from the flat plane, float32 (n,)."""
        return self.flat.distance(z)

    def through(self, z: NDArray[np.float32]) -> PcaPlane:
        """Return the plane itself: it belongs to the data."""
        del z
        return self

    def has_positions_of(self, other: LatentPlane) -> bool:
        """Whether mean and directions are the same."""
        return isinstance(other, PcaPlane) and self.flat.is_same(other.flat)

    def continues(self, other: LatentPlane) -> bool:
        """Whether the other one is a PCA plane of codes of this length."""
        return isinstance(other, PcaPlane) and self.latent_dim == other.latent_dim

    def shows_same_as(self, other: LatentPlane) -> bool:
        """Whether it is this very plane."""
        return other is self

    def _best_alpha(self) -> float:
        """Return the alpha with the least squared error for points that are left out, 0 to 1."""
        count = min(_MEASURED_POINTS, len(self.codes), max(64, _ALPHA_VALUES // self.latent_dim))
        rows = np.linspace(0, len(self.codes) - 1, count).astype(np.intp)
        own = self.flat.residuals(self.codes[rows]).astype(np.float64)
        guess = self._beside(self.data[rows], skipped=1).astype(np.float64)
        squared = float(np.square(guess).sum())
        return min(max(float((own * guess).sum()) / squared, 0.0), 1.0) if squared > 0.0 else 0.0

    def _beside(self, points: NDArray[np.float32], skipped: int) -> NDArray[np.float32]:
        """Return r(u) / alpha, float32 (n, d), at positions (n, 2) without ``skipped`` nearest."""
        count = len(self.data)
        first = min(skipped, count - 1)
        last = min(first + NUM_NEAR, count - 1)  # of the ranks from 0: the point that gives R
        if len(points) == 0 or last == first:
            return np.zeros((len(points), self.latent_dim), np.float32)
        distances, found = self._tree.query(points, k=np.arange(first + 1, last + 2))
        near, beyond = distances[:, :-1], distances[:, -1:]
        weights = ((beyond - near) / np.maximum(beyond * near, _TINY)) ** 2
        # All as far as R: none of them is nearer than another.
        weights[weights.sum(1) <= 0.0] = 1.0
        weights /= weights.sum(1, keepdims=True)
        away = np.clip(near[:, :1] / max(self.reach, _TINY), 0.0, 1.0)
        weights *= 1.0 - away**2 * (3.0 - 2.0 * away)
        weights = weights.astype(np.float32)
        beside = np.zeros((len(points), self.latent_dim), np.float32)
        for rank in range(weights.shape[1]):
            beside += weights[:, rank, None] * self.flat.residuals(self.codes[found[:, rank]])
        return beside


def pca_plane(codes: NDArray[np.float32], like: PcaPlane | None = None) -> PcaPlane:
    """Return the plane of the first two principal components of codes.

    Takes some 30 ms for 60,000 codes of 32 numbers. Codes of more than 256 numbers are not all
    looked at: some thousand of them say as much about two directions, and 10,000 codes of 3,000
    numbers take 0.1 s. The first call imports SciPy.

    Parameters
    ----------
    codes
        float32 (n, d); rows with NaN, which are not known yet, are left out.
    like
        A plane of earlier codes: directions keep its sense, so that the map does not flip while
        a model learns. Without one the largest number of each direction is positive.

    Raises
    ------
    UsageError
        If fewer than three codes are known, or they do not differ.
    """
    from scipy.spatial import cKDTree

    finite = np.isfinite(codes).all(1)
    known = codes if finite.all() else codes[finite]
    if len(known) < 3 or codes.shape[1] < 2:
        raise UsageError("The PCA plane needs the codes of at least three images; open data first.")
    mean = known.mean(0, dtype=np.float64).astype(np.float32)
    variances, basis, total = _leading_two(known, mean)
    if not total > 0.0:
        raise UsageError("All images have the same code, so there is no plane to show.")
    for row, direction in enumerate(basis):
        same = direction[np.argmax(np.abs(direction))]
        if like is not None and like.latent_dim == len(mean):
            same = direction @ like.flat.basis[row]
        if same < 0:
            basis[row] = -direction
    flat = FlatPlane(mean, basis.astype(np.float32))
    data = flat.positions(known)
    tree = cKDTree(data)
    measured = data[:: max(1, len(data) // _MEASURED_POINTS)]
    rank = min(NUM_NEAR + 1, len(data))  # each point finds itself first
    own = tree.query(measured, k=[rank])[0][:, 0]
    plane = PcaPlane(
        flat,
        np.maximum(variances, 0.0) / total,
        known,
        data,
        _REACH * float(np.quantile(own, 0.95)) or math.inf,
        1.0,
        tree,
    )
    return replace(plane, alpha=plane._best_alpha())


def _leading_two(
    codes: NDArray[np.float32], mean: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the variances along the first two components, (2,), these, (2, d), and all variance.

    The variances are NaN where there is none at all.
    """
    if codes.shape[1] <= WIDE_DIMS:
        centred = codes - mean
        covariance = (centred.T @ centred).astype(np.float64) / len(codes)
        variances, directions = np.linalg.eigh(covariance)
        total = float(variances.sum())
        return variances[:-3:-1], np.ascontiguousarray(directions[:, :-3:-1].T), total
    from scipy.sparse.linalg import svds

    count = min(len(codes), max(64, _WIDE_VALUES // codes.shape[1]))
    sample = codes[np.linspace(0, len(codes) - 1, count).astype(np.intp)] - mean
    total = float(np.square(sample).sum(dtype=np.float64)) / count
    if not total > 0.0:
        return np.full(2, np.nan), np.zeros((2, codes.shape[1])), 0.0
    start = np.ones(min(sample.shape), np.float32)  # the same plane each time
    _, sizes, directions = svds(sample, k=2, v0=start)
    return np.square(sizes[::-1], dtype=np.float64) / count, directions[::-1].astype(float), total
