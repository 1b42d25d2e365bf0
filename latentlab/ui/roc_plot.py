"""ROC curves of two scores in one small square."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.core.roc import RocCurve
from latentlab.ui.theme import Theme

_MARGIN_PX = 4
_LEAST_PX = 64
_MOST_POINTS = 400  # more than there are pixels


class RocPlot(QWidget):
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
        super().__init__(parent)
        self.setObjectName("roc_plot")
        self._theme = theme
        self._curves: tuple[RocCurve | None, RocCurve | None] = (None, None)
        self._mark: tuple[float, float] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("ROC curves"))
        theme.changed.connect(self.update)

    @property
    def curves(self) -> tuple[RocCurve | None, RocCurve | None]:
        """What is drawn."""
        return self._curves

    @property
    def mark(self) -> tuple[float, float] | None:
        """(false, true) positive share at the threshold, 0 to 1."""
        return self._mark

    def set_curves(self, curves: tuple[RocCurve | None, RocCurve | None], description: str) -> None:
        """Draw other curves; ``description`` is what they say in words."""
        self._curves = curves
        self.setAccessibleDescription(description)
        self.update()

    def set_mark(self, mark: tuple[float, float] | None) -> None:
        """Mark where the threshold is, or nowhere."""
        if mark != self._mark:
            self._mark = mark
            self.update()

    def square(self) -> QRectF:
        """Return the square of the axes in the widget's coordinates."""
        side = max(8, min(self.width(), self.height()) - 2 * _MARGIN_PX)
        return QRectF(_MARGIN_PX, _MARGIN_PX, side, side)

    def sizeHint(self) -> QSize:
        """Return a small square."""
        return QSize(120, 120)

    def minimumSizeHint(self) -> QSize:
        """Return a square that can still be read."""
        return QSize(_LEAST_PX, _LEAST_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint axes, chance, curves and mark."""
        del event
        tokens, area = self._theme.tokens, self.square()
        painter = QPainter(self)
        painter.fillRect(area, QColor(tokens.background))
        painter.setPen(QColor(tokens.line))
        painter.drawRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1, Qt.PenStyle.DotLine))
        painter.drawLine(area.bottomLeft(), area.topRight())
        styles = (
            (tokens.warn, Qt.PenStyle.DashLine, self._curves[1]),
            (tokens.accent, Qt.PenStyle.SolidLine, self._curves[0]),
        )
        for colour, style, curve in styles:
            if curve is not None:
                painter.setPen(QPen(QColor(colour), 1.8, style))
                painter.drawPolyline(self._polygon(curve, area))
        if self._mark is not None and any(curve is not None for curve in self._curves):
            painter.setPen(QPen(QColor(tokens.bad), 2))
            painter.setBrush(QColor(tokens.background))
            painter.drawEllipse(_point(*self._mark, area), 3.5, 3.5)
        painter.end()

    def _polygon(self, curve: RocCurve, area: QRectF) -> QPolygonF:
        count = len(curve.false_positive)
        picks = np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(int))
        x, y = curve.false_positive[picks].tolist(), curve.true_positive[picks].tolist()
        return QPolygonF([_point(a, b, area) for a, b in zip(x, y, strict=True)])


def _point(x: float, y: float, area: QRectF) -> QPointF:
    return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())
