"""The legend of points that are coloured by a number: ramp, ends and histogram."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from latentlab.latent.point_colouring import PointColouring, ramp
from latentlab.widgets.style.theme import Theme

_WIDTH_PX, _HEIGHT_PX = 196, 86
_PAD_PX, _BARS_PX, _RAMP_PX = 10, 26, 6
_BINS = 44


class RampLegend(QWidget):
    """What the colours of the points stand for, and how often each occurs."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ramp_legend")
        self._theme = theme
        self._colouring: PointColouring | None = None
        self._shares = np.zeros(_BINS)
        self.resize(QSize(_WIDTH_PX, _HEIGHT_PX))
        self.hide()
        theme.changed.connect(self.update)

    def set_colouring(self, colouring: PointColouring | None) -> None:
        """Explain another colouring, or none."""
        self._colouring = colouring
        self.setVisible(colouring is not None)
        if colouring is None:
            return
        counts = colouring.histogram(_BINS)
        self._shares = counts / max(1, int(counts.max()))
        known = colouring.values[np.isfinite(colouring.values)]
        words = self.tr("{0}: {1} to {2}, median {3}; {4:,} of {5:,} images").format(
            colouring.title,
            self._shown(colouring.low),
            self._shown(colouring.high),
            self._shown(float(np.median(known)) if len(known) else float("nan")),
            len(known),
            len(colouring.values),
        )
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.update()

    def _shown(self, value: float) -> str:
        unit = "" if self._colouring is None else self._colouring.unit
        number = f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
        return f"{number}{'' if unit in ('', '°') else ' '}{unit}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint title, histogram, ramp and ends."""
        del event
        colouring, tokens = self._colouring, self._theme.tokens
        if colouring is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(frame, 6, 6)
        painter.setPen(QColor(tokens.ink))
        inner = frame.adjusted(_PAD_PX, 7, -_PAD_PX, -7)
        line = QRectF(inner.left(), inner.top(), inner.width(), 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, colouring.title)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        base = inner.top() + 19 + _BARS_PX
        step = inner.width() / _BINS
        for bin_, (colour, share) in enumerate(zip(ramp(_BINS), self._shares, strict=True)):
            painter.setBrush(QColor(*colour.tolist()))
            left = inner.left() + bin_ * step
            height = _BARS_PX * share
            painter.drawRect(QRectF(left, base - height, step, height))
            painter.drawRect(QRectF(left, base + 2, step + 0.5, _RAMP_PX))
        painter.setPen(QColor(tokens.muted))
        ends = QRectF(inner.left(), base + 2 + _RAMP_PX + 2, inner.width(), 16)
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft, self._shown(colouring.low))
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight, self._shown(colouring.high))
        painter.end()
