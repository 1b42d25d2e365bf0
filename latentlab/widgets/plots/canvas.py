"""What pyqtgraph draws: the only module that knows it, loaded when the first plot has something.

Typed loosely, because the library has no types.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QGraphicsGridLayout, QWidget

from latentlab.widgets.plots.cell_words import paint_cell_words
from latentlab.widgets.plots.plot_parts import Axis, Cells, CurveStyle, Dot, Side, Ticks
from latentlab.widgets.style.tokens import Tokens, mixed

_PLACES: dict[Side, tuple[int, int]] = {"left": (0, 0), "right": (0, 2), "bottom": (1, 1)}
_DOT_PX, _RING_PX = 2.6, 3.5
_LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DotLine)
_MARGIN_PX = 6  # around what moves, to be painted anew


class Canvas(pg.GraphicsView):  # type: ignore[misc]
    """A view box between axes, without menu, mouse and focus, which belong to the plot around it.

    What moves with the pointer is painted over the items, so that no item changes with it.
    """

    def __init__(
        self,
        axes: Mapping[Side, Axis],
        styles: Mapping[str, CurveStyle],
        margins: tuple[int, int, int, int],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._axes, self._styles = axes, styles
        self._tokens: Tokens | None = None
        self._ground = ""
        self._still: QPixmap | None = None
        self._ratio: float | None = None
        self._drawn_ratio = 0.0
        self._lines: tuple[float, ...] = ()
        self._columns_px: set[float] = set()
        self._dots: tuple[Dot, ...] = ()
        self._cells: Cells | None = None
        self._image: Any = None
        centre = pg.GraphicsWidget()
        grid = self._grid = QGraphicsGridLayout()
        grid.setContentsMargins(*margins)
        grid.setSpacing(0)
        centre.setLayout(grid)
        self.setCentralItem(centre)
        self._box: Any = pg.ViewBox(enableMenu=False, enableMouse=False)
        grid.addItem(self._box, 0, 1)
        grid.setColumnStretchFactor(1, 1)
        grid.setRowStretchFactor(0, 1)
        self._axis_items: dict[Side, Any] = {}
        for side, axis in axes.items():
            if axis.size_px:
                grid.addItem(self._make_axis(side, axis), *_PLACES[side])
        has_right = "right" in self._axis_items
        self._right_box: Any = self._make_right_box() if has_right else self._box
        self.scene().changed.connect(self._renew)
        self._curves: dict[str, Any] = {}
        for name, style in styles.items():
            fill = {"fillLevel": 0.0} if style.fill else {}
            curve = pg.PlotCurveItem(
                antialias=bool(style.width_px),  # areas alone would have seams
                connect="finite",
                **fill,
            )
            box = self._right_box if style.is_right else self._box
            box.addItem(curve)
            self._curves[name] = curve

    def _make_axis(self, side: Side, axis: Axis) -> Any:
        item = pg.AxisItem(side)
        item.setStyle(
            tickLength=-3,
            tickTextOffset=3,
            autoExpandTextSpace=False,
            hideOverlappingLabels=False,
        )
        item.enableAutoSIPrefix(False)
        item.linkToView(self._box)
        item.setGrid(255 if axis.has_grid else False)
        self._axis_items[side] = item
        self.set_axis_size(side, axis.size_px)
        return item

    def _make_right_box(self) -> Any:
        """Return a view of its own over the same place, linked in x."""
        box: Any = pg.ViewBox(enableMenu=False, enableMouse=False)
        self.scene().addItem(box)
        self._axis_items["right"].linkToView(box)
        box.setXLink(self._box)
        self._box.sigResized.connect(self._place_right_box)
        return box

    def _place_right_box(self) -> None:
        self._right_box.setGeometry(self._box.sceneBoundingRect())
        self._right_box.linkedViewChanged(self._box, self._right_box.XAxis)

    # --- what is drawn -------------------------------------------------------------------------

    def dress(self, tokens: Tokens, ground: str, font: QFont) -> None:
        """Draw in the colours of a theme, on a ground that is a colour and no token."""
        self._tokens, self._ground = tokens, ground
        self.setFont(font)
        self.setBackground(ground)
        self._set_pens(tokens, self._pixel_ratio())
        self._renew()

    def draw_for(self, ratio: float | None) -> None:
        """Draw for another number of pixels in one of the window; ``None`` for the screen."""
        self._ratio = ratio

    def _pixel_ratio(self) -> float:
        return self._ratio or self.devicePixelRatioF()

    def _set_pens(self, tokens: Tokens, ratio: float) -> None:
        self._drawn_ratio = ratio
        line = pg.mkPen(tokens.line, width=ratio)
        for side, item in self._axis_items.items():
            item.setPen(line)
            item.setTickPen(line)
            item.setTextPen(pg.mkPen(getattr(tokens, self._axes[side].tone)))
            item.setTickFont(self.font())
        for name, style in self._styles.items():
            self._curves[name].setPen(style.pen(tokens, self._ground, ratio))
            if style.fill:
                fill = mixed(getattr(tokens, style.tone), self._ground, style.fill)
                self._curves[name].setBrush(fill)

    def set_curve(self, name: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Give a curve other values, NaN or infinite where it is broken."""
        is_stepped = self._styles[name].is_stepped and len(y)
        self._curves[name].setData(x, y, stepMode="center" if is_stepped else None)
        self._still = None

    def curve_values(self, name: str) -> NDArray[np.float64]:
        """Return what a curve shows, float64 (n,)."""
        values = self._curves[name].getData()[1]
        return np.empty(0) if values is None else np.asarray(values)

    def set_range(self, x: tuple[float, float] | None, y: tuple[float, float] | None) -> None:
        """Show these ranges; ``None`` fits the curves."""
        for axis, limits in ((self._box.XAxis, x), (self._box.YAxis, y)):
            self._box.enableAutoRange(axis, limits is None)
        if x is not None:
            self._box.setXRange(*x, padding=0)
        if y is not None:
            self._box.setYRange(*y, padding=0)
        self._still = None

    def range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return what is seen, in x and in y against the left axis."""
        self.scene().prepareForPaint()
        x, y = self._box.viewRange()
        return (x[0], x[1]), (y[0], y[1])

    def set_margins(self, margins: tuple[int, int, int, int]) -> None:
        """Leave so many pixels left, above, right and below of axes and curves."""
        self._grid.setContentsMargins(*margins)
        self._still = None

    def set_axis_size(self, side: Side, size_px: int) -> None:
        """Make an axis wider or narrower; 0 hides its numbers."""
        item = self._axis_items[side]
        item.setVisible(size_px > 0)
        (item.setHeight if side == "bottom" else item.setWidth)(size_px)
        self._still = None

    def set_ticks(self, side: Side, ticks: Ticks | None) -> None:
        """Write these numbers at an axis; ``None`` lets it find round ones."""
        self._axis_items[side].setTicks(None if ticks is None else [ticks])
        self._still = None

    def set_cells(self, cells: Cells) -> None:
        """Draw a grid of cells with the first row at the top."""
        if self._image is None:
            self._image = pg.ImageItem(axisOrder="row-major")
            self._box.invertY(True)
            self._box.addItem(self._image)
        self._cells = cells
        rows, columns = cells.colours.shape[:2]
        if cells.colours.size:
            self._image.setImage(cells.colours, autoLevels=False, levels=(0, 255))
        else:
            self._image.clear()
        self.set_range((0, max(1, columns)), (0, max(1, rows)))
        self._renew()

    def set_pointer(self, lines: tuple[float, ...], dots: tuple[Dot, ...]) -> None:
        """Move what moves with the pointer, and paint only what that changes.

        Parameters
        ----------
        lines
            x of the mark, which is solid, and of the place that is read, dotted; NaN for none.
        dots
            Points over the curves of the left axis.
        """
        self._lines, self._dots = lines, dots
        to_px = self._to_px()
        columns = {to_px(x, 0.0).x() for x in (*lines, *(dot.x for dot in dots))}
        for x_px in columns | self._columns_px:
            if math.isfinite(x_px):
                stripe = QRect(round(x_px) - _MARGIN_PX, 0, 2 * _MARGIN_PX, self.height())
                self.viewport().update(stripe)
        self._columns_px = columns

    # --- painting ------------------------------------------------------------------------------

    def area(self) -> QRectF:
        """Return where the curves are, in the canvas's coordinates."""
        found: QRectF = self._box.sceneBoundingRect()
        return found

    def _to_px(self) -> Callable[[float, float], QPointF]:
        """Return what gives the place of a point of the left axis in the canvas's coordinates."""
        area = self.area()
        (left, right), (low, high) = self._box.viewRange()
        across, up = area.width() / (right - left), area.height() / (high - low)
        first, bottom = area.left(), area.bottom()

        def to_px(x: float, y: float) -> QPointF:
            return QPointF(first + (x - left) * across, bottom - (y - low) * up)

        return to_px

    @Slot()
    def _renew(self) -> None:
        """Draw all of it again with the next paint."""
        self._still = None
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw all of it in the new size."""
        super().resizeEvent(event)
        self._still = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what stands still from a picture, and over it what moves with the pointer."""
        del event
        ratio = self._pixel_ratio()
        if self._still is None or self._drawn_ratio != ratio:
            if self._tokens is not None and self._drawn_ratio != ratio:
                self._set_pens(self._tokens, ratio)
            still = QPixmap(self.size() * ratio)
            still.setDevicePixelRatio(ratio)
            self._grid.activate()
            with QPainter(still) as painter:
                self.render(painter, QRectF(self.rect()), self.rect())
            self._still = still
        with QPainter(self.viewport()) as painter:
            painter.drawPixmap(0, 0, self._still)
            if self._tokens is not None:
                self._paint_pointer(painter, self._tokens)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """Paint units and the words in cells."""
        del rect
        if self._tokens is None:
            return
        painter.setFont(self.font())
        self._paint_units(painter, self._tokens, self.area())
        if self._cells is not None:
            paint_cell_words(
                painter, self._cells, self.area(), self._tokens, self._ground, self.font()
            )

    def _paint_pointer(self, painter: QPainter, tokens: Tokens) -> None:
        area, to_px = self.area(), self._to_px()
        for x, style in zip(self._lines, _LINES, strict=False):
            if math.isfinite(x):
                x_px = to_px(x, 0.0).x()
                painter.setPen(QPen(QColor(tokens.ink), 1, style))
                painter.drawLine(QPointF(x_px, area.top()), QPointF(x_px, area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = area.adjusted(-2, -2, 2, 2)
        for dot in self._dots:
            at = to_px(dot.x, dot.y)
            if not inside.contains(at):
                continue
            colour = QColor(getattr(tokens, dot.tone))
            painter.setPen(QPen(colour, 2) if dot.is_ring else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._ground) if dot.is_ring else colour)
            size = _RING_PX if dot.is_ring else _DOT_PX
            painter.drawEllipse(at, size, size)

    def _paint_units(self, painter: QPainter, tokens: Tokens, area: QRectF) -> None:
        """Write the units of all axes into the lowest line, where no number stands."""
        height = painter.fontMetrics().height()
        line = QRectF(0, self.height() - height, self.width(), height)
        places = {
            "left": (line, Qt.AlignmentFlag.AlignLeft),
            "right": (line, Qt.AlignmentFlag.AlignRight),
            "bottom": (
                QRectF(area.left(), line.top(), area.width(), height),
                Qt.AlignmentFlag.AlignHCenter,
            ),
        }
        for side, axis in self._axes.items():
            if axis.unit and side in self._axis_items and self._axis_items[side].isVisible():
                painter.setPen(QColor(getattr(tokens, axis.tone)))
                painter.drawText(*places[side], axis.unit)
