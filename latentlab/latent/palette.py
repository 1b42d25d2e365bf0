"""Class colours that stay apart, the first of them for colour-blind eyes too."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]

# Okabe and Ito, "Color Universal Design" (2008), without black, which no dark theme can show.
_OKABE_ITO: tuple[Rgb, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (153, 153, 153),
)
# Tableau 10, in its published order.
_TABLEAU_10: tuple[Rgb, ...] = (
    (78, 121, 167),
    (242, 142, 43),
    (225, 87, 89),
    (118, 183, 178),
    (89, 161, 79),
    (237, 201, 72),
    (176, 122, 161),
    (255, 157, 167),
    (156, 117, 95),
    (186, 176, 172),
)
MOST_COLOURS = 1024
"""Beyond so many classes the colours begin again."""

_LENGTH_STEP = 64
_STEP = 12  # between the candidates in each of r, g, b
# Relative luminance in which a colour has a contrast of 2 : 1 on the darkest and the lightest
# ground of the themes (#16181d and #fafaf8), as WCAG 2 defines it.
_LUMINANCES = (0.07, 0.45)
# Points are judged side by side, where hue tells more than lightness does.
_LIGHTNESS_WEIGHT = 0.7


def class_colours(count: int) -> list[Rgb]:
    """Return one colour (r, g, b in 0..255) for each of ``count`` classes.

    Up to 8 classes take Okabe-Ito, up to 10 Tableau 10. More continue it: each next colour is
    the candidate farthest from all before it (the way of Glasbey and others, "Colour displays
    for categorical images", 2007), among those that can be seen on a dark and a light ground.
    After :data:`MOST_COLOURS` they begin again.
    """
    if count <= len(_OKABE_ITO):
        return list(_OKABE_ITO[:count])
    if count <= len(_TABLEAU_10):
        return list(_TABLEAU_10[:count])
    # Made in steps, so that few lengths are kept; a longer list begins like a shorter one.
    made = _continued(min(MOST_COLOURS, -(-count // _LENGTH_STEP) * _LENGTH_STEP))
    return [made[i % len(made)] for i in range(count)]


@functools.lru_cache(maxsize=8)
def _continued(count: int) -> tuple[Rgb, ...]:
    """Return Tableau 10 and what is far from it; costs some 50 ms for 300 colours, once."""
    candidates = _candidates()
    places = _perceived(candidates)
    chosen = list(_TABLEAU_10)
    nearest = np.full(len(candidates), np.inf)
    for place in _perceived(np.array(chosen, np.float64)):
        nearest = np.minimum(nearest, np.square(places - place).sum(1))
    while len(chosen) < count:
        farthest = int(np.argmax(nearest))
        r, g, b = (int(part) for part in candidates[farthest])
        chosen.append((r, g, b))
        nearest = np.minimum(nearest, np.square(places - places[farthest]).sum(1))
    return tuple(chosen)


def _candidates() -> NDArray[np.float64]:
    """Return colours of a regular grid, float64 (n, 3), that show on both grounds."""
    levels = np.arange(0.0, 256.0, _STEP)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    luminance = _linear(grid) @ np.array([0.2126, 0.7152, 0.0722])
    low, high = _LUMINANCES
    visible: NDArray[np.float64] = grid[(luminance >= low) & (luminance <= high)]
    return visible


def _linear(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB colours (n, 3) in 0..255 as linear light in 0..1."""
    parts = colours / 255.0
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _perceived(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colours (n, 3) in 0..255 where distances are as seen (Oklab, B. Ottosson, 2020)."""
    cones = _linear(colours) @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    seen = np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
    result: NDArray[np.float64] = seen * np.array([_LIGHTNESS_WEIGHT, 1.0, 1.0])
    return result
