"""Hand a picture file to the desktop: to its viewer, or shown in its folder."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QDir, QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from latentlab.images.image_place import ImagePlace


def can_open(place: ImagePlace) -> bool:
    """Whether :func:`open_file` would hand it over."""
    return place.can_open and _is_text(place.path)


def can_show(place: ImagePlace) -> bool:
    """Whether :func:`show_in_folder` has something to show."""
    return _is_text(place.path) and _exists(place.path)


def open_file(place: ImagePlace) -> bool:
    """Open a picture in the viewer of the desktop; return whether it was handed over."""
    if not can_open(place):
        return False
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(place.path.absolute())))


def show_in_folder(place: ImagePlace) -> bool:
    """Show a file, or the archive that holds it, in the file manager of the desktop."""
    if not can_show(place):
        return False
    path = place.path.absolute()
    if sys.platform == "win32":
        arguments = ["/select,", QDir.toNativeSeparators(str(path))]
        return QProcess.startDetached("explorer.exe", arguments)[0]
    if sys.platform == "darwin":
        return QProcess.startDetached("open", ["-R", str(path)])[0]
    folder = path if path.is_dir() else path.parent
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _is_text(path: Path) -> bool:
    """Whether Qt can write the path: a name of other bytes would become that of another file."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
