"""The words in and around a grid of coloured cells."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from latentlab.widgets.plots.plot_parts import Cells, Label
from latentlab.widgets.style.tokens import Tokens

GAP_PX = 2
_SMALL_PX = 10
_DETAIL_PX = 13  # height of the second line of a label
_SIDE_PX = 10  # between the labels of the rows and the cells
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_SIDE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def paint_cell_words(
    painter: QPainter, cells: Cells, area: QRectF, tokens: Tokens, ground: str, font: QFont
) -> None:
    """Paint gaps, texts and the selection over the cells in an area, and labels beside it."""
    rows, columns = len(cells.rows), len(cells.columns)
    if not rows or not columns:
        return
    across, down = area.width() / columns, area.height() / rows
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for column in range(columns):
        right = area.left() + (column + 1) * across
        painter.fillRect(QRectF(right - GAP_PX, area.top(), GAP_PX, area.height()), QColor(ground))
    for row in range(rows):
        bottom = area.top() + (row + 1) * down
        painter.fillRect(QRectF(area.left(), bottom - GAP_PX, area.width(), GAP_PX), QColor(ground))
    bold = QFont(font)
    bold.setBold(True)
    for row in range(rows):
        for column in range(columns):
            place = _cell(area, row, column, across, down)
            ink = QColor(cells.inks[row][column])
            _write(painter, place, cells.texts[row][column], bold, ink, _CENTRE)
    for column, label in enumerate(cells.columns):
        place = QRectF(area.left() + column * across, 0, across - GAP_PX, area.top() - 3)
        _paint_head(painter, place, label, font, tokens)
    for row, label in enumerate(cells.rows):
        place = QRectF(0, area.top() + row * down, area.left() - _SIDE_PX, down - GAP_PX)
        _paint_side(painter, place, label, font, tokens)
    if cells.selected is not None and cells.selected[0] < rows and cells.selected[1] < columns:
        pen = QPen(QColor(tokens.ink), 2)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(_cell(area, *cells.selected, across, down).adjusted(1, 1, -1, -1))


def _cell(area: QRectF, row: int, column: int, across: float, down: float) -> QRectF:
    return QRectF(
        area.left() + column * across, area.top() + row * down, across - GAP_PX, down - GAP_PX
    )


def _paint_head(
    painter: QPainter, place: QRectF, label: Label, font: QFont, tokens: Tokens
) -> None:
    small = QFont(font)
    small.setPixelSize(_SMALL_PX)
    # A title in two lines where one is too short.
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
    painter.setFont(small)
    painter.setPen(QColor(tokens.ink))
    upper = place.adjusted(0, 0, 0, -_DETAIL_PX)
    painter.drawText(upper, int(flags) | int(Qt.TextFlag.TextWordWrap), label.title)
    lower = place.adjusted(0, place.height() - _DETAIL_PX, 0, 0)
    _write(painter, lower, label.detail, small, QColor(tokens.muted), _CENTRE)


def _paint_side(
    painter: QPainter, place: QRectF, label: Label, font: QFont, tokens: Tokens
) -> None:
    small = QFont(font)
    small.setPixelSize(_SMALL_PX)
    upper = place.adjusted(0, -1, 0, -_DETAIL_PX)
    lower = place.adjusted(0, place.height() - _DETAIL_PX - 1, 0, -1)
    _write(painter, upper, label.title, font, QColor(tokens.ink), _SIDE)
    tone = tokens.bad if label.is_problem else tokens.muted
    _write(painter, lower, label.detail, small, QColor(tone), _SIDE)


def _write(
    painter: QPainter, place: QRectF, text: str, font: QFont, colour: QColor, flags: int
) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    width = int(place.width())
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
    painter.drawText(place, flags, shown)
