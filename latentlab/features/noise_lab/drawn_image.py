"""A drawing becomes an image like those of the data: of their size, and placed as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.images.adapt import adapted
from latentlab.images.image_array import ImageArray

_INK = 25  # what is lighter than a tenth of white counts as drawn
_MOST_LOOKED_AT = 256
_DARK = 5.0  # mean of the outermost pixels that still makes a black ground
_NEAR_PX = 1.5  # centres of mass that are nearer to the middle were put there


@dataclass(frozen=True)
class DrawingFrame:
    """How the objects of a data set lie in their images.

    Attributes
    ----------
    box_px
        Longer side of the box around an object; 0 where objects are not set apart from a black
        ground, so that a drawing is taken as it is.
    by_mass
        Whether the centre of mass lies in the middle, otherwise the middle of the box does.
    """

    box_px: int
    by_mass: bool = True


def drawing_frame(images: ImageArray) -> DrawingFrame:
    """Return how objects lie in images, uint8 (n, h, w, c).

    Handwritten digits of the best known kind fill a box of 20 pixels in an image of 28, with their
    centre of mass in its middle.
    """
    count, h, w, c = images.shape
    if c != 1 or count == 0 or min(h, w) < 4:
        return DrawingFrame(0)
    sample = _sample(images)
    looked_at, edges = sample[..., 0], _edges(sample)
    boxes, distances = [], []
    for image in looked_at:
        box = _ink_box(image)
        if box is not None:
            top, bottom, left, right = box
            boxes.append(max(bottom - top, right - left))
            y, x = _centre_of_mass(image)
            distances.append(max(abs(y - (h - 1) / 2), abs(x - (w - 1) / 2)))
    if not boxes or edges.mean() > _DARK:
        return DrawingFrame(0)
    box_px = round(float(np.median(boxes)))
    return DrawingFrame(min(box_px, h, w), bool(np.median(distances) < _NEAR_PX))


def placed_drawing(
    canvas: NDArray[np.uint8], shape: tuple[int, int, int], frame: DrawingFrame
) -> NDArray[np.uint8]:
    """Return a drawing as an image of the data.

    Where the data have a box, the drawing is cut out, scaled into it with its proportions kept,
    and moved by whole pixels until its centre lies in the middle, as far as the edge allows.

    Parameters
    ----------
    canvas
        uint8 (h, w, c), c is 1 or 3, light on black.
    shape
        (height, width, channels) of the data.
    frame
        How objects lie in the data.

    Returns
    -------
    NDArray[np.uint8]
        Of ``shape``; black where nothing is drawn.
    """
    box = _ink_box(canvas.max(2))
    if box is None:
        return np.zeros(shape, np.uint8)
    if frame.box_px == 0:
        whole: NDArray[np.uint8] = adapted(canvas[None], shape)[0]
        return whole
    top, bottom, left, right = box
    height, width = bottom - top, right - left
    side = max(height, width)
    square = np.zeros((side, side, canvas.shape[2]), np.uint8)
    y, x = (side - height) // 2, (side - width) // 2
    square[y : y + height, x : x + width] = canvas[top:bottom, left:right]
    small = adapted(square[None], (frame.box_px, frame.box_px, shape[2]))[0]
    if frame.by_mass:
        centre = _centre_of_mass(small.max(2))
    else:
        centre = ((frame.box_px - 1) / 2, (frame.box_px - 1) / 2)
    result = np.zeros(shape, np.uint8)
    place = [
        min(max(round((whole - 1) / 2 - middle), 0), whole - frame.box_px)
        for whole, middle in zip(shape[:2], centre, strict=True)
    ]
    rows = slice(place[0], place[0] + frame.box_px)
    columns = slice(place[1], place[1] + frame.box_px)
    result[rows, columns] = small
    return result


def _ink_box(image: NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    """Return (top, bottom, left, right) of what is drawn in (h, w), ends excluded."""
    ink = image > _INK
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if len(rows) == 0:
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _centre_of_mass(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Return (row, column), in pixels, of an image (h, w) that is not black."""
    weights = image.astype(np.float64)
    total = weights.sum()
    y, x = np.arange(image.shape[0]), np.arange(image.shape[1])
    return float(weights.sum(1) @ y / total), float(weights.sum(0) @ x / total)


def ground_colour(images: ImageArray) -> tuple[int, int, int]:
    """Return the usual red, green and blue at the edge of images, uint8 (n, h, w, c)."""
    if len(images) == 0:
        return (0, 0, 0)
    usual = np.median(_edges(_sample(images)), axis=0)
    red, green, blue = np.broadcast_to(usual, (3,)).astype(int).tolist()
    return (red, green, blue)


def _sample(images: ImageArray) -> NDArray[np.uint8]:
    """Return some of the images, spread evenly."""
    count = min(len(images), _MOST_LOOKED_AT)
    return np.asarray(images[np.linspace(0, len(images) - 1, count).astype(np.intp)])


def _edges(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the outermost pixels of images (n, h, w, c), (m, c)."""
    c = images.shape[3]
    return np.concatenate([images[:, [0, -1]].reshape(-1, c), images[:, :, [0, -1]].reshape(-1, c)])
