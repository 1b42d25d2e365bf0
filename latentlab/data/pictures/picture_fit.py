"""Where a picture of one shape goes in a picture of another, and the resizing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentlab.images.treatment import Treatment

Size = tuple[int, int]
Box = tuple[float, float, float, float]

# How many pixels may become one in one go. Pillow 13 takes means of n pixels as a sum times the
# whole part of 2^24 / n: of a million white pixels it makes a grey one.
_MOST_REDUCED = 128 * 128


def placed(size: Size, treatment: Treatment) -> tuple[Box, Size]:
    """Return the part of a picture that is taken, and the size that this part gets.

    Parameters
    ----------
    size
        Width and height of the picture in pixels.
    treatment
        What is done to it.

    Returns
    -------
    box
        Left, top, right and bottom in pixels of the picture; never empty.
    inner
        Width and height in pixels; the target's except where borders are wanted. At least 1.
    """
    width, height = size
    target = (treatment.width, treatment.height)
    whole = (0.0, 0.0, float(width), float(height))
    if treatment.fit == "stretch":
        return whole, target
    if treatment.fit == "pad":
        return whole, inside(size, target)
    # Products of whole numbers are exact, so a part that has whole numbers of pixels has them here.
    if width * target[1] <= height * target[0]:
        taken_width, taken_height = float(width), target[1] * width / target[0]
    else:
        taken_width, taken_height = target[0] * height / target[1], float(height)
    left, top = _start(width, taken_width), _start(height, taken_height)
    return (left, top, left + taken_width, top + taken_height), target


def inside(size: Size, limits: Size) -> Size:
    """Return the largest size of the same shape within limits, at least 1 pixel a side."""
    scale = min(limits[0] / size[0], limits[1] / size[1])
    return (
        min(limits[0], max(1, round(size[0] * scale))),
        min(limits[1], max(1, round(size[1] * scale))),
    )


def resized(image: Image.Image, box: Box, size: Size) -> Image.Image:
    """Return a part of a picture in mode L or RGB at a size; the same object if nothing changes."""
    width, height = box[2] - box[0], box[3] - box[1]
    if image.size == size and width == size[0] and height == size[1]:
        return image
    enlarged = width <= size[0] and height <= size[1]
    method = Image.Resampling.BICUBIC if enlarged else Image.Resampling.LANCZOS
    if width * height > _MOST_REDUCED * size[0] * size[1]:
        step = (max(size[0], math.ceil(width / 64)), max(size[1], math.ceil(height / 64)))
        image = image.resize(step, method, box, reducing_gap=2.0)
        box = (0, 0, *step)
    return image.resize(size, method, box, reducing_gap=2.0)


def bordered(image: Image.Image, size: Size, value: int) -> Image.Image:
    """Return a picture in the middle of one of this size and grey value; itself if it fills it."""
    if image.size == size:
        return image
    canvas = Image.new(image.mode, size, value if image.mode == "L" else (value,) * 3)
    canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return canvas


def to_array(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of a picture in mode L or RGB, uint8 (height, width, 1 or 3), read-only."""
    shape = (image.height, image.width, len(image.mode))
    return np.frombuffer(image.tobytes(), np.uint8).reshape(shape)


def _start(length: int, taken: float) -> float:
    """Return where the middle part of a side begins, at a whole pixel if it has whole pixels.

    Half a pixel off, every pixel would be the blurred mean of two.
    """
    start = (length - taken) / 2
    return float(math.floor(start)) if taken.is_integer() else start
