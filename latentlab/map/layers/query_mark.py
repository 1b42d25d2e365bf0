"""The mark of a picture that the user brought to the map: a diamond with a name."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from latentlab.base.shown_name import shown_name
from latentlab.widgets.style.tokens import Tokens

_REACH_PX = 15.0  # around the ring of the cursor, which stands on it at first
_LABEL_PX = 150
_PADDING_PX = 5.0
_FAR_PX = 1e5


def paint_brought_mark(
    painter: QPainter, place: tuple[float, float], name: str, tokens: Tokens
) -> None:
    """Paint a diamond ring around a place, with the name of the picture beside it.

    Its shape, and not only its colour, tells it from the rings of data points.
    """
    at = QPointF(*place)
    if not (abs(at.x()) < _FAR_PX and abs(at.y()) < _FAR_PX):  # also where it is no number
        return
    diamond = QPolygonF(
        [
            QPointF(at.x(), at.y() - _REACH_PX),
            QPointF(at.x() + _REACH_PX, at.y()),
            QPointF(at.x(), at.y() + _REACH_PX),
            QPointF(at.x() - _REACH_PX, at.y()),
        ]
    )
    halo = QColor(tokens.background)
    halo.setAlphaF(0.75)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((halo, 5.0), (QColor(tokens.warn), 2.2)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPolygon(diamond)
    metrics = painter.fontMetrics()
    text = metrics.elidedText(shown_name(name), Qt.TextElideMode.ElideMiddle, _LABEL_PX)
    width = metrics.horizontalAdvance(text) + 2 * _PADDING_PX
    height = metrics.height() + 2.0
    box = QRectF(at.x() + _REACH_PX + 4, at.y() - height / 2, width, height)
    if box.right() > painter.viewport().width():
        box.moveRight(at.x() - _REACH_PX - 4)
    painter.setPen(QColor(tokens.line))
    painter.setBrush(QColor(tokens.raised))
    painter.drawRoundedRect(box, 5, 5)
    painter.setPen(QColor(tokens.ink))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
