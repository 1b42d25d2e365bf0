"""Pictures that the window has painted, written to files."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage

from latentlab.base.atomic_write import atomic_write


def save_png(path: Path, image: QImage) -> None:
    """Write a picture as PNG, under its name only once it is complete.

    Raises
    ------
    OSError
        As the system raised it; an older file is then intact.
    """
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise OSError(f"no PNG of {image.width()} by {image.height()} pixels can be made")

    def write(file: BinaryIO) -> None:
        file.write(content.data())

    atomic_write(path, write)
