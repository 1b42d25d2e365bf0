"""Single pictures that come by a drop or through the clipboard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt
from PySide6.QtGui import QImage, QImageWriter

from latentlab.images.image_place import is_picture_file

MOST_SIDE_PX = 1024  # that any model takes
_FEW_PIXELS = 1 << 20
_MOST_PIXELS = 16 << 20


def one_picture(paths: Sequence[str | Path]) -> Path | None:
    """Return the one picture file that these paths are, ``None`` if they are anything else."""
    if len(paths) != 1:
        return None
    path = Path(paths[0])
    return path if is_picture_file(path) else None


def picture_on(mime: QMimeData) -> Path | bytes | None:
    """Return the one picture of a clipboard: its file, or the bytes of one, or nothing.

    A file is preferred, because an image beside it may be no more than its icon.
    """
    if mime.hasUrls():
        picture = one_picture([url.toLocalFile() for url in mime.urls() if url.isLocalFile()])
        if picture is not None:
            return picture
    if mime.hasImage():
        image = mime.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return file_bytes(image)
    return None


def file_bytes(image: QImage) -> bytes:
    """Return an image as the bytes of a picture file, within a moment.

    Compressing 12 megapixels would hold up the window for seconds, so nothing is compressed: what
    is large and opaque becomes a BMP, and what is larger still, or transparent, is reduced first.
    """
    num_pixels = image.width() * image.height()
    is_plain = not image.hasAlphaChannel() and num_pixels <= _MOST_PIXELS
    if num_pixels > _FEW_PIXELS and is_plain:
        return _saved(image, b"BMP")
    if num_pixels > _FEW_PIXELS:
        image = image.scaled(
            MOST_SIDE_PX,
            MOST_SIDE_PX,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    return _saved(image, b"PNG")


def _saved(image: QImage, kind: QByteArray | bytes) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, kind)
    writer.setQuality(100)  # Qt's word for a PNG that is not compressed
    writer.write(image)
    return bytes(buffer.data().data())
