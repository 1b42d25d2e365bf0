"""Paints the data points, coloured by class."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPainter

from latentlab.core.camera import Camera
from latentlab.core.palette import class_colours
from latentlab.core.point_raster import draw_points

_ORDER_SEED = 0


class PointsLayer:
    """Draws all points into one image per frame, dimmed classes below the others."""

    def __init__(self) -> None:
        self._labels: NDArray[np.int32] | None = None
        self._order = np.empty(0, np.int64)
        self._classes = np.empty(0, np.int32)
        self._num_classes = 0
        self._key: tuple[object, ...] | None = None
        self._image = QImage()
        self._canvas = np.empty((0, 0), np.uint32)
        self._revision = 0

    def set_classes(self, labels: NDArray[np.int32] | None, num_classes: int, count: int) -> None:
        """Take the class of each of ``count`` points; without labels all have one colour."""
        # Data sorted by class would hide the first classes under the last: draw in random order.
        self._order = np.random.default_rng(_ORDER_SEED).permutation(count)
        known = labels if labels is not None else np.zeros(count, np.int32)
        self._classes = known[self._order]
        self._num_classes = max(1, num_classes) if labels is not None else 1
        self._labels = labels
        self.invalidate()

    def invalidate(self) -> None:
        """Note that the positions have changed."""
        self._revision += 1

    def colour_of(self, label: int) -> QColor:
        """Return the colour of a class."""
        return QColor(*class_colours(self._num_classes)[label])

    def paint(
        self,
        painter: QPainter,
        positions: NDArray[np.float32],
        camera: Camera,
        *,
        dimmed: frozenset[int],
        dimmed_colour: QColor,
        plain_colour: QColor,
        zoom: float,
        ratio: float,
    ) -> None:
        """Paint the points.

        Parameters
        ----------
        painter
            On the map widget, opacity set.
        positions
            float32 (n, 2), map positions in the order of the data set.
        camera
            The view.
        dimmed, dimmed_colour
            Classes that are greyed, and their colour.
        plain_colour
            Colour of points without a class.
        zoom
            How far the view is zoomed in, 1 where everything is seen.
        ratio
            Device pixels per pixel.
        """
        if len(positions) != len(self._order):
            return
        key = (self._revision, camera, dimmed, dimmed_colour.rgb(), plain_colour.rgb(), zoom, ratio)
        if key != self._key:
            self._key = key
            self._render(positions, camera, dimmed, dimmed_colour, plain_colour, zoom, ratio)
        painter.drawImage(QPoint(0, 0), self._image)

    def _render(
        self,
        positions: NDArray[np.float32],
        camera: Camera,
        dimmed: frozenset[int],
        dimmed_colour: QColor,
        plain_colour: QColor,
        zoom: float,
        ratio: float,
    ) -> None:
        shape = (max(1, round(camera.height * ratio)), max(1, round(camera.width * ratio)))
        if self._canvas.shape != shape:
            self._canvas = np.zeros(shape, np.uint32)
        else:
            self._canvas[:] = 0
        screen = camera.points_to_screen(positions[self._order]) * np.float32(ratio)
        radius = point_radius_px(len(positions), zoom) * ratio
        colours = self._colours(plain_colour)
        if dimmed:
            back = np.isin(self._classes, np.fromiter(dimmed, np.int32))
            grey = np.full(len(colours), dimmed_colour.rgb(), np.uint32)
            draw_points(self._canvas, screen[back], self._classes[back], grey, radius)
            front = ~back
            draw_points(self._canvas, screen[front], self._classes[front], colours, radius)
        else:
            draw_points(self._canvas, screen, self._classes, colours, radius)
        height, width = shape
        self._image = QImage(
            self._canvas.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        self._image.setDevicePixelRatio(ratio)

    def _colours(self, plain: QColor) -> NDArray[np.uint32]:
        if self._labels is None:
            return np.full(1, plain.rgb(), np.uint32)
        return np.array(
            [0xFF000000 | r << 16 | g << 8 | b for r, g, b in class_colours(self._num_classes)],
            np.uint32,
        )


def point_radius_px(count: int, zoom: float) -> float:
    """Return the radius of a point: smaller for more points, larger when zoomed in."""
    base = min(3.0, max(0.8, 3.1 - 0.42 * math.log10(max(count, 1))))
    return min(6.0, base * math.pow(max(1.0, zoom), 0.35))
