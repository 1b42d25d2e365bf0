"""Paints the decoded grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from latentlab.core.camera import Camera
from latentlab.core.grid_mosaic import GridMosaic
from latentlab.core.point_raster import premultiplied


class GridLayer:
    """Scales the mosaic once for each zoom or change, and only moves it for a pan.

    Grey pictures are painted as ink of varying density, so that their background is the map's own
    in the light theme as in the dark one; colour pictures as they are.
    """

    def __init__(self) -> None:
        self._key: tuple[object, ...] | None = None
        self._pixmap = QPixmap()

    def paint(
        self, painter: QPainter, mosaic: GridMosaic, camera: Camera, ink: QColor, ratio: float
    ) -> None:
        """Paint the mosaic where it lies on the map.

        Parameters
        ----------
        painter
            On the map widget, opacity set.
        mosaic
            The decoded cells.
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
        side_px = block.side * camera.scale
        key = (id(mosaic), mosaic.revision, round(side_px, 3), ink.rgb(), ratio)
        if key != self._key:
            self._key = key
            self._pixmap = self._scaled(mosaic, side_px * ratio, ink)
            self._pixmap.setDevicePixelRatio(ratio)
        left, top = camera.to_screen((block.left * block.side, block.top * block.side))
        # On whole device pixels the pixmap is copied instead of resampled.
        painter.drawPixmap(
            QPointF(round(left * ratio) / ratio, round(top * ratio) / ratio), self._pixmap
        )

    @staticmethod
    def _scaled(mosaic: GridMosaic, side_device_px: float, ink: QColor) -> QPixmap:
        block = mosaic.block
        assert block is not None
        argb = np.ascontiguousarray(_to_argb(mosaic.pixels, ink))
        height, width = argb.shape
        source = QImage(
            argb.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        target = QPixmap(
            max(1, round(block.columns * side_device_px)),
            max(1, round(block.rows * side_device_px)),
        )
        target.fill(Qt.GlobalColor.transparent)
        painter = QPainter(target)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(target.rect()), source)
        painter.end()
        return target


def _to_argb(pixels: NDArray[np.uint8], ink: QColor) -> NDArray[np.uint32]:
    """Return premultiplied 0xAARRGGBB of pictures (h, w, 1 or 3)."""
    if pixels.shape[2] == 3:
        wide = pixels.astype(np.uint32)
        opaque = np.uint32(0xFF000000) | wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
        return opaque.astype(np.uint32, copy=False)
    colour = np.full(1, ink.rgb(), np.uint32)
    table = np.array([premultiplied(colour, v / 255)[0] for v in range(256)], np.uint32)
    result: NDArray[np.uint32] = table[pixels[..., 0]]
    return result
