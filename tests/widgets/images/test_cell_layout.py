"""How large images are: inside the room, as large as they can be, and never smaller than wanted."""

from __future__ import annotations

import pytest

from latentlab.widgets.images.cell_layout import CellLayout, CellShape, cell_layout


@pytest.mark.parametrize("count", [1, 2, 7, 24, 64])
@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("room", [(200, 100), (90, 400), (600, 30)])
def test_what_fits_is_inside_and_cannot_be_larger(
    count: int, pair: bool, room: tuple[int, int]
) -> None:
    shape = CellShape(least=1, most=1000, pair=pair)
    width, height = room
    found = cell_layout(shape, count, width, height, bar=10)
    assert not found.scrolls

    def fits(side: int) -> bool:
        columns = min(count, (width + shape.gap) // (shape.cell_width(side) + shape.gap))
        if not columns:
            return False
        rows = -(-count // columns)
        return rows * (side + shape.gap) - shape.gap <= height

    assert fits(found.side) and not fits(found.side + 1)


def test_what_does_not_fit_scrolls_and_fills_the_width() -> None:
    shape = CellShape(least=84, most=240, gap=14, pair=True)
    found = cell_layout(shape, 12, 520, 200, bar=10)
    assert found.scrolls and found.columns == 2
    assert 520 - 10 - 14 - 4 <= 2 * shape.cell_width(found.side) + 14 < 520 - 10


def test_a_fixed_size_fills_its_rows() -> None:
    shape = CellShape(least=56, most=56, gap=6, caption=31, width=78)
    assert cell_layout(shape, 3, 500, 200, bar=10) == CellLayout(56, 3, scrolls=False)
    assert cell_layout(shape, 100_000, 500, 200, bar=10) == CellLayout(56, 5, scrolls=True)
    assert cell_layout(shape, 12, 500, 200, bar=10) == CellLayout(56, 6, scrolls=False)


def test_wanted_columns_are_kept_however_small() -> None:
    shape = CellShape(least=14, most=96)
    assert cell_layout(shape, 15, 150, 40, bar=10, columns=5) == CellLayout(11, 5, scrolls=False)
    assert cell_layout(shape, 15, 0, 0, bar=10, columns=5) == CellLayout(1, 5, scrolls=False)
    assert cell_layout(shape, 0, 150, 40, bar=10) == CellLayout(40, 1, scrolls=False)
