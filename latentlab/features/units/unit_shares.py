"""How often each of many units is active, as a curve from the busiest unit to the quietest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.latent.code_units import is_dead
from latentlab.widgets.plots.plot import Plot
from latentlab.widgets.plots.plot_parts import CurveStyle
from latentlab.widgets.style.theme import Theme

_HEIGHT_PX = 44
_PAD_PX = 3
_MAX_CORNERS = 1000  # more than there are pixels
_STYLES = {
    "area": CurveStyle("accent", 0.0, fill=0.35, is_stepped=True),
    "ground": CurveStyle("line", 1.0),
    "active": CurveStyle("accent", 1.4, is_stepped=True),
    "dead": CurveStyle("warn", 2.0),
}


class UnitShares(Plot):
    """A sorted curve of shares, 0 to the largest one; units that are never active are marked.

    Parameters
    ----------
    name
        Translated accessible name.
    theme
        Whose colours are used.
    parent
        Owner.
    """

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, name, _STYLES, parent=parent)
        self._shares = np.zeros(0, np.float32)
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_hint(self._words)

    @property
    def shares(self) -> NDArray[np.float32]:
        """What is drawn, float32 (d,), the largest first."""
        return self._shares

    def set_shares(self, shares: NDArray[np.float32]) -> None:
        """Draw other shares, float (d,), 0 to 1, in any order."""
        self._shares = np.sort(shares)[::-1]
        count, dead = len(shares), int(is_dead(shares).sum())
        alive = count - dead
        busiest = float(self._shares[0]) if count else 0.0
        self.set_ranges(
            (0.0, max(1.0, float(count))), (0.0, max(busiest, 1e-6)), (_PAD_PX, _PAD_PX)
        )
        self.set_curve("area", *self._steps(count))
        self.set_curve("active", *self._steps(alive))
        for name, first in (("ground", 0), ("dead", alive)):
            ends = np.array([first, count], float) if first < count else np.empty(0)
            self.set_curve(name, ends, np.zeros(len(ends)))
        self.set_description(
            self.tr(
                "{0:,} units, the busiest active for {1:.1f} % of the images, {2:,} never"
            ).format(count, 100 * busiest, dead)
        )

    def _steps(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return edges and heights of the busiest units, no more of them than pixels."""
        if not count:
            return np.empty(0), np.empty(0)
        edges = np.unique(np.linspace(0, count, min(count, _MAX_CORNERS) + 1).astype(int))
        return edges.astype(float), self._shares[edges[:-1]].astype(float)

    def stops(self) -> NDArray[np.float64]:
        """Return the middle of each unit."""
        return np.arange(0.5, len(self._shares))

    def rank_at(self, x: float) -> int:
        """Return the place in the order, from 0, of the unit at an x."""
        return min(max(int(x), 0), len(self._shares) - 1)

    def _words(self, x: float) -> str:
        rank = self.rank_at(x)
        text = self.tr("{0:,} of {1:,} units are active for {2:.1f} % of the images or more")
        return text.format(rank + 1, len(self._shares), 100 * float(self._shares[rank]))

    def sizeHint(self) -> QSize:
        """Return a low band."""
        return QSize(200, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(60, _HEIGHT_PX)
