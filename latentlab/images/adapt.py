"""Images of another size or colour, as a model takes them, without Pillow and torch."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

_CHUNK_BYTES = 8 << 20  # of source pixels as float32 that are worked on at once
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow turns pictures grey


def adapted(images: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return images in another shape: their middle, averaged or interpolated, grey or in colour.

    What is too wide or too high is cut off on both sides alike, so nothing is distorted. Where
    the size shrinks each pixel is the mean of the area it covers; where it grows, pixels are
    interpolated linearly.

    Parameters
    ----------
    images
        uint8 (n, h, w, c), c is 1 or 3. Images that have the shape already come back as they are.
    shape
        Height, width and channels (1 or 3) wanted.
    """
    if images.shape[1:] == shape:
        return images
    height, width, channels = shape
    num, from_height, from_width, from_channels = images.shape
    # One scale for both axes: that of the axis which needs all of its pixels.
    scale = min(from_height / height, from_width / width)
    rows = _weights(from_height, height, scale)
    columns = _weights(from_width, width, scale)
    result = np.empty((num, height, width, channels), np.uint8)
    step = max(1, _CHUNK_BYTES // (4 * from_height * from_width * from_channels))
    for start in range(0, num, step):
        pixels = images[start : start + step].astype(np.float32)
        if channels < from_channels:
            pixels = (pixels @ _LUMA)[..., None]
        # Each channel is a plane of its own, so that both products are plain matrix products.
        planes = rows @ np.moveaxis(pixels, 3, 1) @ columns.T
        # Assigning one plane to three channels repeats it: grey becomes grey in colour.
        result[start : start + step] = np.moveaxis(np.rint(planes), 1, 3).astype(np.uint8)
    return result


@functools.lru_cache(maxsize=64)
def _weights(length: int, wanted: int, scale: float) -> NDArray[np.float32]:
    """Return what each of ``wanted`` pixels takes of ``length``, float32; each row sums to 1.

    ``scale`` is the size of a wanted pixel in given ones; they lie around the middle.
    """
    begin = (length - wanted * scale) / 2
    pixels = np.arange(length, dtype=np.float64)
    if scale >= 1.0:
        edges = begin + scale * np.arange(wanted + 1)
        low = np.maximum(edges[:-1, None], pixels)
        high = np.minimum(edges[1:, None], pixels + 1)
        weights = np.clip(high - low, 0.0, None)
    else:
        centres = np.clip(begin + scale * (np.arange(wanted) + 0.5) - 0.5, 0, length - 1)
        weights = np.clip(1.0 - np.abs(centres[:, None] - pixels), 0.0, None)
    result: NDArray[np.float32] = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return result
