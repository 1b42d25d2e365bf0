"""The small arrow of combo boxes and foldable sections."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen


def draw_chevron(
    painter: QPainter,
    centre: QPointF,
    colour: QColor,
    direction: Literal["down", "right"] = "down",
) -> None:
    """Draw an arrow about 8 px wide around ``centre``."""
    long, short = 3.5, 1.75
    if direction == "down":
        corners = [QPointF(-long, -short), QPointF(0, short), QPointF(long, -short)]
    else:
        corners = [QPointF(-short, -long), QPointF(short, 0), QPointF(-short, long)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, 1.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPolyline([centre + corner for corner in corners])
    painter.restore()
