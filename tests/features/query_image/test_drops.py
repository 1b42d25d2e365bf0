from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from latentlab.features.query_image.drops import MOST_SIDE_PX, file_bytes, one_picture


def test_only_one_existing_picture_file_counts(tmp_path: Path) -> None:
    (tmp_path / "a.JPG").write_bytes(b"x")
    (tmp_path / "b.png").write_bytes(b"x")
    (tmp_path / "model.safetensors").write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    assert one_picture([str(tmp_path / "a.JPG")]) == tmp_path / "a.JPG"
    for paths in (
        [],
        [tmp_path / "a.JPG", tmp_path / "b.png"],
        [tmp_path / "model.safetensors"],
        [tmp_path / "folder.png"],
        [tmp_path],
        [tmp_path / "missing.png"],
    ):
        assert one_picture(paths) is None


def reopened(image: QImage) -> Image.Image:
    return Image.open(BytesIO(file_bytes(image)))


def test_a_small_image_keeps_every_value_and_what_shows_through(qtbot: QtBot) -> None:
    image = QImage(3, 2, QImage.Format.Format_ARGB32)
    image.fill(QColor(10, 20, 30, 40))
    image.setPixelColor(2, 1, QColor(200, 100, 50, 255))
    found = np.asarray(reopened(image))
    assert found.shape == (2, 3, 4)
    assert found[0, 0].tolist() == [10, 20, 30, 40]
    assert found[1, 2].tolist() == [200, 100, 50, 255]


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (QImage.Format.Format_RGB32, (1500, 1000)),
        (QImage.Format.Format_ARGB32, (MOST_SIDE_PX, MOST_SIDE_PX * 1000 // 1500)),
    ],
)
def test_a_large_image_is_packed_or_reduced_and_keeps_its_colour(
    qtbot: QtBot, kind: QImage.Format, size: tuple[int, int]
) -> None:
    image = QImage(1500, 1000, kind)
    image.fill(QColor(10, 200, 30))
    found = reopened(image)
    assert abs(found.size[0] - size[0]) <= 1 and abs(found.size[1] - size[1]) <= 1
    assert found.convert("RGB").getpixel((300, 300)) == (10, 200, 30)
