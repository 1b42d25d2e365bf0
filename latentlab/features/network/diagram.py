"""A drawing of a network: one bar for each layer, from image through code to image."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.features.network.drawing import Drawing, DrawnLayer
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tokens import mixed

_FONT_PX = 11
_LINE_PX = 14
_GAP_PX = 6  # at least between two texts of a line
_ROOMY_PX = 66  # of a column whose texts can be of the usual size
_BAR_PX = 12
_MARGIN_PX = 6


class NetworkView(QWidget):
    """An hourglass of bars, as high as the logarithm of the number of values at each layer.

    Below each stand its shape, its kind and what it sees of the image. Where there is no room for
    all, the row under the mouse goes first, then code, image and output; all of it is in the
    tooltip.

    Parameters
    ----------
    theme
        Whose colours are used.
    parent
        Owner.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("network_view")
        self._theme = theme
        self._drawing: Drawing | None = None
        self._hovered = -1
        self.setAccessibleName(self.tr("Drawing of the network"))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    @property
    def drawing(self) -> Drawing | None:
        """What is drawn."""
        return self._drawing

    @Slot(object)
    def set_drawing(self, drawing: Drawing | None) -> None:
        """Draw another network, or none."""
        if drawing == self._drawing:
            return
        self._drawing = drawing
        self._hovered = -1
        rows = () if drawing is None else drawing.rows
        self.setAccessibleDescription(", ".join(f"{r.title} {r.shape_text}" for r in rows))
        self.updateGeometry()
        self.update()

    def row_text(self, place: int) -> str:
        """Return all that is known of a row, for its tooltip."""
        assert self._drawing is not None
        row = self._drawing.rows[place]
        parts = [self.tr("{0} → {1}").format(row.title, row.shape_text)]
        if row.role == "input":
            parts = [self.tr("image {}").format(row.shape_text)]
        elif len(row.shape) > 1:
            parts.append(self.tr("{:,} values").format(row.num_values))
        if row.num_parameters:
            parts.append(self.tr("{:,} parameters").format(row.num_parameters))
        if row.receptive_px is not None:
            parts.append(self.tr("each value sees {0} × {0} pixels").format(row.receptive_px))
        return " · ".join(parts)

    # ------------------------------------------------------------------ geometry

    def sizeHint(self) -> QSize:
        """Return room for the texts of a usual network."""
        return QSize(560, 130)

    def minimumSizeHint(self) -> QSize:
        """Return room for the bars."""
        return QSize(120, 80)

    def _column_px(self) -> float:
        rows = 1 if self._drawing is None else len(self._drawing.rows)
        return (self.width() - 2 * _MARGIN_PX) / rows

    def _place_at(self, position: QPoint) -> int:
        if self._drawing is None:
            return -1
        place = int((position.x() - _MARGIN_PX) // self._column_px())
        return place if 0 <= place < len(self._drawing.rows) else -1

    # ------------------------------------------------------------------ events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the row under the mouse."""
        self._set_hovered(self._place_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Mark no row any more."""
        self._set_hovered(-1)
        super().leaveEvent(event)

    def _set_hovered(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.update()

    def event(self, event: QEvent) -> bool:
        """Show the tooltip of the row under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            if place >= 0:
                left = _MARGIN_PX + place * self._column_px()
                area = QRectF(left, 0, self._column_px(), self.height()).toRect()
                QToolTip.showText(event.globalPos(), self.row_text(place), self, area)
                return True
        return super().event(event)

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all layers and what connects them."""
        del event
        if self._drawing is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        is_dense = self._column_px() < _ROOMY_PX
        font.setPixelSize(_FONT_PX - 1 if is_dense else _FONT_PX)
        painter.setFont(font)
        rows = self._drawing.rows
        sees = any(row.receptive_px and row.role != "input" for row in rows)
        room = self.height() - (3 if sees else 2) * _LINE_PX - 2 * _MARGIN_PX
        most = max(math.log1p(row.num_values) for row in rows)
        bars = [
            self._bar(place, max(6.0, room * math.log1p(row.num_values) / most), room)
            for place, row in enumerate(rows)
        ]
        self._paint_body(painter, bars)
        for place, (row, bar) in enumerate(zip(rows, bars, strict=True)):
            self._paint_bar(painter, place, row, bar)
        self._paint_texts(painter, rows, room + _MARGIN_PX + 2)
        painter.end()

    def _bar(self, place: int, height: float, room: float) -> QRectF:
        centre = _MARGIN_PX + (place + 0.5) * self._column_px()
        width = min(_BAR_PX, max(2.0, self._column_px() - 3))
        return QRectF(centre - width / 2, _MARGIN_PX + (room - height) / 2, width, height)

    def _paint_body(self, painter: QPainter, bars: list[QRectF]) -> None:
        """Paint the hourglass behind the bars."""
        tokens = self._theme.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(tokens.muted, tokens.panel, 0.14)))
        corners = [QPointF(bar.center().x(), bar.top()) for bar in bars]
        corners += [QPointF(bar.center().x(), bar.bottom()) for bar in reversed(bars)]
        painter.drawPolygon(QPolygonF(corners))

    def _paint_bar(self, painter: QPainter, place: int, row: DrawnLayer, bar: QRectF) -> None:
        tokens = self._theme.tokens
        colour = mixed(tokens.muted, tokens.panel, 0.7)
        if row.role == "code":
            colour = tokens.accent
        elif row.role in ("input", "output"):
            colour = tokens.ink
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        if place == self._hovered:
            bar = bar.adjusted(-2, -2, 2, 2)
        painter.drawRoundedRect(bar, 2.5, 2.5)

    def _paint_texts(self, painter: QPainter, rows: tuple[DrawnLayer, ...], top: float) -> None:
        """Paint the texts for which there is room, the more telling ones first."""
        tokens = self._theme.tokens
        code = next(place for place, row in enumerate(rows) if row.role == "code")
        first = [self._hovered] if self._hovered >= 0 else []
        order = dict.fromkeys([*first, code, 0, len(rows) - 1, *range(len(rows))])
        metrics = QFontMetrics(painter.font())
        named = list(order)  # what has no shape has no other text either
        for line in range(3):
            taken: dict[int, tuple[float, float]] = {}
            for place in named:
                row = rows[place]
                text = self._texts(row)[line]
                width = metrics.horizontalAdvance(text)
                left = _MARGIN_PX + (place + 0.5) * self._column_px() - width / 2
                left = max(0.0, min(left, self.width() - width))
                right = left + width
                if not text or any(
                    left < r + _GAP_PX and right > x - _GAP_PX for x, r in taken.values()
                ):
                    continue
                taken[place] = (left, right)
                colour = tokens.muted if line else tokens.ink
                if row.role == "code" and line < 2:
                    colour = tokens.accent
                painter.setPen(QColor(colour))
                area = QRectF(left, top + line * _LINE_PX, width + 2, _LINE_PX)
                painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
            named = list(taken) if line == 0 else named

    def _texts(self, row: DrawnLayer) -> tuple[str, str, str]:
        """Return shape, kind and what a value sees, the last for some layers only."""
        sees = ""
        if row.receptive_px is not None and row.role != "input":
            sees = self.tr("sees {} px").format(row.receptive_px)
        return row.shape_text, row.short_title, sees
