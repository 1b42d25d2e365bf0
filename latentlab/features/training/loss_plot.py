"""The training curves: reconstruction and a second term over the epochs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.engine.training_messages import CurvePoint
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.plots.plot import Plot
from latentlab.widgets.plots.plot_parts import Axis, CurveStyle
from latentlab.widgets.style.theme import Theme
from latentlab.workspace.training_state import Training

_HEIGHT_PX = 160
_LEFT_PX, _TOP_PX, _BOTTOM_PX = 32, 5, 29
_RIGHT_PX, _WIDE_RIGHT_PX = 22, 40  # for few and for many digits
_RENDER_EVERY_MS = 1000
_SKIP_SHARE = 0.04  # the first steps are so high that they would flatten all the rest
_DASHED = Qt.PenStyle.DashLine
_STYLES = {
    "recon train": CurveStyle("accent"),
    "recon held_out": CurveStyle("accent", 1.6, _DASHED, strength=0.85),
    "second train": CurveStyle("warn", is_right=True),
    "second held_out": CurveStyle("warn", 1.6, _DASHED, strength=0.85, is_right=True),
}


class LossPlot(Plot):
    """Reconstruction on the left axis and a second term on the right; held-out curves are dashed.

    The two differ manifold, so on one axis the second would be a flat line.
    """

    def __init__(self, training: Training, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            theme,
            "",
            _STYLES,
            {
                "left": Axis(_LEFT_PX, "nats", "accent"),
                "right": Axis(_RIGHT_PX, tone="warn"),
                "bottom": Axis(_BOTTOM_PX, "epoch"),
            },
            (0, _TOP_PX, 0, 0),
            parent=parent,
        )
        self._training = training
        self._second = "kl"
        self.setObjectName("loss_plot")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT_PX)
        self.setAccessibleName(self.tr("Training curves in nats per image"))
        self.setToolTip(
            self.tr(
                "Reconstruction (left axis) and what the objective adds to it (right axis) over "
                "epochs; solid: training images, dashed: held-out images"
            )
        )
        self.set_hint(self._tip)
        training.curvesChanged.connect(
            Coalesced(self.render_curves, self, _RENDER_EVERY_MS).schedule
        )
        self.render_curves()

    def set_second(self, name: str) -> None:
        """Show ``kl`` or a penalty of the objective on the right axis; empty for none."""
        if name != self._second:
            self._second = name
            self.render_curves()

    def _shown(self) -> list[CurvePoint]:
        points = self._training.curves
        last = points[-1].step if points else 0
        return [p for p in points if p.step > _SKIP_SHARE * last] or list(points)

    @Slot()
    def render_curves(self) -> None:
        """Draw what is known of the run by now."""
        shown, names = self._shown(), {"recon": "recon_loss", "second": self._second}
        for curve in _STYLES:
            place, split = curve.split()
            own = [p for p in shown if p.split == split] if names[place] else []
            self.set_curve(
                curve,
                np.array([p.epochs_done for p in own], float),
                np.array([p.term(names[place]) for p in own], float),
            )
        highest = max((abs(p.term(self._second)) for p in shown if self._second), default=0.0)
        is_long = 0 < highest < 0.1 or highest >= 100
        width = _WIDE_RIGHT_PX if is_long else _RIGHT_PX
        self.set_axis_size("right", width if self._second else 0)
        self.set_description(self._words(float(self.stops()[-1])) if len(self.stops()) else "")

    def _tip(self, x: float) -> str:
        return self.explained(self._words(x))

    def _words(self, x: float) -> str:
        """Return the values nearest to a number of epochs."""
        titles = {
            "recon train": self.tr("reconstruction: {0:.4g} nats"),
            "recon held_out": self.tr("reconstruction, held out: {0:.4g} nats"),
            "second train": self.tr("right axis: {0:.4g}"),
            "second held_out": self.tr("right axis, held out: {0:.4g}"),
        }
        known = ((title, _nearest(*self.curve(name), x)) for name, title in titles.items())
        lines = [title.format(value) for title, value in known if value is not None]
        head = self.tr("Epoch {0:.2f}").format(x)
        return "\n".join([head, *lines])


def _nearest(x: NDArray[np.float64], y: NDArray[np.float64], at: float) -> float | None:
    """Return the value of a curve whose place is nearest."""
    return float(y[int(np.argmin(np.abs(x - at)))]) if len(y) else None
