"""How often each of many units is active, as a curve from the busiest unit to the quietest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.core.code_units import is_dead
from latentlab.ui.theme import Theme
from latentlab.ui.tokens import mixed

_HEIGHT_PX = 44
_PAD_PX = 3


class UnitShares(QWidget):
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
        super().__init__(parent)
        self._theme = theme
        self._shares = np.zeros(0, np.float32)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def shares(self) -> NDArray[np.float32]:
        """What is drawn, float32 (d,), the largest first."""
        return self._shares

    def set_shares(self, shares: NDArray[np.float32]) -> None:
        """Draw other shares, float (d,), 0 to 1, in any order."""
        self._shares = np.sort(shares)[::-1]
        count = len(shares)
        dead = int(is_dead(shares).sum())
        self.setAccessibleDescription(
            self.tr(
                "{0:,} units, the busiest active for {1:.1f} % of the images, {2:,} never"
            ).format(count, 100 * float(self._shares[0]) if count else 0.0, dead)
        )
        self.update()

    def sizeHint(self) -> QSize:
        """Return a low band."""
        return QSize(200, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(60, _HEIGHT_PX)

    def _rank_at(self, x: float) -> int:
        """Return the place in the order, from 0, of the unit at a position."""
        width = max(1.0, self.width() - 2 * _PAD_PX)
        rank = int((x - _PAD_PX) / width * len(self._shares))
        return min(max(rank, 0), len(self._shares) - 1)

    def event(self, event: QEvent) -> bool:
        """Say what the curve is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            if len(self._shares):
                rank = self._rank_at(event.pos().x())
                text = self.tr(
                    "{0:,} of {1:,} units are active for {2:.1f} % of the images or more"
                )
                QToolTip.showText(
                    event.globalPos(),
                    text.format(rank + 1, len(self._shares), 100 * float(self._shares[rank])),
                    self,
                )
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the area below the curve, and a line under the units that are never active."""
        del event
        count = len(self._shares)
        if not count:
            return
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(_PAD_PX, _PAD_PX, -_PAD_PX, -_PAD_PX)
        top = max(float(self._shares[0]), 1e-6)
        # No more corners than pixels, however many units there are.
        ranks = np.unique(np.linspace(0, count - 1, min(count, int(area.width()))).astype(int))
        corners = [QPointF(area.left(), area.bottom())]
        for rank in ranks:
            y = area.bottom() - area.height() * float(self._shares[rank]) / top
            corners.append(QPointF(area.left() + area.width() * rank / count, y))
            corners.append(QPointF(area.left() + area.width() * (rank + 1) / count, y))
        corners.append(QPointF(area.right(), area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(tokens.accent, tokens.panel, 0.35)))
        painter.drawPolygon(QPolygonF(corners))
        painter.setPen(QPen(QColor(tokens.accent), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        alive = count - int(is_dead(self._shares).sum())
        end = area.left() + area.width() * alive / count
        painter.drawPolyline(QPolygonF([c for c in corners[1:-1] if c.x() <= end + 1]))
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if alive < count:
            painter.setPen(QPen(QColor(tokens.warn), 2))
            painter.drawLine(QPointF(end, area.bottom()), area.bottomRight())
        painter.end()
