"""Items are asked for when they are seen, kept a while, and say what they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from pytestqt.qtbot import QtBot

from latentlab.widgets.images.image_item_model import ImageItem, ImageItemModel

PICTURE = np.full((4, 8, 3), 90, np.uint8)


class Lazy(Sequence[ImageItem]):
    """Counts how often it is asked."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[int] = []

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, row):  # type: ignore[no-untyped-def]
        self.asked.append(row)
        return ImageItem((PICTURE,), f"image {row}", "far\nlarge", (("2.1", "accent"),))


@pytest.fixture
def model(qtbot: QtBot) -> ImageItemModel:
    del qtbot
    return ImageItemModel()


def test_only_what_is_asked_for_is_made(model: ImageItemModel) -> None:
    lazy = Lazy(100_000)
    model.set_items(lazy)
    assert model.rowCount() == 100_000 and not lazy.asked
    first = model.kept(7).pixmap(0, 16)
    assert first is not None and first.size() == QSize(16, 8)
    assert model.kept(7).pixmap(0, 16) is first
    larger = model.kept(7).pixmap(0, 32)
    assert larger is not None and larger.width() == 32
    assert lazy.asked == [7]
    for row in range(2000):
        model.image_item(row)
    assert model.num_kept == 400


def test_the_words_of_an_item(model: ImageItemModel) -> None:
    model.set_items(Lazy(3))
    model.set_flagged(1, "above")
    roles = Qt.ItemDataRole
    index = model.index(0, 0)
    assert index.data(roles.AccessibleTextRole) == "image 0"
    assert index.data(roles.AccessibleDescriptionRole) == "above, far, large"
    assert index.data(roles.ToolTipRole) == "image 0\nfar\nlarge"
    assert index.data(roles.DisplayRole) is None
    assert model.index(1, 0).data(roles.AccessibleDescriptionRole) == "far, large"
    model.set_items([ImageItem((PICTURE,), "a <b>", captions=(("A", ""),))] * 3)
    assert model.index(2, 0).data(roles.AccessibleDescriptionRole) == "A"
    assert "&lt;b&gt;" in str(model.index(2, 0).data(roles.ToolTipRole))


def test_as_many_items_as_before_are_only_painted_anew(model: ImageItemModel, qtbot: QtBot) -> None:
    model.set_items([ImageItem((PICTURE,), "old")] * 5)
    moved: list[int] = []
    model.rowsInserted.connect(lambda: moved.append(1))
    model.rowsRemoved.connect(lambda: moved.append(-1))
    with qtbot.waitSignal(model.dataChanged) as told:
        model.set_items([ImageItem((None,), "new")] * 5)
    assert told.args is not None
    assert (told.args[0].row(), told.args[1].row()) == (0, 4) and not moved
    assert model.image_item(0).text == "new" and model.kept(0).pixmap(0, 9) is None
    model.set_items([])
    assert moved == [-1] and model.rowCount() == 0


@pytest.mark.parametrize(("crisp", "smooth"), [(True, False), (False, True)])
def test_enlarged_pixels_are_crisp_where_it_is_wanted(
    crisp: bool, smooth: bool, qtbot: QtBot
) -> None:
    del qtbot
    step = np.zeros((8, 8, 1), np.uint8)
    step[:, 4:] = 255
    model = ImageItemModel(crisp=crisp)
    model.set_items([ImageItem((step,))])

    def values(edge: int) -> set[int]:
        pixmap = model.kept(0).pixmap(0, edge)
        assert pixmap is not None
        image = pixmap.toImage()
        return {image.pixelColor(x, edge // 2).red() for x in range(edge)}

    assert (values(19) != {0, 255}) == smooth
    assert values(80) == {0, 255}, "whole multiples never need it"
