from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from latentlab.latent.camera import Camera
from latentlab.map.layers.points_layer import PointsLayer

GREY, PLAIN = QColor(90, 90, 90), QColor(10, 200, 250)


def colours_at(
    layer: PointsLayer, count: int, dimmed: frozenset[int] = frozenset()
) -> list[QColor]:
    """Paint points in a row, far apart, and return the colour of each."""
    positions = np.zeros((count, 2), np.float32)
    positions[:, 0] = (np.arange(count) - (count - 1) / 2) * 20
    image = QImage(20 * count, 40, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("black"))
    painter = QPainter(image)
    layer.paint(
        painter,
        positions,
        Camera(width=20 * count, height=40, scale=1.0),
        dimmed=dimmed,
        dimmed_colour=GREY,
        plain_colour=PLAIN,
        zoom=1.0,
        ratio=1.0,
    )
    painter.end()
    return [image.pixelColor(10 + 20 * i, 20) for i in range(count)]


def test_without_labels_all_points_have_the_plain_colour(qtbot: QtBot) -> None:
    layer = PointsLayer()
    layer.set_classes(None, 0, 5)
    assert colours_at(layer, 5) == [PLAIN] * 5
    assert (layer.colours, layer.counts) == ([], [])


def test_each_class_has_its_colour_and_others_are_greyed(qtbot: QtBot) -> None:
    layer = PointsLayer()
    layer.set_classes(np.array([2, 0, 1, 2], np.int32), 3, 4)
    own = layer.colours
    assert colours_at(layer, 4) == [own[2], own[0], own[1], own[2]]
    assert colours_at(layer, 4, frozenset({2, 7})) == [GREY, own[0], own[1], GREY]
    assert layer.counts == [1, 1, 2]


def test_what_is_no_class_has_the_plain_colour(qtbot: QtBot) -> None:
    layer = PointsLayer()
    layer.set_classes(np.array([-1, 1, 9], np.int32), 2, 3)
    assert colours_at(layer, 3) == [PLAIN, layer.colours[1], PLAIN]
    assert colours_at(layer, 3, frozenset({1})) == [PLAIN, GREY, PLAIN]
    assert layer.counts == [0, 1]


def test_hundreds_of_classes_keep_their_own_colours(qtbot: QtBot) -> None:
    layer = PointsLayer()
    layer.set_classes(np.arange(300, dtype=np.int32), 300, 300)
    found = colours_at(layer, 300)
    assert found == layer.colours
    assert len({colour.rgb() for colour in found}) == 300
