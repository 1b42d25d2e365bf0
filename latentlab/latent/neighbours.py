"""Nearest data points in latent space, and how well a place is supported by data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K_SUPPORT = 5  # neighbours that the support at a place is measured with
OUTER_SHARE = 0.05
"""Fraction of the images around which data lie so sparsely that it is not among them."""

_REFERENCE_POINTS = 1000
_FEWEST_MEASURED = 20  # of fewer images the sparsest twentieth is not known
_BRUTE_FORCE_LIMIT = 30_000  # below this a scan takes well under a millisecond
TREE_DIMS = 12  # a tree of more dimensions looks at nearly all points, and slower than a product
_CHUNK = 128


@dataclass(frozen=True)
class Neighbours:
    """The data points nearest to a place, nearest first.

    Attributes
    ----------
    indices
        int64 (k,), into the codes.
    distances
        float32 (k,), Euclidean, in latent units.
    support
        Fraction of the images measured, 0 to 1, whose own distance to their 5th neighbour is at
        least as large as that of this place: 1 in the densest parts, 0 where no data is near.
    reach
        Distance to the 5th neighbour, or the last of fewer; infinite without any.
    limit
        The largest reach that has a support of :data:`OUTER_SHARE`; NaN where nothing was measured.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float32]
    support: float
    reach: float = float("inf")
    limit: float = float("nan")


class NeighbourIndex:
    """Answers nearest-neighbour questions about a fixed array of codes.

    Parameters
    ----------
    codes
        float32 (n, d). Rows that are not finite are never found.
    reference
        float32 (m,), sorted distances of data points to their own 5th neighbour, as returned by
        :attr:`reference`; computed here if ``None``, which costs some milliseconds per 10,000
        codes and imports SciPy.
    measured
        int64, the rows that the reference is measured at: the images held out of training, whose
        codes lie as those of any unseen images do. All of them if ``None``, or if the codes of
        fewer than 20 are known.
    """

    def __init__(
        self,
        codes: NDArray[np.float32],
        reference: NDArray[np.float32] | None = None,
        *,
        measured: NDArray[np.int64] | None = None,
    ) -> None:
        self.codes = codes
        self._finite = np.flatnonzero(np.isfinite(codes).all(1)) if len(codes) else np.empty(0, int)
        self._usable = codes if len(self._finite) == len(codes) else codes[self._finite]
        self._tree = None
        self._is_wide = codes.shape[1] > TREE_DIMS
        if self._is_wide:
            self._squares = np.einsum("nd,nd->n", self._usable, self._usable)
        elif reference is None or len(codes) > _BRUTE_FORCE_LIMIT:
            from scipy.spatial import cKDTree

            self._tree = cKDTree(self._usable) if len(self._usable) else None
        self.reference = self._measure_reference(measured) if reference is None else reference
        # Of m distances that many are at least as large, so that word and figure agree.
        num_outer = max(1, math.ceil(OUTER_SHARE * len(self.reference)))
        self.limit = float(self.reference[-num_outer]) if len(self.reference) else math.nan

    def query(self, z: NDArray[np.float32], k: int) -> Neighbours:
        """Return the ``k`` nearest data points of ``z``, float (d,), and the support there."""
        count = len(self._usable)
        k = min(k, count)
        if k == 0 or not np.isfinite(z).all():
            return Neighbours(np.empty(0, np.int64), np.empty(0, np.float32), 0.0)
        wanted = min(max(k, K_SUPPORT), count)
        if self._tree is not None:
            distances, found = self._tree.query(z, k=np.arange(1, wanted + 1))
        else:
            squared = self._squared_distances(z[None].astype(np.float32))[0]
            found = np.argpartition(squared, wanted - 1)[:wanted]
            found = found[np.argsort(squared[found], kind="stable")]
            distances = np.sqrt(squared[found])
        reach = float(distances[min(K_SUPPORT, wanted) - 1])
        below = int(np.searchsorted(self.reference, reach, side="left"))
        support = 1.0 - below / len(self.reference) if len(self.reference) else 0.0
        return Neighbours(
            self._finite[found[:k]].astype(np.int64),
            np.asarray(distances[:k], np.float32),
            support,
            reach,
            self.limit,
        )

    def query_many(
        self, points: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the ``k`` nearest data points of many places, nearest first.

        Parameters
        ----------
        points
            float32 (m, d), all finite.
        k
            At least 1; fewer are returned where there are not as many data points.

        Returns
        -------
        tuple[NDArray[np.int64], NDArray[np.float64]]
            Indices into the codes and Euclidean distances in latent units, (m, min(k, n)).
        """
        k = min(k, len(self._usable))
        indices = np.empty((len(points), k), np.int64)
        distances = np.empty((len(points), k))
        if k == 0:
            return indices, distances
        for start in range(0, len(points), _CHUNK):
            rows = slice(start, start + _CHUNK)
            z = np.asarray(points[rows], np.float32)
            if self._tree is not None:
                found = self._tree.query(z, k=np.arange(1, k + 1))[1]
            else:
                squared = self._squared_distances(z)
                found = np.argpartition(squared, k - 1, axis=1)[:, :k]
            # Computed again: of small distances a product of matrices leaves few digits.
            apart = self._usable[found].astype(np.float64) - z[:, None]
            exact = np.sqrt(np.square(apart).sum(2))
            order = np.argsort(exact, axis=1, kind="stable")
            indices[rows] = self._finite[np.take_along_axis(found, order, 1)]
            distances[rows] = np.take_along_axis(exact, order, 1)
        return indices, distances

    def _squared_distances(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return squared distances of codes (m, d) to all usable ones, float32 (m, n)."""
        if not self._is_wide:
            return np.asarray(((self._usable[None] - z[:, None]) ** 2).sum(2), np.float32)
        # As a product of matrices, hundreds of dimensions take milliseconds.
        squared = self._squares - 2.0 * (z @ self._usable.T) + np.square(z).sum(1)[:, None]
        limited: NDArray[np.float32] = np.maximum(squared, np.float32(0.0))
        return limited

    def _measure_reference(self, measured: NDArray[np.int64] | None) -> NDArray[np.float32]:
        count = len(self._usable)
        if count < 2:
            return np.empty(0, np.float32)
        known = self._usable
        if measured is not None:
            own = self.codes[measured]
            own = own[np.isfinite(own).all(1)]
            known = own if len(own) >= _FEWEST_MEASURED else known
        picks = np.linspace(0, len(known) - 1, min(len(known), _REFERENCE_POINTS))
        sample = known[picks.round().astype(np.intp)]
        # Each sampled point finds itself first, hence one more neighbour.
        k = min(K_SUPPORT + 1, count)
        if self._tree is not None:
            distances = self._tree.query(sample, k=[k])[0][:, 0]
        else:
            parts = [
                np.partition(self._squared_distances(sample[i : i + _CHUNK]), k - 1, axis=1)
                for i in range(0, len(sample), _CHUNK)
            ]
            distances = np.sqrt(np.concatenate([part[:, k - 1] for part in parts]))
        return np.sort(distances).astype(np.float32)
