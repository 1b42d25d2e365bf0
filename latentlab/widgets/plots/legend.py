"""The legend of a plot, in columns below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLine, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

LINE_PX = 14
_SAMPLE_PX = 14  # of a curve
_COLUMNS = 2
_FLAGS = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class Entry:
    """A curve in the legend: its pen, its translated name with a value, and the ink of both."""

    pen: QPen
    text: str
    ink: str


def legend_height(num_entries: int) -> int:
    """Return the height in pixels of a legend with so many entries."""
    return LINE_PX * math.ceil(num_entries / _COLUMNS)


def paint_legend(painter: QPainter, place: QRect, entries: Sequence[Entry]) -> None:
    """Paint samples of the curves and what they are called, shortened where there is no room."""
    width = place.width() // _COLUMNS
    metrics = painter.fontMetrics()
    for number, entry in enumerate(entries):
        row, column = divmod(number, _COLUMNS)
        left, top = place.left() + column * width, place.top() + row * LINE_PX
        painter.setPen(entry.pen)
        middle = top + LINE_PX // 2
        painter.drawLine(QLine(left, middle, left + _SAMPLE_PX, middle))
        painter.setPen(QColor(entry.ink))
        box = QRect(left + _SAMPLE_PX + 4, top, width - _SAMPLE_PX - 6, LINE_PX)
        text = entry.text
        if metrics.horizontalAdvance(text) > box.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, box.width())
        painter.drawText(box, _FLAGS, text)
