"""Small pictures in rows over curves of the same abscissa: over all amounts, or over the passes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.ui.qimage import fitted, to_qimage
from latentlab.ui.theme import Theme

_AXIS_PX = 24  # for the decibels
_GAP_PX = 2
_LEAST_THUMB_PX, _MOST_THUMB_PX = 24, 44
_THUMB_SHARE = 0.14  # of the height, for each row
_LEGEND_PX = 14  # height of a line
_FONT_PX = 10
_SAMPLE_PX = 14  # of a line in the legend
_HEADROOM_DB = 2.0
_STYLES = {
    "model": ("accent", Qt.PenStyle.SolidLine, 2.2),
    "linear": ("warn", Qt.PenStyle.DashLine, 1.6),
    "untouched": ("muted", Qt.PenStyle.DotLine, 1.8),
    "median": ("good", Qt.PenStyle.DashDotLine, 1.4),
    "nlm": ("bad", Qt.PenStyle.DashDotDotLine, 1.4),
}


@dataclass(frozen=True, eq=False)
class Strip:
    """What a :class:`StripPlot` shows.

    Attributes
    ----------
    places
        float64 (a,), ascending from 0 to 1.
    names
        Translated, what is at each place, such as "50 %".
    rows
        Pictures at the places, each uint8 (a, h, w, 1 or 3).
    curves
        PSNR in dB, float64 (a,), by the name of a style; infinite where nothing is wrong, NaN where
        it is not known.
    """

    places: NDArray[np.float64]
    names: tuple[str, ...]
    rows: tuple[NDArray[np.uint8], ...]
    curves: dict[str, NDArray[np.float64]]


class StripPlot(QWidget):
    """Shows a strip with a mark that is moved by the mouse or the arrow keys.

    Curves differ by their dashes too, so that they can be told apart without colour.

    Parameters
    ----------
    theme
        Whose colours are used.
    titles
        Translated names of the curves by the names of their styles.
    parent
        Owner.
    """

    chosen = Signal(float)
    """Emitted with the place, 0 to 1, that was clicked, dragged to or stepped to."""

    def __init__(self, theme: Theme, titles: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._titles = titles
        self._strip: Strip | None = None
        self._mark = 0.0
        self._empty = ""
        self._pixmap: QPixmap | None = None
        self._range_db = (0.0, 1.0)
        self.setObjectName("noise_strip")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        font = self.font()
        font.setPixelSize(_FONT_PX)
        self.setFont(font)
        theme.changed.connect(self._paint_anew)

    @property
    def strip(self) -> Strip | None:
        """What is shown."""
        return self._strip

    @property
    def mark(self) -> float:
        """Where the mark is, 0 to 1."""
        return self._mark

    def set_strip(self, strip: Strip | None, empty: str = "") -> None:
        """Show another strip, or words where there is none."""
        self._strip, self._empty = strip, empty
        if strip is not None:
            self._range_db = _range_db(list(strip.curves.values()))
        self._paint_anew()

    def set_mark(self, place: float) -> None:
        """Put the mark to another place, 0 to 1."""
        place = min(max(place, 0.0), 1.0)
        if place != self._mark:
            self._mark = place
            self.update()

    def value_at(self, name: str, place: float) -> float:
        """Return the PSNR of a curve at a place, NaN where it is not known."""
        strip = self._strip
        if strip is None or name not in strip.curves:
            return math.nan
        return _value_at(strip.places, strip.curves[name], place)

    def sizeHint(self) -> QSize:
        """Return room for six pictures in a row."""
        return QSize(230, 160)

    def minimumSizeHint(self) -> QSize:
        """Return what can still be read."""
        return QSize(190, 110)

    # --- geometry ------------------------------------------------------------------------------

    def _shown(self) -> NDArray[np.intp]:
        """Return which places have a picture: evenly spread, as many as there is room for."""
        assert self._strip is not None
        last = len(self._strip.places) - 1
        room = max(1, (self.width() - _AXIS_PX) // (_LEAST_THUMB_PX + _GAP_PX))
        steps = [step for step in range(1, last + 1) if last % step == 0 and last // step < room]
        return np.arange(0, last + 1, min(steps, default=max(1, last)))

    def _thumb_px(self) -> int:
        if self._strip is None or not self._strip.rows:
            return 0
        room = (self.width() - _AXIS_PX) // len(self._shown()) - _GAP_PX
        return max(8, min(room, _MOST_THUMB_PX, int(_THUMB_SHARE * self.height())))

    def plot_area(self) -> QRectF:
        """Return where the curves are; its edges lie at the middles of the outer pictures."""
        side = self._thumb_px()
        num_rows = len(self._strip.rows) if self._strip is not None else 0
        num_curves = len(self._strip.curves) if self._strip is not None else 0
        top = num_rows * (side + _GAP_PX) + 4
        bottom = self.height() - _LEGEND_PX * math.ceil(num_curves / 2) - 15
        left, right = _AXIS_PX + side / 2 + 1, self.width() - side / 2 - 2
        return QRectF(left, top, max(10.0, right - left), max(10.0, bottom - top))

    def thumb_rect(self, row: int, place: int) -> QRect:
        """Return the square of the picture of a row at a place, in the widget's coordinates."""
        assert self._strip is not None
        side, area = self._thumb_px(), self.plot_area()
        centre = area.left() + float(self._strip.places[place]) * area.width()
        return QRect(round(centre - side / 2), row * (side + _GAP_PX), side, side)

    # --- painting ------------------------------------------------------------------------------

    def _paint_anew(self) -> None:
        self._pixmap = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint all of it in the new size."""
        super().resizeEvent(event)
        self._pixmap = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what does not change from a picture, and mark and numbers over it."""
        del event
        painter = QPainter(self)
        tokens = self._theme.tokens
        if self._strip is None:
            painter.setPen(QColor(tokens.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(8, 0, -8, 0), flags, self._empty)
        else:
            if self._pixmap is None:
                self._pixmap = self._render()
            painter.drawPixmap(QPointF(0, 0), self._pixmap)
            self._paint_mark(painter, self._strip)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _render(self) -> QPixmap:
        assert self._strip is not None
        ratio = self.devicePixelRatio()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setFont(self.font())
        self._render_thumbs(painter, self._strip, ratio)
        self._render_axes(painter, self._strip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._render_curves(painter, self._strip)
        painter.end()
        return pixmap

    def _render_thumbs(self, painter: QPainter, strip: Strip, ratio: float) -> None:
        for row, images in enumerate(strip.rows):
            for place in self._shown().tolist():
                cell = self.thumb_rect(row, place)
                painter.fillRect(cell, QColor("black"))
                image = fitted(to_qimage(images[place]), cell.size() * ratio)
                image.setDevicePixelRatio(ratio)
                left = cell.left() + (cell.width() - image.width() / ratio) / 2
                top = cell.top() + (cell.height() - image.height() / ratio) / 2
                painter.drawImage(QPointF(left, top), image)

    def _render_axes(self, painter: QPainter, strip: Strip) -> None:
        tokens, area = self._theme.tokens, self.plot_area()
        low, high = self._range_db
        every = next((e for e in (1, 2, 5, 10, 20) if (high - low) / e <= 4), 50)
        right = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
        if strip.curves:
            for level in range(math.ceil(low / every) * every, math.floor(high) + 1, every):
                y = self._y(level, area)
                painter.setPen(QColor(tokens.line))
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
                painter.setPen(QColor(tokens.muted))
                painter.drawText(
                    QRectF(0, y - 7, area.left() - self._thumb_px() / 2 - 2, 14), right, str(level)
                )
        painter.setPen(QColor(tokens.muted))
        shown = self._shown()
        # Names of as many places as fit, the first and the last among them.
        widest = max(self.fontMetrics().horizontalAdvance(n) for n in strip.names) + 8
        every = next(
            (
                e
                for e in range(1, len(shown))
                if (len(shown) - 1) % e == 0 and area.width() * e / max(1, len(shown) - 1) >= widest
            ),
            max(1, len(shown) - 1),
        )
        for place in shown[::every].tolist():
            x = area.left() + float(strip.places[place]) * area.width()
            box = QRectF(x - 30, area.bottom() + 1, 60, 13)
            width = self.fontMetrics().horizontalAdvance(strip.names[place])
            box.moveLeft(min(box.left(), self.width() - 30 - width / 2))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), strip.names[place])

    def _render_curves(self, painter: QPainter, strip: Strip) -> None:
        area = self.plot_area()
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        for name in reversed(strip.curves):
            painter.setPen(self._pen(name))
            values = strip.curves[name]
            for run in _known_runs(values):
                points = [
                    QPointF(
                        area.left() + float(strip.places[i]) * area.width(),
                        self._y(float(values[i]), area),
                    )
                    for i in run
                ]
                if len(points) == 1:
                    painter.drawPoint(points[0])
                else:
                    painter.drawPolyline(QPolygonF(points))

    def _paint_mark(self, painter: QPainter, strip: Strip) -> None:
        tokens, area = self._theme.tokens, self.plot_area()
        x = area.left() + self._mark * area.width()
        painter.setPen(QPen(QColor(tokens.ink), 1))
        painter.drawLine(QPointF(x, area.top() - 3), QPointF(x, area.bottom()))
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = area.bottom() + 15
        left_column = 2
        for number, name in enumerate(strip.curves):
            row, column = divmod(number, 2)
            left = left_column + column * (self.width() / 2)
            y = top + row * _LEGEND_PX
            painter.setPen(self._pen(name))
            painter.drawLine(QPointF(left, y + 7), QPointF(left + _SAMPLE_PX, y + 7))
            value = self.value_at(name, self._mark)
            if not math.isnan(value):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(getattr(tokens, _STYLES[name][0])))
                if area.top() - 2 <= (at := self._y(value, area)) <= area.bottom() + 2:
                    painter.drawEllipse(QPointF(x, at), 2.6, 2.6)
            painter.setPen(QColor(tokens.ink if name == "model" else tokens.muted))
            box = QRectF(left + _SAMPLE_PX + 4, y, self.width() / 2 - _SAMPLE_PX - 6, 14)
            painter.drawText(
                box,
                int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter),
                f"{self._titles[name]} {_number(value)}",
            )

    def _pen(self, name: str) -> QPen:
        colour, style, width = _STYLES[name]
        pen = QPen(QColor(getattr(self._theme.tokens, colour)), width, style)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap if name == "model" else Qt.PenCapStyle.FlatCap)
        return pen

    def _y(self, value: float, area: QRectF) -> float:
        low, high = self._range_db
        return area.bottom() - (value - low) / (high - low) * area.height()

    # --- input ---------------------------------------------------------------------------------

    def _choose_at(self, x: float) -> None:
        area = self.plot_area()
        if self._strip is not None:
            self.chosen.emit(min(max((x - area.left()) / area.width(), 0.0), 1.0))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the place under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose_at(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by the arrows, or go to either end."""
        strip = self._strip
        keys = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if strip is None or event.key() not in (*keys, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
            return
        if event.key() in keys:
            by = keys[Qt.Key(event.key())]
            beyond = strip.places[(strip.places - self._mark) * by > 1e-9]
            if len(beyond):
                self.chosen.emit(float(beyond[0] if by > 0 else beyond[-1]))
        else:
            self.chosen.emit(0.0 if event.key() == Qt.Key.Key_Home else 1.0)

    def event(self, event: QEvent) -> bool:
        """Tell all values of the place under the pointer."""
        if event.type() == QEvent.Type.ToolTip and self._strip is not None:
            assert isinstance(event, QHelpEvent)
            QToolTip.showText(event.globalPos(), self.words_at(event.pos().x()), self)
            return True
        return super().event(event)

    def words_at(self, x: float) -> str:
        """Return what there is to say of the place nearest to a column of pixels."""
        strip, area = self._strip, self.plot_area()
        if strip is None:
            return ""
        share = (x - area.left()) / area.width()
        place = int(np.argmin(np.abs(strip.places - share)))
        lines = [strip.names[place]]
        lines += [
            f"{self._titles[name]}: {decibels(float(values[place]))}"
            for name, values in strip.curves.items()
        ]
        return "\n".join(lines)


def decibels(value: float) -> str:
    """Return a PSNR in words."""
    return _number(value) if math.isnan(value) else f"{_number(value)} dB"


def _number(value: float) -> str:
    if math.isnan(value):
        return "…"
    return "∞" if math.isinf(value) else f"{value:.1f}"


def _value_at(places: NDArray[np.float64], values: NDArray[np.float64], place: float) -> float:
    """Return a value between known ones; NaN next to unknown ones."""
    after = int(np.searchsorted(places, place))
    if after < len(places) and abs(places[after] - place) < 1e-9:
        return float(values[after])
    if not 0 < after < len(places):
        return math.nan
    pair = values[after - 1 : after + 1]
    if not np.isfinite(pair).all():
        return math.nan
    return float(np.interp(place, places[after - 1 : after + 1], pair))


def _known_runs(values: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Return the places of neighbouring known values."""
    known = np.flatnonzero(np.isfinite(values))
    return [run for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if len(run)]


def _range_db(curves: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Return the range of the axis.

    What is almost untouched has a PSNR without bound, and would press all the rest together.
    """
    inner = [values[1:][np.isfinite(values[1:])] for values in curves]
    values = np.concatenate(inner) if inner else np.empty(0)
    if not len(values):
        return 0.0, 30.0
    lowest = min(float(v[np.isfinite(v)].min(initial=math.inf)) for v in curves)
    low, high = min(lowest, float(values.min())), float(np.percentile(values, 90))
    return math.floor(low) - 1.0, max(math.ceil(high) + _HEADROOM_DB, math.floor(low) + 4.0)
