"""A scale of two colours that colour-blind eyes tell apart, through the ground in the middle."""

from __future__ import annotations

from PySide6.QtGui import QColor

# Blue and orange of Okabe and Ito: they differ for all common kinds of colour-blindness, and
# signs are written in the cells as well.
_MORE, _LESS = (0, 114, 178), (213, 94, 0)
_GROUND = {True: (44, 49, 59), False: (233, 235, 238)}
_LEAST_LUMINANCE = 0.2  # of a fill, from which on dark text has the higher contrast


def diverging_colour(share: float, *, is_dark: bool) -> QColor:
    """Return a colour for −1 (orange) to 1 (blue), in the middle near the ground of the theme."""
    share = min(max(share, -1.0), 1.0)
    end = _MORE if share > 0 else _LESS
    weight = abs(share) ** 0.8  # small differences are seen sooner
    parts = (
        round(weight * e + (1 - weight) * g) for e, g in zip(end, _GROUND[is_dark], strict=True)
    )
    return QColor(*parts)


def text_colour(fill: QColor) -> QColor:
    """Return black or white, whichever can be read better on a fill."""
    parts = [fill.redF(), fill.greenF(), fill.blueF()]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return QColor("#16181d" if luminance > _LEAST_LUMINANCE else "#ffffff")
