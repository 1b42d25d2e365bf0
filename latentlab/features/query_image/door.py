"""Where a single picture comes in: dropped on the window, or pasted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from latentlab.features.query_image.controller import PictureController
from latentlab.features.query_image.drops import one_picture, picture_on
from latentlab.workspace.session import Session


class PictureDoor(QObject):
    """Hands single pictures to the open model."""

    refused = Signal(str)
    """A sentence: there is no picture, or no model to show it to."""

    def __init__(
        self, session: Session, picture: PictureController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._picture = picture

    def takes(self, paths: Sequence[str]) -> bool:
        """Bring in what was dropped if it is one picture and a model is open; else return false."""
        path = one_picture(paths)
        if path is None or self._session.model is None:
            return False
        self._picture.bring_file(path)
        return True

    def bring(self, path: str) -> None:
        """Bring in a picture file."""
        if self._has_model():
            self._picture.bring_file(Path(path))

    @Slot()
    def paste(self) -> None:
        """Bring in the picture on the clipboard."""
        if not self._has_model():
            return
        found = picture_on(QGuiApplication.clipboard().mimeData())
        if isinstance(found, Path):
            self._picture.bring_file(found)
        elif found is not None:
            self._picture.bring_bytes(found, self.tr("Pasted picture"))
        else:
            self.refused.emit(
                self.tr("There is no picture on the clipboard; copy one, or one picture file.")
            )

    def _has_model(self) -> bool:
        """Whether there is a model that a picture can be shown to; says so where there is none."""
        if self._session.model is None:
            self.refused.emit(self.tr("Open a model first; then it can be shown a picture."))
        return self._session.model is not None
