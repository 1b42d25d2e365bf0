"""Asks which files to open."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

_MODELS = "*.safetensors"
_SETS = "*.npz *.npy *ubyte *.gz *.idx *.parquet *.zip"
_PICTURES = "*.png *.jpg *.jpeg *.gif *.bmp *.webp *.tif *.tiff *.avif *.jp2 *.tga *.ppm *.pgm"


def ask_for_files(parent: QWidget) -> list[str]:
    """Return the files that were chosen, several of them at will; empty if none was."""
    kinds = (
        (QCoreApplication.translate("OpenDialog", "All that can be opened"), _everything()),
        (QCoreApplication.translate("OpenDialog", "Models and data sets"), f"{_MODELS} {_SETS}"),
        (QCoreApplication.translate("OpenDialog", "Pictures"), _any_case(_PICTURES)),
        (QCoreApplication.translate("OpenDialog", "All files"), "*"),
    )
    paths, _ = QFileDialog.getOpenFileNames(
        parent,
        QCoreApplication.translate("OpenDialog", "Open a model, a data set or pictures"),
        "",
        ";;".join(f"{words} ({patterns})" for words, patterns in kinds),
    )
    return list(paths)


def _everything() -> str:
    return f"{_MODELS} {_SETS} {_any_case(_PICTURES)}"


def _any_case(patterns: str) -> str:
    """Return patterns for cameras too, which write names in capitals."""
    return f"{patterns} {patterns.upper()}"
