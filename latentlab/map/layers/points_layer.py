"""Paints the data points, coloured by class or by a number."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPainter

from latentlab.latent.camera import Camera
from latentlab.latent.palette import class_colours
from latentlab.latent.point_colouring import PointColouring, ramp
from latentlab.latent.point_raster import draw_points

_ORDER_SEED = 0


class PointsLayer:
    """Draws all points into one image per frame, dimmed classes below the others."""

    def __init__(self) -> None:
        self._order = np.empty(0, np.int64)
        self._classes = np.empty(0, np.int32)
        self._num_classes = 0
        self._class_colours = np.empty(0, np.uint32)
        self._key: tuple[object, ...] | None = None
        self._image = QImage()
        self._canvas = np.empty((0, 0), np.uint32)
        self._revision = 0

    def set_classes(self, labels: NDArray[np.int32] | None, num_classes: int, count: int) -> None:
        """Take the class of each of ``count`` points; without labels all have one colour."""
        # Data sorted by class would hide the first classes under the last: draw in random order.
        self._order = np.random.default_rng(_ORDER_SEED).permutation(count)
        # Whatever is no class of the set comes last, in the plain colour.
        self._num_classes = num_classes if labels is not None else 0
        known = np.full(count, self._num_classes, np.int32)
        if labels is not None:
            is_class = (labels >= 0) & (labels < num_classes)
            known[is_class] = labels[is_class]
        self._classes = known[self._order]
        self._class_colours = _packed(class_colours(self._num_classes))
        self.invalidate()

    def invalidate(self) -> None:
        """Note that the positions have changed."""
        self._revision += 1

    @property
    def colours(self) -> list[QColor]:
        """The colours of all classes."""
        return [QColor(*colour) for colour in class_colours(self._num_classes)]

    @property
    def counts(self) -> list[int]:
        """How many points each class has."""
        found = np.bincount(self._classes, minlength=self._num_classes)
        return [int(count) for count in found[: self._num_classes]]

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
        closeness: NDArray[np.float32] | None = None,
        colouring: PointColouring | None = None,
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
        closeness
            float32 (n,), opacity of each point by its distance from the plane shown, or ``None``.
            It may change only together with :meth:`invalidate`.
        colouring
            Numbers that colour the points instead of their classes.
        """
        if len(positions) != len(self._order):
            return
        if colouring is not None and len(colouring.levels) != len(positions):
            colouring = None  # of the data before
        looks = (dimmed, dimmed_colour.rgb(), plain_colour.rgb(), id(colouring))
        key = (self._revision, camera, looks, zoom, ratio)
        if key != self._key:
            self._key = key
            opacity = None if closeness is None else closeness[self._order]
            kinds: NDArray[np.integer] = self._classes
            colours = self._class_colours
            if colouring is not None:
                kinds, colours, dimmed = colouring.levels[self._order], _ramp_colours(), frozenset()
            inks = np.append(colours, np.uint32(plain_colour.rgb()))
            self._render(
                positions, camera, kinds, inks, dimmed, dimmed_colour, zoom, ratio, opacity
            )
        painter.drawImage(QPoint(0, 0), self._image)

    def _render(
        self,
        positions: NDArray[np.float32],
        camera: Camera,
        kinds: NDArray[np.integer],
        colours: NDArray[np.uint32],
        dimmed: frozenset[int],
        dimmed_colour: QColor,
        zoom: float,
        ratio: float,
        opacity: NDArray[np.float32] | None,
    ) -> None:
        shape = (max(1, round(camera.height * ratio)), max(1, round(camera.width * ratio)))
        if self._canvas.shape != shape:
            self._canvas = np.zeros(shape, np.uint32)
        else:
            self._canvas[:] = 0
        screen = camera.points_to_screen(positions[self._order]) * np.float32(ratio)
        radius = point_radius_px(len(positions), zoom) * ratio
        if dimmed:
            is_dimmed = np.zeros(len(colours), bool)
            is_dimmed[[number for number in dimmed if number < self._num_classes]] = True
            back = is_dimmed[kinds]
            grey = np.full(len(colours), dimmed_colour.rgb(), np.uint32)
            for which, inks in ((back, grey), (~back, colours)):
                faded = None if opacity is None else opacity[which]
                draw_points(self._canvas, screen[which], kinds[which], inks, radius, faded)
        else:
            draw_points(self._canvas, screen, kinds, colours, radius, opacity)
        height, width = shape
        self._image = QImage(
            self._canvas.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        self._image.setDevicePixelRatio(ratio)


def _packed(colours: Iterable[Sequence[int]]) -> NDArray[np.uint32]:
    """Return colours (r, g, b) as opaque 0xFFRRGGBB."""
    return np.array([0xFF000000 | r << 16 | g << 8 | b for r, g, b in colours], np.uint32)


@functools.cache
def _ramp_colours() -> NDArray[np.uint32]:
    return _packed(ramp().tolist())


def point_radius_px(count: int, zoom: float) -> float:
    """Return the radius of a point: smaller for more points, larger when zoomed in."""
    base = min(3.0, max(0.8, 3.1 - 0.42 * math.log10(max(count, 1))))
    return min(6.0, base * math.pow(max(1.0, zoom), 0.35))
