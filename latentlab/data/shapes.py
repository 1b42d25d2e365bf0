"""Drawn shapes, of which is known what makes each one: form, colour, size, angle and place.

Factors are drawn independently of each other and evenly over their ranges, so a measure of how a
code separates them has an exact answer to compare with. All shapes have the area of a disc of the
same size and stand with their centroid at their place, so size and place mean the same for each;
the angle stays within 45 degrees on either side, where it is unambiguous even for a square.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.images.image_set import ImageSet

SHAPE_NAMES = ("square", "ellipse", "heart", "triangle")
SIDE_PX = 32
DEFAULT_COUNT = 6_000
MAX_COUNT = 1_000_000
MAX_SEED = 2**63 - 1

_AT_ONCE = 256  # images whose distances fit into the cache together

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Factor:
    """One of the things that make an image.

    Attributes
    ----------
    name
        What it is called.
    unit
        Of its values; empty for a plain number.
    low, high
        Its values lie evenly in [low, high).
    kind
        ``choice``: whole numbers that are names; ``cyclic``: ``high`` is ``low`` again; ``plain``.
    """

    name: str
    unit: str
    low: float
    high: float
    kind: str = "plain"


FACTORS = (
    Factor("shape", "", 0, len(SHAPE_NAMES), "choice"),
    Factor("hue", "turns", 0, 1, "cyclic"),
    Factor("size", "px", 3.5, 6.5),  # radius of the disc of the same area
    Factor("angle", "degrees", -45, 45),  # clockwise as seen
    Factor("x", "px", 11.5, 20.5),  # centroid, from the left edge
    Factor("y", "px", 11.5, 20.5),  # centroid, from the upper edge
)


def is_shapes_name(name: str) -> bool:
    """Whether a data name asks for shapes: ``shapes``, or ``shapes:`` and anything behind it."""
    return name == "shapes" or name.startswith("shapes:")


def open_shapes(name: str = "shapes") -> ImageSet:
    """Return the shapes that a data name asks for, with their form as class.

    Parameters
    ----------
    name
        ``shapes``, ``shapes:COUNT`` or ``shapes:COUNT:SEED``.

    Raises
    ------
    DataError
        With a sentence if the name says something else.
    """
    count, seed = parse_shapes_name(name)
    values = factors(count, seed)
    return ImageSet(
        name=name,
        title="Shapes",
        images=draw(values),
        labels=values[:, 0].astype(np.int32),
        class_names=SHAPE_NAMES,
    )


def parse_shapes_name(name: str) -> tuple[int, int]:
    """Return how many images a data name asks for, and the seed.

    Raises
    ------
    DataError
        With a sentence if it is not ``shapes``, ``shapes:COUNT`` or ``shapes:COUNT:SEED``, or if a
        number is too large.
    """
    words = name.split(":")
    limits = (("the number of shapes", 1, MAX_COUNT), ("their seed", 0, MAX_SEED))
    if words[0] != "shapes" or len(words) > 1 + len(limits):
        raise DataError(
            f"“{name[:100]}” does not say which shapes: write shapes, shapes:COUNT or "
            "shapes:COUNT:SEED."
        )
    numbers = [DEFAULT_COUNT, 0]
    for place, (word, (what, low, high)) in enumerate(zip(words[1:], limits, strict=False)):
        is_number = word.isascii() and word.isdigit() and len(word) <= len(str(MAX_SEED))
        if not is_number or not low <= int(word) <= high:
            raise DataError(
                f"In “{name[:100]}” {what} must be a whole number from {low} to {high:,}."
            )
        numbers[place] = int(word)
    return numbers[0], numbers[1]


def factors(count: int, seed: int = 0) -> NDArray[np.float64]:
    """Return what makes each of the images.

    The first images of a larger set with the same seed are the same ones.

    Returns
    -------
    float64 (count, 6): one column for each of :data:`FACTORS`, in their units.
    """
    low = np.array([factor.low for factor in FACTORS])
    high = np.array([factor.high for factor in FACTORS])
    values: _Floats = low + (high - low) * np.random.default_rng(seed).random((count, len(FACTORS)))
    choices = [place for place, factor in enumerate(FACTORS) if factor.kind == "choice"]
    values[:, choices] = np.floor(values[:, choices])
    return values


def draw(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Draw the image of each row of factors, in colour on black with smooth edges.

    Takes about 0.1 ms for an image.

    Parameters
    ----------
    values
        float64 (n, 6), columns as in :data:`FACTORS`.

    Returns
    -------
    uint8 (n, 32, 32, 3).
    """
    images = np.zeros((len(values), SIDE_PX, SIDE_PX, 3), np.uint8)
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        kinds = part[:, 0].astype(np.int64)
        for kind, distance_of in enumerate(_DISTANCES):
            which = np.flatnonzero(kinds == kind)
            images[start + which] = _drawn(part[which], distance_of)
    return images


def _drawn(
    values: _Floats, distance_of: Callable[[_Floats, _Floats, _Floats], _Floats]
) -> NDArray[np.uint8]:
    """Draw shapes of one form: a pixel is covered as far as the edge passes its centre."""
    _, hue, size, angle, x, y = (column[:, None, None] for column in values.T)
    centres = np.arange(SIDE_PX) + 0.5
    across, down = centres[None, None, :] - x, centres[None, :, None] - y
    turn = np.deg2rad(angle)
    u = across * np.cos(turn) + down * np.sin(turn)
    v = down * np.cos(turn) - across * np.sin(turn)
    covered = np.clip(0.5 - distance_of(u, v, size), 0, 1)
    # Three cosines make a wheel of colours without a kink, and none of them is dark.
    thirds = np.arange(3) / 3
    colour = 255 * (0.6 + 0.4 * np.cos(2 * np.pi * (hue[:, 0] - thirds)))
    pixels: _Floats = np.rint(covered[..., None] * colour[:, None, None, :])
    return pixels.astype(np.uint8)


# Signed distances in pixels from the edge, negative inside, of shapes with the area of a disc of
# the radius ``size``; u points right and v down, both from the centroid.


def _square(u: _Floats, v: _Floats, size: _Floats) -> _Floats:
    half = size * math.sqrt(math.pi) / 2
    return np.maximum(np.abs(u), np.abs(v)) - half


def _ellipse(u: _Floats, v: _Floats, size: _Floats) -> _Floats:
    """To first order: exact at the edge, which is where it counts."""
    stretch = 1.3
    u, v = u / (size * stretch), v * stretch / size
    slope: _Floats = np.hypot(u / (size * stretch), v * stretch / size)
    radius: _Floats = np.hypot(u, v)
    distance: _Floats = radius * (radius - 1) / np.maximum(slope, 1e-9)
    return distance


def _heart(u: _Floats, v: _Floats, size: _Floats) -> _Floats:
    """A square on its corner, with half a disc on each of its upper sides."""
    half = size * math.sqrt(math.pi / (4 + math.pi))
    rise = half * math.sqrt(2) * (math.pi / 2 + 2 / 3) / (4 + math.pi)  # of the centroid
    v = v - rise
    right, left = (u - v) / math.sqrt(2), (-u - v) / math.sqrt(2)  # along the square's sides
    square = np.maximum(np.abs(right), np.abs(left)) - half
    discs = np.minimum(np.hypot(right - half, left), np.hypot(right, left - half)) - half
    return np.minimum(square, discs)


def _triangle(u: _Floats, v: _Floats, size: _Floats) -> _Floats:
    """Equal sides, one corner up: the farthest of its three sides counts."""
    inradius = size * math.sqrt(math.pi / math.sqrt(27))
    slanted = np.abs(u) * math.sqrt(3) / 2 - v / 2
    return np.maximum(slanted, v) - inradius


_DISTANCES = (_square, _ellipse, _heart, _triangle)
