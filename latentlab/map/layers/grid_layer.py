"""Paints the decoded grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from latentlab.latent.camera import Camera
from latentlab.latent.grid_mosaic import GridMosaic
from latentlab.latent.point_raster import premultiplied

_MOST_SIDE_PX = 16_000  # of the picture of all cells
_MANY_CELLS = 0.4  # of all: then scaling the whole picture is faster than mending it


class GridLayer:
    """Scales the mosaic once for each zoom, only moves it for a pan, and mends single cells.

    Grey pictures are painted as ink of varying density, so that their background is the map's own
    in the light theme as in the dark one; colour pictures as they are.
    """

    def __init__(self) -> None:
        self._key: tuple[object, ...] | None = None
        self._pixmap = QPixmap()
        self._ink_rgb = -1
        self._table = np.empty(0, np.uint32)

    def paint(
        self, painter: QPainter, mosaic: GridMosaic, camera: Camera, ink: QColor, ratio: float
    ) -> None:
        """Paint the mosaic where it lies on the map.

        Parameters
        ----------
        painter
            On the map widget, opacity set.
        mosaic
            The decoded cells; its fresh cells are taken.
        camera
            The view.
        ink
            Colour of the brightest grey value.
        ratio
            Device pixels per pixel.
        """
        block = mosaic.block
        if block is None:
            return
        self._use_ink(ink)
        side_px = block.side * camera.scale * ratio
        if side_px * max(block.rows, block.columns) > _MOST_SIDE_PX:
            return  # the view has jumped far in, and its own cells are not covered yet
        key = (id(mosaic), mosaic.layout_revision, round(side_px, 3), ink.rgb())
        fresh = mosaic.take_fresh_cells()
        many = len(fresh) > _MANY_CELLS * block.rows * block.columns
        if key != self._key or many:
            self._key = key
            self._pixmap = self._scaled(mosaic, side_px)
        elif fresh:
            self._mend(mosaic, fresh, side_px)
        left, top = camera.to_screen((block.left * block.side, block.top * block.side))
        self._pixmap.setDevicePixelRatio(ratio)
        # On whole device pixels the pixmap is copied instead of resampled.
        at = QPointF(round(left * ratio) / ratio, round(top * ratio) / ratio)
        painter.drawPixmap(at, self._pixmap)

    def _scaled(self, mosaic: GridMosaic, side_px: float) -> QPixmap:
        block = mosaic.block
        assert block is not None
        target = QPixmap(
            max(1, round(block.columns * side_px)), max(1, round(block.rows * side_px))
        )
        target.fill(Qt.GlobalColor.transparent)
        argb = self._to_argb(mosaic.pixels)
        painter = _source_painter(target)
        painter.drawImage(QRectF(target.rect()), _image(argb))
        painter.end()
        return target

    def _mend(self, mosaic: GridMosaic, cells: set[tuple[int, int]], side_px: float) -> None:
        """Paint single cells anew, which is what decoding and training keep changing."""
        h, w, _ = mosaic.image_shape
        rows = [row for row, _ in cells]
        first, last = min(rows), max(rows)
        argb = self._to_argb(mosaic.pixels[first * h : (last + 1) * h])
        image = _image(argb)
        self._pixmap.setDevicePixelRatio(1.0)
        painter = _source_painter(self._pixmap)
        for row, column in cells:
            # Edges on whole pixels: neighbours neither overlap nor leave a seam.
            left, top = round(column * side_px), round(row * side_px)
            right, bottom = round((column + 1) * side_px), round((row + 1) * side_px)
            target = QRect(left, top, right - left, bottom - top)
            painter.drawImage(target, image, QRect(column * w, (row - first) * h, w, h))
        painter.end()

    def _use_ink(self, ink: QColor) -> None:
        if ink.rgb() == self._ink_rgb:
            return
        self._ink_rgb = ink.rgb()
        colour = np.full(1, ink.rgb(), np.uint32)
        self._table = np.array([premultiplied(colour, v / 255)[0] for v in range(256)], np.uint32)

    def _to_argb(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return premultiplied 0xAARRGGBB, contiguous, of pictures (h, w, 1 or 3)."""
        if pixels.shape[2] == 1:
            return np.ascontiguousarray(self._table[pixels[..., 0]])
        wide = pixels.astype(np.uint32)
        opaque = np.uint32(0xFF000000) | wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
        return np.ascontiguousarray(opaque, np.uint32)


def _image(argb: NDArray[np.uint32]) -> QImage:
    """Return an image over an array, which must outlive it."""
    height, width = argb.shape
    return QImage(argb.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)


def _source_painter(target: QPixmap) -> QPainter:
    painter = QPainter(target)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    return painter
