"""What a plot is made of, without the library that draws it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from latentlab.widgets.style.tokens import Tokens, mixed

Side = Literal["left", "right", "bottom"]
Ticks = list[tuple[float, str]]


@dataclass(frozen=True)
class Axis:
    """One side of a plot.

    Attributes
    ----------
    size_px
        Width of a vertical axis, height of the lower one; 0 for no axis. It is fixed, so that a
        number with one digit more does not move the curves.
    unit
        Translated, written at the end of the axis.
    tone
        Name of the token of its numbers.
    has_grid
        Whether lines go from its ticks across the plot.
    """

    size_px: int = 0
    unit: str = ""
    tone: str = "muted"
    has_grid: bool = False


@dataclass(frozen=True)
class CurveStyle:
    """How a curve looks.

    Attributes
    ----------
    tone
        Name of the token of its colour.
    width_px
        Of the line; 0 for none.
    line
        Its dashes, so that curves can be told apart without colour.
    strength
        How far its colour is from the ground, 0 to 1.
    fill
        How far the colour of the area between curve and zero is from the ground; 0 for none.
    is_stepped
        Whether the values belong to intervals: then there is one place more than values.
    is_right
        Whether it is drawn against the right axis.
    """

    tone: str
    width_px: float = 1.8
    line: Qt.PenStyle = Qt.PenStyle.SolidLine
    strength: float = 1.0
    fill: float = 0.0
    is_stepped: bool = False
    is_right: bool = False

    def pen(self, tokens: Tokens, ground: str, ratio: float) -> QPen:
        """Return the pen of the line.

        Parameters
        ----------
        tokens
            Of the theme.
        ground
            The colour behind, which is no token.
        ratio
            Pixels of the screen in one of the window: a cosmetic pen is as wide as in the former.
        """
        return _pen(self, tokens, ground, ratio)


@lru_cache(maxsize=64)  # painted with each move of the pointer
def _pen(style: CurveStyle, tokens: Tokens, ground: str, ratio: float) -> QPen:
    if not style.width_px:
        return QPen(Qt.PenStyle.NoPen)
    colour = mixed(getattr(tokens, style.tone), ground, style.strength)
    pen = QPen(QColor(colour), ratio * style.width_px, style.line)
    is_solid = style.line == Qt.PenStyle.SolidLine
    pen.setCapStyle(Qt.PenCapStyle.RoundCap if is_solid else Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCosmetic(True)
    return pen


@dataclass(frozen=True)
class Dot:
    """A point on a plot, in its coordinates; a ring is larger and shows what is below it."""

    x: float
    y: float
    tone: str
    is_ring: bool = False


@dataclass(frozen=True, eq=False)
class Label:
    """Two lines beside a row or above a column of cells, the second in smaller type."""

    title: str
    detail: str
    is_problem: bool = False


@dataclass(frozen=True, eq=False)
class Cells:
    """A grid of coloured cells with words in them, the first row at the top.

    Attributes
    ----------
    colours
        uint8 (rows, columns, 3).
    texts
        What is written in each cell, by rows.
    inks
        Colours of the texts, by rows.
    rows, columns
        What stands at the left and above.
    selected
        (row, column) with a frame.
    """

    colours: NDArray[np.uint8]
    texts: tuple[tuple[str, ...], ...]
    inks: tuple[tuple[str, ...], ...]
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    selected: tuple[int, int] | None = None
