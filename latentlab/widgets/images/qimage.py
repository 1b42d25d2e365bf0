"""Pixels to Qt images: the one place where it is done, so that no picture is ever stretched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage


def to_qimage(pixels: NDArray[np.uint8]) -> QImage:
    """Return an image that owns a copy of the pixels, values as they are.

    Parameters
    ----------
    pixels
        uint8, shape (height, width, 1 or 3) or (height, width), 0 black to 255 white; any strides.

    Raises
    ------
    ValueError
        If the type or the shape is another.
    """
    if pixels.dtype != np.uint8:
        raise ValueError(f"Pixels must be uint8, not {pixels.dtype}.")
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
        raise ValueError(f"Pixels must have shape (height, width, 1 or 3), not {pixels.shape}.")
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    contiguous = np.ascontiguousarray(pixels)
    # QImage only borrows the buffer, so the copy is what makes it safe to keep.
    return QImage(contiguous.data, width, height, width * channels, kind).copy()


def fitted_size(image: QImage, room: QSize) -> QSize:
    """Return the size that an image has where it is as large as fits into ``room``."""
    fitting = image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    return fitting.expandedTo(QSize(1, 1))


def fitted(image: QImage, room: QSize, *, smooth: bool = False) -> QImage:
    """Return an image as large as fits into ``room``, its aspect kept.

    Enlarged pixels stay crisp unless ``smooth`` is set; reduced images are always averaged.
    """
    size = fitted_size(image, room)
    crisp = size.width() > image.width() and not smooth
    return image.scaled(
        size,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.FastTransformation
        if crisp
        else Qt.TransformationMode.SmoothTransformation,
    )


def to_pixels(image: QImage) -> NDArray[np.uint8]:
    """Return the colours of an image, uint8 (height, width, 3); transparency is dropped."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    pixels = rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3)
    return pixels.copy()  # the buffer belongs to the Qt image
