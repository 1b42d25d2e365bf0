from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from latentlab.latent.camera import Camera
from latentlab.latent.grid_mosaic import GridMosaic
from latentlab.latent.tiles import CellBlock
from latentlab.map.layers.grid_layer import GridLayer


def painted(layer: GridLayer, mosaic: GridMosaic, scale: float) -> QImage:
    image = QImage(80, 60, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    layer.paint(painter, mosaic, Camera((0.0, 0.0), scale, 80, 60), QColor("#ffffff"), 1.0)
    painter.end()
    return image


def test_a_view_that_has_jumped_far_in_waits_for_its_own_cells(qapp: QApplication) -> None:
    mosaic = GridMosaic((2, 2, 1))
    mosaic.cover(CellBlock(0, -2, -2, 2, 2))
    keys = mosaic.block.keys()  # type: ignore[union-attr]
    mosaic.put(0, keys, np.full((len(keys), 2, 2, 1), 255, np.uint8), 1)
    layer = GridLayer()
    assert painted(layer, mosaic, 20.0).pixelColor(40, 30).alpha() == 255
    # A picture of all cells would have a hundred million pixels a side.
    assert painted(layer, mosaic, 1e7).pixelColor(40, 30).alpha() == 0
    assert painted(layer, mosaic, 20.0).pixelColor(40, 30).alpha() == 255
