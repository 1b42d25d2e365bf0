"""A plot: curves or cells between axes, for pointer, keyboard and screen reader."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QMessageBox, QSizePolicy, QToolTip, QWidget

from latentlab.widgets.dialogs.open_dialog import ask_where_to_save
from latentlab.widgets.images.picture_to_file import save_png
from latentlab.widgets.plots.library import load_piece
from latentlab.widgets.plots.plot_parts import Axis, Cells, CurveStyle, Dot, Side, Ticks
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.plain_text import plain_tooltip

if TYPE_CHECKING:
    from latentlab.widgets.plots.canvas import Canvas

FONT_PX = 10
_FRAME_PX = 1  # of the focus
_PIECE_EVERY_MS = 1  # which leaves input between them
_TIP_LETTERS = 64  # of a line in a tip
_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Home: -math.inf,
    Qt.Key.Key_End: math.inf,
}
Values = NDArray[np.float64]
Range = tuple[float, float]


class Plot(QWidget):
    """Everything that is shown is kept here; the canvas that draws it is made when there is some.

    Until then the plot is an empty frame of the same size. Left, Right, Home and End go from place
    to place of the curves; what is read there is told in a tip and to screen readers.

    Parameters
    ----------
    theme
        Whose colours are used.
    name
        Translated accessible name.
    styles
        Looks of the curves by their names, the last one on top.
    axes
        What stands at which side.
    margins
        Pixels left, above, right and below of axes and curves.
    ground
        Name of the token behind all.
    parent
        Owner.
    """

    chosen = Signal(float)
    """Emitted with the x that was clicked, dragged or stepped to, where x can be chosen."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        styles: Mapping[str, CurveStyle] | None = None,
        axes: Mapping[Side, Axis] | None = None,
        margins: tuple[int, int, int, int] = (0, 0, 0, 0),
        ground: str = "panel",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._styles, self._axes = dict(styles or {}), dict(axes or {})
        self._axis_px: dict[Side, int] = {side: axis.size_px for side, axis in self._axes.items()}
        self._margins, self._ground = margins, ground
        self._values: dict[str, tuple[Values, Values]] = {}
        self._cells: Cells | None = None
        self._ranges: tuple[Range | None, Range | None] = (None, None)
        self._pads_px = (0.0, 0.0)
        self._drawn_ranges: tuple[Range | None, Range | None] | None = None
        self._ticks: dict[Side, Ticks | None] = {}
        self._mark, self._read = math.nan, math.nan
        self._dots: tuple[Dot, ...] = ()
        self._hint: Callable[[float], str] | None = None
        self._picks = False
        self._is_pictured, self._shows_canvas = False, True
        self._description = ""
        self._canvas: Canvas | None = None
        self._waiting = QTimer(self)
        self._waiting.setInterval(_PIECE_EVERY_MS)
        self._waiting.timeout.connect(self._look)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        font = self.font()
        font.setPixelSize(FONT_PX)
        self.setFont(font)
        theme.changed.connect(self._dress)

    # --- what is shown -------------------------------------------------------------------------

    def set_curve(self, name: str, x: Values, y: Values) -> None:
        """Give a curve other values, float64 (n,) each; it is broken where y is not finite."""
        before = self.curve(name)
        if np.array_equal(x, before[0]) and np.array_equal(y, before[1], equal_nan=True):
            return
        self._values[name] = (x, y)
        if self._canvas is not None:
            self._canvas.set_curve(name, *_with_dots(x, y, self._styles[name]))
        self._want()

    def curve(self, name: str) -> tuple[Values, Values]:
        """Return x and y of a curve, float64 (n,)."""
        return self._values.get(name, (np.empty(0), np.empty(0)))

    def set_cells(self, cells: Cells) -> None:
        """Show a grid of cells, whose corners are whole numbers of x and y."""
        self._cells = cells
        if self._canvas is not None:
            self._canvas.set_cells(cells)
        self._want()

    def set_ranges(
        self, x: Range | None, y: Range | None, pads_px: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        """Show these ranges and so many pixels beyond them; ``None`` fits the curves."""
        self._ranges, self._pads_px = (x, y), pads_px
        self._apply_ranges()

    def set_ticks(self, side: Side, ticks: Ticks | None) -> None:
        """Write these numbers at an axis; ``None`` lets it find round ones."""
        is_new = side not in self._ticks or ticks != self._ticks[side]
        self._ticks[side] = ticks
        if self._canvas is not None and is_new:
            self._canvas.set_ticks(side, ticks)

    def set_axis_size(self, side: Side, size_px: int) -> None:
        """Make an axis wider or narrower; 0 hides it."""
        is_new, self._axis_px[side] = size_px != self._axis_px[side], size_px
        if self._canvas is not None and is_new:
            self._canvas.set_axis_size(side, size_px)

    def axis_size(self, side: Side) -> int:
        """Return the width or height of an axis in pixels, 0 where it is hidden."""
        return self._axis_px.get(side, 0)

    def set_margins(self, margins: tuple[int, int, int, int]) -> None:
        """Leave so many pixels left, above, right and below of axes and curves."""
        self._margins = margins
        if self._canvas is not None:
            self._canvas.set_margins(margins)

    def set_mark(self, x: float, dots: tuple[Dot, ...] = ()) -> None:
        """Put the mark to another x, NaN for none, and dots on the curves with it."""
        self._mark, self._dots = x, dots
        self._apply_pointer()

    def set_hint(self, hint: Callable[[float], str]) -> None:
        """Set what gives the translated words about an x, for tips and screen readers."""
        self._hint = hint

    def explained(self, reading: str) -> str:
        """Return what is read with the sentence that says what the plot is."""
        return f"{reading}\n\n{textwrap.fill(self.toolTip(), _TIP_LETTERS)}"

    def set_picks(self, picks: bool) -> None:
        """Let x be chosen by click, drag and keys, which otherwise only read."""
        self._picks = picks
        if picks:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()

    def set_description(self, words: str) -> None:
        """Say in words what is shown."""
        self._description = words
        self.setAccessibleDescription(words)

    @property
    def canvas(self) -> Canvas | None:
        """What draws, once there is something to draw."""
        return self._canvas

    # --- geometry ------------------------------------------------------------------------------

    def canvas_rect(self) -> QRect:
        """Return where axes and curves are; what is beside it belongs to the subclass."""
        return self.rect().adjusted(_FRAME_PX, _FRAME_PX, -_FRAME_PX, -_FRAME_PX)

    def focus_rect(self) -> QRect:
        """Return around what the keyboard's focus is shown."""
        return self.rect()

    def area(self) -> QRectF:
        """Return where the curves are, in the widget's coordinates."""
        rect, (left, top, right, bottom) = QRectF(self.canvas_rect()), self._margins
        return rect.adjusted(
            left + self.axis_size("left"),
            top,
            -right - self.axis_size("right"),
            -bottom - self.axis_size("bottom"),
        )

    def x_at(self, position_px: float) -> float:
        """Return the x at a column of pixels of the widget, NaN where nothing says what it is."""
        area, pad = self.area(), self._pads_px[0]
        limits = self._ranges[0]
        if limits is None:
            if self._canvas is None:
                return math.nan
            limits, pad = self._canvas.range()[0], 0.0
        width = max(1.0, area.width() - 2 * pad)
        return limits[0] + (position_px - area.left() - pad) / width * (limits[1] - limits[0])

    def px_at(self, x: float) -> float:
        """Return the column of pixels of the widget at an x."""
        area, pad, limits = self.area(), self._pads_px[0], self._ranges[0]
        if limits is None:
            assert self._canvas is not None
            limits, pad = self._canvas.range()[0], 0.0
        share = (x - limits[0]) / (limits[1] - limits[0])
        return area.left() + pad + share * (area.width() - 2 * pad)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the canvas its place."""
        super().resizeEvent(event)
        self._place_canvas()

    def _place_canvas(self) -> None:
        if self._canvas is not None:
            self._canvas.setGeometry(self.canvas_rect())
            self._apply_ranges()

    # --- the canvas ----------------------------------------------------------------------------

    def _want(self) -> None:
        if self._canvas is None and self.isVisible():
            self.update()

    def has_content(self) -> bool:
        """Return whether there is something to draw."""
        return self._cells is not None or any(len(y) for _, y in self._values.values())

    @Slot()
    def _look(self) -> None:
        if load_piece():
            self.make_canvas()

    def make_canvas(self) -> None:
        """Make what draws; where its library is not loaded yet, that is done at once."""
        if self._canvas is not None:
            return
        from latentlab.widgets.plots.canvas import Canvas

        self._waiting.stop()
        self._canvas = Canvas(self._axes, self._styles, self._margins, self)
        self._place_canvas()
        self._dress()
        for name, (x, y) in self._values.items():
            self._canvas.set_curve(name, *_with_dots(x, y, self._styles[name]))
        for side, ticks in self._ticks.items():
            self._canvas.set_ticks(side, ticks)
        for side, size_px in self._axis_px.items():
            if self._axes[side].size_px:
                self._canvas.set_axis_size(side, size_px)
        if self._cells is not None:
            self._canvas.set_cells(self._cells)
        self._apply_ranges()
        self._apply_pointer()
        self._canvas.setVisible(self._shows_canvas)

    def show_canvas(self, shows: bool) -> None:
        """Hide axes and curves where there is nothing to show."""
        self._shows_canvas = shows
        if self._canvas is not None:
            self._canvas.setVisible(shows)

    def _apply_ranges(self) -> None:
        if self._canvas is None or self._cells is not None:
            return
        area = self.area()
        ranges = (
            _padded(limits, pad, length)
            for limits, pad, length in zip(
                self._ranges, self._pads_px, (area.width(), area.height()), strict=True
            )
        )
        x, y = ranges
        if (x, y) != self._drawn_ranges:
            self._drawn_ranges = (x, y)
            self._canvas.set_range(x, y)

    def _apply_pointer(self) -> None:
        if self._canvas is not None:
            self._canvas.set_pointer((self._mark, self._read), self._dots)

    @Slot()
    def _dress(self) -> None:
        if self._canvas is not None:
            tokens = self._theme.tokens
            self._canvas.dress(tokens, getattr(tokens, self._ground), self.font())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame of the focus; with the first values the canvas is asked for."""
        if self._canvas is None and self.has_content() and not self._waiting.isActive():
            self._waiting.start()
        painter = QPainter(self)
        self.paint_beside(painter, event.rect())
        if self.hasFocus() and not self._is_pictured:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.tokens.accent), 1))
            painter.drawRect(self.focus_rect().adjusted(0, 0, -1, -1))
        painter.end()

    def paint_beside(self, painter: QPainter, dirty: QRect) -> None:
        """Paint what is not on the canvas, where it lies in a rectangle; nothing here."""

    # --- reading and choosing ------------------------------------------------------------------

    def stops(self) -> Values:
        """Return the places at which there is something to read, ascending, float64 (n,)."""
        known = [x[: len(y)] for x, y in self._values.values() if len(y)]
        return np.unique(np.concatenate(known)) if known else np.empty(0)

    def read_at(self, x: float) -> None:
        """Mark the place that is read, NaN for none."""
        if x == self._read or (math.isnan(x) and math.isnan(self._read)):
            return
        self._read = x
        self._apply_pointer()

    def _nearest(self, x: float) -> float:
        stops = self.stops()
        if not len(stops) or math.isnan(x):
            return math.nan
        return float(stops[int(np.argmin(np.abs(stops - x)))])

    def _choose_at(self, position: QPointF) -> None:
        limits, x = self._ranges[0], self.x_at(position.x())
        if limits is not None and self.has_content():
            self.chosen.emit(min(max(x, limits[0]), limits[1]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the x under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self._picks:
            self._choose_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer, with the mark or in reading."""
        if event.buttons() & Qt.MouseButton.LeftButton and self._picks:
            self.read_at(math.nan)
            self._choose_at(event.position())
            return
        if self._hint is None:
            return
        x = self._nearest(self.x_at(event.position().x()))
        if x != self._read:
            self.read_at(x)
            if QToolTip.isVisible() and not math.isnan(x):
                self._tell(event.globalPosition().toPoint(), x)

    def leaveEvent(self, event: QEvent) -> None:
        """Read nothing any more."""
        super().leaveEvent(event)
        self.read_at(math.nan)

    def event(self, event: QEvent) -> bool:
        """Tell what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            x = self._nearest(self.x_at(event.pos().x()))
            if self._hint is not None and not math.isnan(x):
                self._tell(event.globalPos(), x)
                return True
        return super().event(event)

    def _tell(self, where: QPoint, x: float) -> None:
        if self._hint is not None:
            QToolTip.showText(where, plain_tooltip(self._hint(x)), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from place to place, or copy the plot."""
        step = _KEYS.get(Qt.Key(event.key()))
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif step is None or not self._step(step):
            super().keyPressEvent(event)

    def _step(self, by: float) -> bool:
        """Choose or read the next place in a direction; say whether there are places."""
        stops = self.stops()
        if not len(stops) or not (self._picks or self._hint is not None):
            return False
        here = self._mark if self._picks else self._read
        if math.isinf(by) or math.isnan(here):
            there = stops[-1 if by > 1 else 0]
        else:
            beyond = stops[(stops - here) * by > 1e-9]
            there = (beyond[0] if by > 0 else beyond[-1]) if len(beyond) else here
        if self._picks:
            self.chosen.emit(float(there))
        else:
            self.read_at(float(there))
            assert self._hint is not None
            self.setAccessibleDescription(f"{self._hint(float(there))}\n{self._description}")
            if self._canvas is not None:
                place = QPoint(round(self.px_at(float(there))), round(self.area().top()))
                self._tell(self.mapToGlobal(place), float(there))
        return True

    # --- pictures ------------------------------------------------------------------------------

    def picture(self, ratio: float = 2.0) -> QImage:
        """Return the plot as a picture on the ground of the theme."""
        read, self._read = self._read, math.nan
        self.make_canvas()
        assert self._canvas is not None
        self._canvas.draw_for(ratio)
        self._is_pictured = True
        self._apply_pointer()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor(self._theme.tokens.panel))
        self.render(image, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
        self._canvas.draw_for(None)
        self._is_pictured = False
        self._read = read
        self._apply_pointer()
        return image

    @Slot()
    def copy(self) -> None:
        """Put the plot on the clipboard as an image."""
        QGuiApplication.clipboard().setImage(self.picture())

    @Slot()
    def save(self) -> None:
        """Ask for a file and save the plot in it as an image."""
        name, kind = f"{self.accessibleName()}.png".replace("/", " "), (self.tr("Images"), ".png")
        path = ask_where_to_save(self, self.tr("Save as image"), name, kind)
        if not path:
            return
        try:
            save_png(Path(path), self.picture())
        except OSError as error:
            reason = error.strerror or str(error)
            box = QMessageBox(self)
            box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            box.setText(self.tr("The image cannot be written: {}.").format(reason))
            box.open()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the plot as an image."""
        if not self.has_content():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy as image"), QKeySequence.StandardKey.Copy, self.copy)
        menu.addAction(self.tr("Save as image…"), self.save)
        menu.popup(event.globalPos())


def _padded(limits: Range | None, pad_px: float, length_px: float) -> Range | None:
    """Return a range with so many pixels more at either end."""
    if limits is None:
        return None
    pad = pad_px * (limits[1] - limits[0]) / max(1.0, length_px - 2 * pad_px)
    return limits[0] - pad, limits[1] + pad


def _with_dots(x: Values, y: Values, style: CurveStyle) -> tuple[Values, Values]:
    """Return a curve in which a value between unknown ones is a short line, which is seen."""
    known = np.isfinite(y)
    if style.is_stepped or not known.any() or (known.all() and len(y) > 1):
        return x, y
    edges = np.concatenate([[False], known, [False]])
    lonely = np.flatnonzero(edges[1:-1] & ~edges[:-2] & ~edges[2:])
    short = 0.004 * max(float(np.ptp(x)), 1e-6)
    x, y = np.insert(x, lonely + 1, x[lonely] + short), np.insert(y, lonely + 1, y[lonely])
    return x, y
