"""The training curves, drawn with pyqtgraph, which is wrapped here and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from latentlab.state.training import TrainingModel
from latentlab.ui.coalesced import Coalesced
from latentlab.ui.theme import Theme
from latentlab.ui.tokens import mixed

_HEIGHT_PX = 150
_AXIS_PX, _WIDE_AXIS_PX = 22, 40  # of the right axis, for few and for many digits
_RENDER_EVERY_MS = 1000
_SKIP_SHARE = 0.04  # the first steps are so high that they would flatten all the rest


class LossPlot(QWidget):
    """Reconstruction on the left axis and a second term on the right; held-out curves are dashed.

    The two differ manifold, so on one axis the second would be a flat line.
    """

    def __init__(
        self, training: TrainingModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        # Imported with the first plot: it takes 0.3 s that the first paint need not wait for.
        import pyqtgraph as pg

        self._pg = pg
        self._training = training
        self._theme = theme
        self._second = "kl"
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        plot = pg.PlotWidget()
        plot.setObjectName("loss_plot")
        plot.setAccessibleName(self.tr("Training curves in nats per image"))
        plot.setToolTip(
            self.tr(
                "Reconstruction (left axis) and what the objective adds to it (right axis) over "
                "epochs; solid: training images, dashed: held-out images"
            )
        )
        self._plot: Any = plot
        self._item: Any = plot.getPlotItem()
        self._item.hideButtons()
        self._item.setMenuEnabled(False)
        self._item.getViewBox().setMouseEnabled(False, False)
        self._item.showAxis("right")
        for side in ("left", "bottom", "right"):
            axis = self._item.getAxis(side)
            axis.setStyle(tickLength=-3, tickTextOffset=3, autoExpandTextSpace=False)
            axis.enableAutoSIPrefix(False)
        self._item.getAxis("left").setWidth(32)
        self._item.getAxis("right").setWidth(_AXIS_PX)
        self._item.getAxis("bottom").setHeight(18)
        # KL has a view of its own over the same place, linked in x.
        self._kl_view: Any = pg.ViewBox(enableMenu=False)
        self._kl_view.setMouseEnabled(False, False)
        self._item.scene().addItem(self._kl_view)
        self._item.getAxis("right").linkToView(self._kl_view)
        self._kl_view.setXLink(self._item.getViewBox())
        self._item.getViewBox().sigResized.connect(self._place_kl_view)
        self._curves: dict[tuple[str, str], Any] = {}
        for split in ("train", "held_out"):
            self._curves["recon_loss", split] = self._item.plot([], [])
            kl: Any = pg.PlotDataItem([], [])
            self._kl_view.addItem(kl)
            self._curves["second", split] = kl
        layout.addWidget(plot)
        theme.changed.connect(self._dress)
        training.curvesChanged.connect(Coalesced(self._render, self, _RENDER_EVERY_MS).schedule)
        self._dress()
        self._render()

    def set_second(self, name: str) -> None:
        """Show ``kl`` or a penalty of the objective on the right axis; empty for none."""
        if name != self._second:
            self._second = name
            self._item.getAxis("right").setVisible(bool(name))
            self._render()

    @Slot()
    def _place_kl_view(self) -> None:
        self._kl_view.setGeometry(self._item.getViewBox().sceneBoundingRect())
        self._kl_view.linkedViewChanged(self._item.getViewBox(), self._kl_view.XAxis)

    @Slot()
    def _dress(self) -> None:
        tokens, pg = self._theme.tokens, self._pg
        self._plot.setBackground(tokens.panel)
        font = QFont(self.font())
        font.setPixelSize(10)
        text = {"left": tokens.accent, "right": tokens.warn, "bottom": tokens.muted}
        for side, colour in text.items():
            axis = self._item.getAxis(side)
            axis.setPen(pg.mkPen(tokens.line))
            axis.setTextPen(pg.mkPen(colour))
            axis.setTickFont(font)
        for (term, split), curve in self._curves.items():
            colour = tokens.accent if term == "recon_loss" else tokens.warn
            if split == "held_out":
                curve.setPen(
                    pg.mkPen(
                        mixed(colour, tokens.panel, 0.85), width=1.6, style=Qt.PenStyle.DashLine
                    )
                )
            else:
                curve.setPen(pg.mkPen(colour, width=1.8))

    @Slot()
    def _render(self) -> None:
        points = self._training.curves
        last = points[-1].step if points else 0
        shown = [p for p in points if p.step > _SKIP_SHARE * last] or list(points)
        for (place, split), curve in self._curves.items():
            own = [p for p in shown if p.split == split]
            name = self._second if place == "second" else place
            if not name:
                own = []
            curve.setData(
                np.array([p.epochs_done for p in own], float),
                np.array([p.term(name) for p in own], float),
            )
        highest = max((abs(p.term(self._second)) for p in shown if self._second), default=0.0)
        is_long = 0 < highest < 0.1 or highest >= 100
        self._item.getAxis("right").setWidth(_WIDE_AXIS_PX if is_long else _AXIS_PX)
