"""What can be measured in an image by itself: area, brightness, contrast, sharpness, shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Rec. 709 luma, of the pixel values as they stand.
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LEAST_DIFFERENCE = 0.1  # of a foreground to its background, 0 to 1; below it there is none
_ROUND = 1.02  # an aspect below has no direction


@dataclass(frozen=True)
class Property:
    """A column: its name, what people read, its unit, and what it is."""

    name: str
    title: str
    unit: str
    sentence: str
    decimals: int = 3


PROPERTIES = (
    Property(
        "area",
        "Area",
        "",
        "Share of the pixels that belong to the foreground, 0 to 1: those that differ from the "
        "median of the border by more than half of what the most different pixel does.",
    ),
    Property("brightness", "Brightness", "", "Mean luma of the pixels, 0 black to 1 white."),
    Property(
        "contrast",
        "Contrast",
        "",
        "Standard deviation of the luma over the pixels, 0 to 0.5 (RMS contrast).",
    ),
    Property(
        "sharpness",
        "Sharpness",
        "",
        "Variance of the Laplacian of the luma over the inner pixels: 0 for flat or evenly graded "
        "images, larger the more edges there are and the steeper they are.",
    ),
    Property(
        "aspect",
        "Aspect",
        "",
        "Length of the foreground along its longest axis by that across, from second moments, 1 or "
        "more: the ratio of the sides for a rectangle; empty without a foreground.",
        2,
    ),
    Property(
        "orientation",
        "Orientation",
        "°",
        "Angle of the longest axis of the foreground, −90 to 90 degrees counter-clockwise from the "
        "horizontal; empty where the foreground is round or there is none.",
        1,
    ),
)

NAMES = tuple(one.name for one in PROPERTIES)


def measure(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the properties of images uint8 (n, h, w, c), float32 (n, 6) in the order of `NAMES`.

    NaN stands for what an image does not have. Variance of the Laplacian as a measure of sharpness:
    Pech-Pacheco and others 2000. The foreground of a colour image is what differs in any channel.
    """
    values = images.astype(np.float32) / np.float32(255.0)
    luma = values[..., 0] if values.shape[3] == 1 else np.asarray(values @ _LUMA, np.float32)
    foreground = _foreground(values)
    aspect, orientation = _shapes(foreground)
    found = (
        foreground.mean((1, 2)),
        luma.mean((1, 2), dtype=np.float64),
        luma.std((1, 2), dtype=np.float64),
        _sharpness(luma),
        aspect,
        orientation,
    )
    return np.stack(found, 1).astype(np.float32)


def _foreground(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pixels differ from the border, bool (n, h, w)."""
    sides = (values[:, 0], values[:, -1], values[:, 1:-1, 0], values[:, 1:-1, -1])
    background = np.median(np.concatenate(sides, 1), 1)[:, None, None]
    difference = np.abs(values - background).max(3)
    largest = difference.max((1, 2), keepdims=True)
    found: NDArray[np.bool_] = (difference > 0.5 * largest) & (largest > _LEAST_DIFFERENCE)
    return found


def _shapes(foreground: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return aspect and orientation in degrees of each foreground, NaN without one."""
    _, h, w = foreground.shape
    weight = foreground.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight /= weight.sum((1, 2), keepdims=True)
    across, down = np.arange(w, dtype=np.float64), np.arange(h, dtype=np.float64)
    columns, rows = weight.sum(1), weight.sum(2)
    x, y = columns @ across, rows @ down
    # A pixel is a square and no point: that adds 1/12 along each axis.
    xx = columns @ across**2 - x**2 + 1 / 12
    yy = rows @ down**2 - y**2 + 1 / 12
    xy = np.einsum("nhw,h,w->n", weight, down, across) - x * y
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    aspect = np.sqrt((mean + half) / np.maximum(mean - half, 1 / 24))
    # Rows count downwards, so a positive covariance leans to the right and down.
    degrees = np.degrees(0.5 * np.arctan2(-2 * xy, xx - yy))
    return aspect, np.where(aspect < _ROUND, np.nan, degrees)


def _sharpness(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    if min(luma.shape[1:]) < 3:
        return np.full(len(luma), np.nan)
    inner = luma[:, 1:-1, 1:-1]
    around = luma[:, :-2, 1:-1] + luma[:, 2:, 1:-1] + luma[:, 1:-1, :-2] + luma[:, 1:-1, 2:]
    found: NDArray[np.float64] = (around - 4 * inner).var((1, 2), dtype=np.float64)
    return found
