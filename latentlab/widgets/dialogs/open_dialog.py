"""Asks which files to open: several at once, one picture, or one model; and where to save."""

from __future__ import annotations

from collections.abc import Sequence

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
        _filters(kinds),
    )
    return list(paths)


def ask_for_picture(parent: QWidget) -> str:
    """Return the picture file that was chosen; empty if none was."""
    kinds = (
        (QCoreApplication.translate("OpenDialog", "Pictures"), _any_case(_PICTURES)),
        (QCoreApplication.translate("OpenDialog", "All files"), "*"),
    )
    return _one_file(parent, QCoreApplication.translate("OpenDialog", "Open a picture"), kinds)


def ask_for_model(parent: QWidget) -> str:
    """Return the model file that was chosen; empty if none was."""
    kinds = ((QCoreApplication.translate("OpenDialog", "Models"), _MODELS),)
    return _one_file(parent, QCoreApplication.translate("OpenDialog", "Open a model"), kinds)


def ask_where_to_save(parent: QWidget, title: str, name: str, kind: tuple[str, str]) -> str:
    """Return where to save a file; empty if nowhere.

    The ending is there before the system asks whether an older file may be replaced.

    Parameters
    ----------
    parent
        Above which it is asked.
    title
        Of the dialog, translated.
    name
        What the file is called at first, with its ending.
    kind
        Translated words, and the ending, such as ``(tr("Tables"), ".csv")``.
    """
    dialog = QFileDialog(parent, title, name, f"{kind[0]} (*{kind[1]})")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(kind[1])
    dialog.selectFile(name)
    accepted = dialog.exec()
    path = dialog.selectedFiles()[0] if accepted and dialog.selectedFiles() else ""
    dialog.deleteLater()
    return path


def _one_file(parent: QWidget, title: str, kinds: Sequence[tuple[str, str]]) -> str:
    path, _ = QFileDialog.getOpenFileName(parent, title, "", _filters(kinds))
    return path


def _filters(kinds: Sequence[tuple[str, str]]) -> str:
    return ";;".join(f"{words} ({patterns})" for words, patterns in kinds)


def _everything() -> str:
    return f"{_MODELS} {_SETS} {_any_case(_PICTURES)}"


def _any_case(patterns: str) -> str:
    """Return patterns for cameras too, which write names in capitals."""
    return f"{patterns} {patterns.upper()}"
