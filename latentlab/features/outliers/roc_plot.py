"""ROC curves of two scores in one small square."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QWidget

from latentlab.features.outliers.roc import RocCurve
from latentlab.widgets.plots.plot import Plot
from latentlab.widgets.plots.plot_parts import Axis, CurveStyle, Dot, Side
from latentlab.widgets.style.theme import Theme

_LEAST_PX = 64
_PAD_PX = 4
_AXES_FROM_PX = 100  # smaller squares have no room for numbers
_LEFT_PX, _BOTTOM_PX = 24, 15
_MARGINS = (0, 4, 8, 0)  # for what of a number is beyond the end of its axis
_MAX_POINTS = 400  # more than there are pixels
_TICKS = [(0.0, "0"), (0.5, "50"), (1.0, "100")]
_STYLES = {
    "chance": CurveStyle("muted", 1.0, Qt.PenStyle.DotLine, strength=0.6),
    "latent": CurveStyle("warn", 1.8, Qt.PenStyle.DashLine),
    "recon": CurveStyle("accent", 1.8),
}


class RocPlot(Plot):
    """The share of abnormal images that are found against that of normal ones that are, too.

    The first curve is solid, the second dashed, so that they differ without colour.

    Parameters
    ----------
    theme
        Whose colours are used.
    parent
        Owner.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        axes: dict[Side, Axis] = {"left": Axis(_LEFT_PX, "%"), "bottom": Axis(_BOTTOM_PX)}
        super().__init__(theme, "", _STYLES, axes, _MARGINS, parent=parent)
        self.setObjectName("roc_plot")
        self.setAccessibleName(self.tr("ROC curves"))
        self._curves: tuple[RocCurve | None, RocCurve | None] = (None, None)
        self._at_threshold: tuple[float, float] | None = None
        self.set_hint(self._words)
        self.set_ranges((0.0, 1.0), (0.0, 1.0), (_PAD_PX, _PAD_PX))
        self.set_ticks("left", _TICKS)
        self.set_ticks("bottom", _TICKS)

    @property
    def curves(self) -> tuple[RocCurve | None, RocCurve | None]:
        """What is drawn."""
        return self._curves

    @property
    def threshold(self) -> tuple[float, float] | None:
        """(false, true) positive share at the threshold, 0 to 1."""
        return self._at_threshold

    def set_curves(self, curves: tuple[RocCurve | None, RocCurve | None], description: str) -> None:
        """Draw other curves; ``description`` is what they say in words."""
        self._curves = curves
        chance = np.array([0.0, 1.0])
        self.set_curve("chance", chance, chance)
        for name, curve in zip(("recon", "latent"), curves, strict=True):
            if curve is None:
                self.set_curve(name, np.empty(0), np.empty(0))
                continue
            count = len(curve.false_positive)
            picks = np.linspace(0, count - 1, min(count, _MAX_POINTS)).round().astype(int)
            self.set_curve(name, curve.false_positive[picks], curve.true_positive[picks])
        self.set_description(description)
        self._render_threshold()

    def set_threshold(self, shares: tuple[float, float] | None) -> None:
        """Mark where the threshold is, or nowhere."""
        if shares != self._at_threshold:
            self._at_threshold = shares
            self._render_threshold()

    def _render_threshold(self) -> None:
        shown = self._at_threshold if any(c is not None for c in self._curves) else None
        self.set_mark(math.nan, () if shown is None else (Dot(*shown, "bad", is_ring=True),))

    def stops(self) -> NDArray[np.float64]:
        """Return each percent of the normal images."""
        return np.linspace(0.0, 1.0, 101) if any(self._curves) else np.empty(0)

    def _words(self, x: float) -> str:
        names = (self.tr("reconstruction"), self.tr("latent distance"))
        found = [
            self.tr("{0:.0f} % of the abnormal by {1}").format(
                100 * float(curve.true_positive[_last_at(curve, x)]), name
            )
            for name, curve in zip(names, self._curves, strict=True)
            if curve is not None
        ]
        head = self.tr("Threshold that {0:.0f} % of the normal images exceed:").format(100 * x)
        return self.explained("\n".join([head, *found]))

    def canvas_rect(self) -> QRect:
        """Return the square at the left, with numbers beside it where there is room."""
        return QRect(1, 1, *self._sides())

    def focus_rect(self) -> QRect:
        """Return the frame around the square."""
        return self.canvas_rect().adjusted(-1, -1, 1, 1)

    def _sides(self) -> tuple[int, int]:
        has_numbers = min(self.width(), self.height()) >= _AXES_FROM_PX
        left, bottom = (_LEFT_PX, _BOTTOM_PX) if has_numbers else (0, 0)
        across, down = left + _MARGINS[2], bottom + _MARGINS[1]
        side = max(8, min(self.width() - 2 - across, self.height() - 2 - down))
        return side + across, side + down

    def _place_canvas(self) -> None:
        has_numbers = min(self.width(), self.height()) >= _AXES_FROM_PX
        self.set_axis_size("left", _LEFT_PX if has_numbers else 0)
        self.set_axis_size("bottom", _BOTTOM_PX if has_numbers else 0)
        super()._place_canvas()

    def sizeHint(self) -> QSize:
        """Return a small square."""
        return QSize(120, 120)

    def minimumSizeHint(self) -> QSize:
        """Return a square that can still be read."""
        return QSize(_LEAST_PX, _LEAST_PX)


def _last_at(curve: RocCurve, x: float) -> int:
    """Return the highest point of a curve at a share of the normal items."""
    return max(0, int(np.searchsorted(curve.false_positive, x + 1e-12, side="right")) - 1)
