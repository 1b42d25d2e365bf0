"""One row of a chart of counts: a name, how many, and a bar behind both."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from latentlab.widgets.style.tokens import Tokens, mixed

ROW_PX = 22
_BAR_SHARE = 0.28  # of the accent colour in a bar: text upon it stays readable
_PADDING_PX = 7


def paint_bar_row(
    painter: QPainter,
    area: QRectF,
    tokens: Tokens,
    name: str,
    count: str,
    share: float,
    *,
    quiet: bool = False,
) -> None:
    """Paint a row.

    Parameters
    ----------
    painter
        With the font to use.
    area
        Of the row.
    tokens
        Whose colours are used.
    name, count
        Texts at the left and at the right; the name is cut where there is no room.
    share
        Length of the bar, 0 to 1.
    quiet
        Whether it stands back, such as a row for all the others.
    """
    bar = area.adjusted(0, 1, 0, -1)
    bar.setWidth(max(3.0, bar.width() * min(max(share, 0.0), 1.0)))
    painter.setPen(Qt.PenStyle.NoPen)
    colour = tokens.muted if quiet else tokens.accent
    painter.setBrush(QColor(mixed(colour, tokens.panel, _BAR_SHARE)))
    painter.drawRoundedRect(bar, 4, 4)
    inside = area.adjusted(_PADDING_PX, 0, -_PADDING_PX, 0)
    metrics = painter.fontMetrics()
    room = inside.width() - metrics.horizontalAdvance(count) - _PADDING_PX
    text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(max(0.0, room)))
    painter.setPen(QColor(tokens.muted if quiet else tokens.ink))
    painter.drawText(inside, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
    painter.setPen(QColor(tokens.muted))
    painter.drawText(
        inside, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), count
    )
