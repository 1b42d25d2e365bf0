"""Class colours that stay apart for colour-blind eyes."""

from __future__ import annotations

import colorsys

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
_GOLDEN = 0.6180339887498949


def class_colours(count: int) -> list[Rgb]:
    """Return one colour (r, g, b in 0..255) for each of ``count`` classes.

    Up to 8 classes take Okabe-Ito, up to 10 Tableau 10. More go round the colour circle by the
    golden ratio, in three lightness rings, so that neighbours in number are far apart in hue.
    """
    if count <= len(_OKABE_ITO):
        return list(_OKABE_ITO[:count])
    if count <= len(_TABLEAU_10):
        return list(_TABLEAU_10[:count])
    colours = list(_TABLEAU_10)
    rings = ((0.60, 0.62), (0.74, 0.50), (0.47, 0.70))
    for i in range(count - len(colours)):
        lightness, saturation = rings[i % 3]
        r, g, b = colorsys.hls_to_rgb((0.08 + i * _GOLDEN) % 1.0, lightness, saturation)
        colours.append((round(r * 255), round(g * 255), round(b * 255)))
    return colours
