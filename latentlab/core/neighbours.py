"""Nearest data points in latent space, and how well a place is supported by data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K_SUPPORT = 5  # neighbours that the support at a place is measured with
_REFERENCE_POINTS = 1000
_BRUTE_FORCE_LIMIT = 30_000  # below this a scan takes well under a millisecond


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
        Share of the data, 0 to 1, whose own distance to its 5th neighbour is at least as large as
        that of this place: 1 in the densest parts, 0 where no data is near.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float32]
    support: float


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
    """

    def __init__(
        self, codes: NDArray[np.float32], reference: NDArray[np.float32] | None = None
    ) -> None:
        self.codes = codes
        self._finite = np.flatnonzero(np.isfinite(codes).all(1)) if len(codes) else np.empty(0, int)
        self._usable = codes if len(self._finite) == len(codes) else codes[self._finite]
        self._tree = None
        if reference is None or len(codes) > _BRUTE_FORCE_LIMIT:
            from scipy.spatial import cKDTree

            self._tree = cKDTree(self._usable) if len(self._usable) else None
        self.reference = self._measure_reference() if reference is None else reference

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
            squared = ((self._usable - z.astype(np.float32)) ** 2).sum(1)
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
        )

    def _measure_reference(self) -> NDArray[np.float32]:
        count = len(self._usable)
        if count < 2 or self._tree is None:
            return np.empty(0, np.float32)
        sample = self._usable[:: max(1, count // _REFERENCE_POINTS)][:_REFERENCE_POINTS]
        # Each sampled point finds itself first, hence one more neighbour.
        k = min(K_SUPPORT + 1, count)
        distances = self._tree.query(sample, k=[k])[0][:, 0]
        return np.sort(distances).astype(np.float32)
