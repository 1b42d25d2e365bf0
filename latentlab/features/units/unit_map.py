"""Many numbers as a compact grid of cells, each as bright as its number is large."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.widgets.style.theme import Theme

_MOST_COLUMNS = 64  # up to a square of them
_MOST_CELL_PX = 14


class UnitMap(QWidget):
    """A heat map of non-negative numbers; the largest has the accent colour, 0 the background.

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
        self._hint: Callable[[int], str] | None = None
        self._hovered = -1
        self._theme = theme
        self._values = np.zeros(0, np.float32)
        self._picture: QImage | None = None
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self._repaint)

    def set_hint(self, hint: Callable[[int], str]) -> None:
        """Set what gives the translated words about a unit, numbered from 0, for its tooltip."""
        self._hint = hint

    def set_values(self, values: NDArray[np.float32]) -> None:
        """Show other numbers, float (d,), not negative."""
        grows = len(values) != len(self._values)
        self._values = values
        if grows:
            self._hovered = -1
            self.updateGeometry()
        self._repaint()

    def _repaint(self) -> None:
        self._picture = None
        self.update()

    # ------------------------------------------------------------------ geometry

    def _columns(self) -> int:
        """Return the columns of a grid about four times as wide as high, for many a square."""
        count = max(1, len(self._values))
        most = max(_MOST_COLUMNS, math.ceil(math.sqrt(count)))
        return min(most, count, max(8, math.ceil(math.sqrt(4 * count))))

    def _cell_px(self, width: int) -> float:
        return min(_MOST_CELL_PX, width / self._columns())

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return room for all rows."""
        rows = math.ceil(max(1, len(self._values)) / self._columns())
        return math.ceil(rows * self._cell_px(width))

    def sizeHint(self) -> QSize:
        """Return a usual width."""
        return QSize(240, self.heightForWidth(240))

    def minimumSizeHint(self) -> QSize:
        """Return a width at which cells are still seen."""
        return QSize(100, self.heightForWidth(100))

    def unit_at(self, position: QPoint) -> int:
        """Return the number of the cell at a place of the widget, -1 where there is none."""
        cell = self._cell_px(self.width())
        column, row = int(position.x() / cell), int(position.y() / cell)
        unit = row * self._columns() + column
        return unit if column < self._columns() and 0 <= unit < len(self._values) else -1

    # ------------------------------------------------------------------ events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the cell under the mouse and say what it is."""
        unit = self.unit_at(event.position().toPoint())
        if unit != self._hovered:
            self._hovered = unit
            self.update()
            if QToolTip.isVisible():
                self._tell(event.globalPosition().toPoint())

    def leaveEvent(self, event: QEvent) -> None:
        """Mark no cell any more."""
        self._hovered = -1
        self.update()
        super().leaveEvent(event)

    def event(self, event: QEvent) -> bool:
        """Show number and value of the cell under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._hovered = self.unit_at(event.pos())
            if self._hovered >= 0:
                self._tell(event.globalPos())
                return True
        return super().event(event)

    def _tell(self, where: QPoint) -> None:
        if self._hovered < 0 or self._hint is None:
            QToolTip.hideText()
            return
        QToolTip.showText(where, self._hint(self._hovered), self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all cells as one picture."""
        del event
        if not len(self._values):
            return
        if self._picture is None:
            self._picture = self._paint_cells()
        cell = self._cell_px(self.width())
        painter = QPainter(self)
        painter.drawImage(
            QRectF(0, 0, cell * self._picture.width(), cell * self._picture.height()),
            self._picture,
        )
        if cell >= 6:
            painter.setPen(QColor(self._theme.tokens.panel))
            for column in range(self._picture.width() + 1):
                x = round(column * cell)
                painter.drawLine(x, 0, x, self.height())
            for row in range(self._picture.height() + 1):
                y = round(row * cell)
                painter.drawLine(0, y, self.width(), y)
        if self._hovered >= 0:
            row, column = divmod(self._hovered, self._columns())
            painter.setPen(QPen(QColor(self._theme.tokens.ink), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(column * cell, row * cell, max(cell - 1, 2), max(cell - 1, 2)))
        painter.end()

    def _paint_cells(self) -> QImage:
        """Return a picture of one pixel for each cell."""
        tokens = self._theme.tokens
        columns = self._columns()
        rows = math.ceil(len(self._values) / columns)
        largest = float(self._values.max())
        share = np.zeros(rows * columns)
        # The root brings out what is small beside the largest.
        share[: len(self._values)] = np.sqrt(self._values / largest) if largest > 0 else 0.0
        low, high = (
            np.array([*bytes.fromhex(colour[1:])], np.float64)
            for colour in (tokens.raised, tokens.accent)
        )
        pixels = np.empty((rows, columns, 4), np.uint8)
        pixels[..., :3] = (low + share.reshape(rows, columns, 1) * (high - low)).round()
        pixels[..., 3] = 255
        pixels.reshape(-1, 4)[len(self._values) :, 3] = 0
        image = QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
        return image.copy()
