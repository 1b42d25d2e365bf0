"""A thin bar that shows a share."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tone import Tone

_HEIGHT_PX = 4


class Meter(QWidget):
    """Shows a share of 0 to 1 in one of the program's tones.

    ``QProgressBar`` paints at once with every new value, which costs 2 ms each time the hand
    moves; this one waits for the next frame like everything else.

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
        self._share = 0.0
        self._tone: Tone = "good"
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def share(self) -> float:
        """The share shown, 0 to 1."""
        return self._share

    def set_share(self, share: float, tone: Tone = "good") -> None:
        """Show another share."""
        share = min(max(share, 0.0), 1.0)
        if (share, tone) == (self._share, self._tone):
            return
        self._share, self._tone = share, tone
        self.setAccessibleDescription(f"{100 * share:.0f} %")
        self.update()

    def sizeHint(self) -> QSize:
        """Return a thin line of any width."""
        return QSize(80, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(20, _HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove and the bar."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(self.rect())
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(bar, 2, 2)
        if self._share > 0:
            bar.setWidth(max(_HEIGHT_PX, bar.width() * self._share))
            painter.setBrush(QColor(getattr(self._theme.tokens, self._tone or "accent")))
            painter.drawRoundedRect(bar, 2, 2)
        painter.end()
