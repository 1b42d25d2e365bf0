"""Small pictures in rows over curves of the same abscissa: over all amounts, or over the passes."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from latentlab.widgets.images.qimage import fitted, to_qimage
from latentlab.widgets.plots.legend import Entry, legend_height, paint_legend
from latentlab.widgets.plots.plot import Plot
from latentlab.widgets.plots.plot_parts import Axis, CurveStyle, Dot
from latentlab.widgets.style.theme import Theme

_AXIS_PX, _NAMES_PX = 24, 15  # for the decibels, and for what is at the places
_TOP_PX, _RIGHT_PX = 4, 5  # for the ends of the outer numbers and names
_GAP_PX = 2
_LEAST_THUMB_PX, _MOST_THUMB_PX = 24, 44
_THUMB_SHARE = 0.14  # of the height, for each row
_HEADROOM_DB = 2.0
# The last one is drawn on top.
_STYLES = {
    "nlm": CurveStyle("bad", 1.4, Qt.PenStyle.DashDotDotLine),
    "median": CurveStyle("good", 1.4, Qt.PenStyle.DashDotLine),
    "untouched": CurveStyle("muted", 1.8, Qt.PenStyle.DotLine),
    "linear": CurveStyle("warn", 1.6, Qt.PenStyle.DashLine),
    "model": CurveStyle("accent", 2.2),
}
_NOTHING = np.empty(0)


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


class StripPlot(Plot):
    """Shows a strip with a mark that is moved by the pointer or the arrow keys.

    Parameters
    ----------
    theme
        Whose colours are used.
    titles
        Translated names of the curves by the names of their styles.
    parent
        Owner.
    """

    def __init__(self, theme: Theme, titles: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(
            theme,
            "",
            _STYLES,
            {"left": Axis(_AXIS_PX, "dB", has_grid=True), "bottom": Axis(_NAMES_PX)},
            (0, _TOP_PX, _RIGHT_PX, 0),
            parent=parent,
        )
        self.setObjectName("noise_strip")
        self._titles = titles
        self._strip: Strip | None = None
        self._place = 0.0
        self._at_mark: dict[str, float] = {}
        self._empty = ""
        self._thumbs: QPixmap | None = None
        self.set_picks(True)
        self.set_hint(self._words)

    @property
    def strip(self) -> Strip | None:
        """What is shown."""
        return self._strip

    @property
    def mark(self) -> float:
        """Where the mark is, 0 to 1."""
        return self._place

    @property
    def empty(self) -> str:
        """What is said where there is no strip."""
        return self._empty

    def set_strip(self, strip: Strip | None, empty: str = "") -> None:
        """Show another strip, or words where there is none."""
        self._strip, self._empty, self._thumbs = strip, empty, None
        self.show_canvas(strip is not None)
        if strip is not None:
            for name in _STYLES:
                values = strip.curves.get(name)
                x = _NOTHING if values is None else strip.places
                self.set_curve(name, x, _NOTHING if values is None else values)
            self._lay_out(strip)
        self._render_mark()
        self.update()

    def set_place(self, place: float) -> None:
        """Put the mark to another place, 0 to 1."""
        place = min(max(place, 0.0), 1.0)
        if place != self._place:
            self._place = place
            self._render_mark()

    def value_at(self, name: str, place: float) -> float:
        """Return the PSNR of a curve at a place, NaN where it is not known."""
        strip = self._strip
        if strip is None or name not in strip.curves:
            return math.nan
        return _value_at(strip.places, strip.curves[name], place)

    def has_content(self) -> bool:
        """Return whether there is a strip, with curves or without."""
        return self._strip is not None

    def stops(self) -> NDArray[np.float64]:
        """Return the places of the pictures, curves or not."""
        return _NOTHING if self._strip is None else self._strip.places

    def sizeHint(self) -> QSize:
        """Return room for six pictures in a row."""
        return QSize(230, 160)

    def minimumSizeHint(self) -> QSize:
        """Return what can still be read."""
        return QSize(190, 110)

    # --- geometry ------------------------------------------------------------------------------

    def shown_places(self) -> NDArray[np.intp]:
        """Return which places have a picture: evenly spread, as many as there is room for."""
        assert self._strip is not None
        last = len(self._strip.places) - 1
        room = max(1, (self.width() - _AXIS_PX - _RIGHT_PX) // (_LEAST_THUMB_PX + _GAP_PX))
        steps = [step for step in range(1, last + 1) if last % step == 0 and last // step < room]
        return np.arange(0, last + 1, min(steps, default=max(1, last)))

    def _thumb_px(self) -> int:
        if self._strip is None or not self._strip.rows:
            return 0
        room = (self.width() - _AXIS_PX - _RIGHT_PX) // len(self.shown_places()) - _GAP_PX
        return max(8, min(room, _MOST_THUMB_PX, int(_THUMB_SHARE * self.height())))

    def _legend_rect(self) -> QRect:
        height = legend_height(0 if self._strip is None else len(self._strip.curves))
        return QRect(2, self.height() - height - 1, self.width() - 2, height)

    def canvas_rect(self) -> QRect:
        """Return the room between pictures and legend."""
        num_rows = len(self._strip.rows) if self._strip is not None else 0
        top = num_rows * (self._thumb_px() + _GAP_PX)
        return QRect(1, top, self.width() - 2, max(30, self._legend_rect().top() - top))

    def plot_area(self) -> QRectF:
        """Return where the curves are; its edges lie at the middles of the outer pictures."""
        pad = self._pads_px[0]
        return self.area().adjusted(pad, 0, -pad, 0)

    def thumb_rect(self, row: int, place: int) -> QRect:
        """Return the square of the picture of a row at a place, in the widget's coordinates."""
        assert self._strip is not None
        side = self._thumb_px()
        centre = self.px_at(float(self._strip.places[place]))
        return QRect(round(centre - side / 2), 1 + row * (side + _GAP_PX), side, side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay all of it out in the new size."""
        self._thumbs = None
        if self._strip is not None:
            self._lay_out(self._strip)
        super().resizeEvent(event)

    def _lay_out(self, strip: Strip) -> None:
        low, high = _range_db(list(strip.curves.values()))
        self.set_ranges((0.0, 1.0), (low, high), (self._thumb_px() / 2 + 1, 0.0))
        self._place_canvas()
        every = next((e for e in (1, 2, 5, 10, 20) if (high - low) / e <= 4), 50)
        levels = range(math.ceil(low / every) * every, math.floor(high) + 1, every)
        self.set_ticks("left", [(level, str(level)) for level in levels if strip.curves])
        # Names of as many places as fit, the first and the last among them.
        shown = self.shown_places()
        last = max(1, len(shown) - 1)
        widest = max(self.fontMetrics().horizontalAdvance(name) for name in strip.names) + 8
        fits = (e for e in range(1, last) if last % e == 0)
        width = self.plot_area().width()
        step = next((e for e in fits if width * e / last >= widest), last)
        named = shown[::step].tolist()
        self.set_ticks("bottom", [(float(strip.places[i]), strip.names[i]) for i in named])

    # --- painting ------------------------------------------------------------------------------

    def _render_mark(self) -> None:
        names = () if self._strip is None else tuple(self._strip.curves)
        self._at_mark = {name: self.value_at(name, self._place) for name in names}
        known = ((name, v) for name, v in self._at_mark.items() if math.isfinite(v))
        self.set_mark(self._place, tuple(Dot(self._place, v, _STYLES[n].tone) for n, v in known))
        self.update(self._legend_rect())

    def paint_beside(self, painter: QPainter, dirty: QRect) -> None:
        """Paint the pictures above the curves and the legend below them."""
        tokens, strip = self._theme.tokens, self._strip
        if strip is None:
            painter.setPen(QColor(tokens.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(8, 0, -8, 0), flags, self._empty)
            return
        if dirty.top() < self.canvas_rect().top():
            if self._thumbs is None:
                self._thumbs = self._render_thumbs(strip)
            painter.drawPixmap(QPointF(0, 0), self._thumbs)
        entries = [
            Entry(
                _STYLES[name].pen(tokens, tokens.panel, painter.device().devicePixelRatioF()),
                f"{self._titles[name]} {_number(value)}",
                tokens.ink if name == "model" else tokens.muted,
            )
            for name, value in self._at_mark.items()
        ]
        paint_legend(painter, self._legend_rect(), entries)

    def _render_thumbs(self, strip: Strip) -> QPixmap:
        ratio = self.devicePixelRatio()
        size = QSize(self.width(), max(1, self.canvas_rect().top()))
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        for row, images in enumerate(strip.rows):
            for place in self.shown_places().tolist():
                cell = self.thumb_rect(row, place)
                painter.fillRect(cell, QColor("black"))
                image = fitted(to_qimage(images[place]), cell.size() * ratio)
                image.setDevicePixelRatio(ratio)
                left = cell.left() + (cell.width() - image.width() / ratio) / 2
                top = cell.top() + (cell.height() - image.height() / ratio) / 2
                painter.drawImage(QPointF(left, top), image)
        painter.end()
        return pixmap

    # --- words ---------------------------------------------------------------------------------

    def words_at(self, x_px: float) -> str:
        """Return what there is to say of the place nearest to a column of pixels."""
        return "" if self._strip is None else self._words(self.x_at(x_px))

    def _words(self, x: float) -> str:
        strip = self._strip
        if strip is None:
            return ""
        place = int(np.argmin(np.abs(strip.places - x)))
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
    after = bisect_left(places, place)
    if after < len(places) and abs(places[after] - place) < 1e-9:
        return float(values[after])
    if not 0 < after < len(places):
        return math.nan
    low, high = float(values[after - 1]), float(values[after])
    if not (math.isfinite(low) and math.isfinite(high)):
        return math.nan
    share = (place - places[after - 1]) / (places[after] - places[after - 1])
    return float(low + share * (high - low))


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
