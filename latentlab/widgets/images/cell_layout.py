"""How large the images of a grid are, and how many stand in a row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CellShape:
    """What a grid asks of its cells; all lengths are in pixels of the window.

    Attributes
    ----------
    least, most
        Smallest and largest side of an image.
    gap
        Between two cells.
    pair
        Whether two images stand side by side in each cell.
    between
        The two images of a pair.
    caption
        Height of what is written below the images.
    width
        Smallest width of a cell, for what is written below.
    """

    least: int = 14
    most: int = 96
    gap: int = 3
    pair: bool = False
    between: int = 5
    caption: int = 0
    width: int = 0

    def cell_width(self, side: int) -> int:
        """Return the width of a cell whose images have a side."""
        images = 2 * side + self.between if self.pair else side
        return max(images, self.width)

    def side_across(self, width: int) -> int:
        """Return the side of images in a cell of a width."""
        return (width - self.between) // 2 if self.pair else width

    def columns_across(self, side: int, width: int) -> int:
        """Return how many cells stand side by side, at least one."""
        return max(1, (width + self.gap) // (self.cell_width(side) + self.gap))


@dataclass(frozen=True)
class CellLayout:
    """What is given to them.

    Attributes
    ----------
    side
        Of an image.
    columns
        Cells in a row.
    scrolls
        Whether there are more than fit into the height.
    """

    side: int
    columns: int
    scrolls: bool


def cell_layout(
    shape: CellShape, count: int, width: int, height: int, bar: int, columns: int = 0
) -> CellLayout:
    """Return the layout in which the images are as large as the room allows.

    Parameters
    ----------
    shape
        Of the cells.
    count
        Number of cells.
    width, height
        Of the room.
    bar
        What a scroll bar takes from the width.
    columns
        Cells in a row; 0 for as many as make the images largest.
    """
    count = max(1, count)
    best = (0, 1)
    for tried in (columns,) if columns else range(1, count + 1):
        rows = -(-count // tried)
        cell = (width + shape.gap) // tried - shape.gap
        across = shape.side_across(cell)
        down = (height + shape.gap) // rows - shape.gap - shape.caption
        if cell >= shape.width:
            best = max(best, (min(across, down), tried))
        if across < down:
            break  # with more in a row they only become smaller
    side, found = best
    if columns:
        return CellLayout(max(1, min(side, shape.most)), columns, scrolls=False)
    if side >= shape.least:
        if side > shape.most:
            found = min(count, shape.columns_across(shape.most, width))
        return CellLayout(min(side, shape.most), found, scrolls=False)
    room = width - bar - shape.gap - 1  # Qt wants a pixel more than the last cell of a row
    found = shape.columns_across(shape.least, room)
    across = shape.side_across((room + shape.gap) // found - shape.gap)
    return CellLayout(min(max(across, shape.least), shape.most), found, scrolls=True)
