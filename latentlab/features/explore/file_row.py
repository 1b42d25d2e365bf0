"""Which file an image comes from, and the ways to it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentlab.features.explore.show_file import open_file, show_in_folder
from latentlab.images.image_place import PICTURE_SUFFIXES, ImagePlace
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.path_line import PathLine


class FileRow(QWidget):
    """The path of a file, and buttons to open it and to show it in its folder.

    A member of an archive is named with its archive and cannot be opened.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place: ImagePlace | None = None
        self._path = PathLine(self.tr("File of the image"))
        self._path.setObjectName("image_path")
        self._open = self._button("open_file", self.tr("Open file"), self.tr("Open in a viewer"))
        self._open.clicked.connect(self._open_file)
        self._show = self._button(
            "show_in_folder",
            self.tr("Show in folder"),
            self.tr("Show the file, or the archive that holds it, in its folder"),
        )
        self._show.clicked.connect(self._show_in_folder)
        self._problem = ElidedLabel("bad", "small")
        self._problem.setObjectName("file_problem")
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self._open)
        buttons.addWidget(self._show)
        buttons.addWidget(self._problem, 1)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._path)
        layout.addLayout(buttons)

    def _button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setProperty("chip", "true")
        button.setAccessibleName(text)
        button.setToolTip(tooltip)
        return button

    def set_place(self, place: ImagePlace | None) -> None:
        """Show where a file lies; without one there is nothing to see."""
        if place == self._place:
            return
        self._place = place
        self.setVisible(place is not None)
        self._problem.setText("")
        if place is None:
            return
        self._path.set_path(place.text)
        # From the name alone: a look at a slow disk would hold up the window.
        self._open.setVisible(not place.member and place.path.suffix.lower() in PICTURE_SUFFIXES)

    @Slot()
    def _open_file(self) -> None:
        done = self._place is not None and open_file(self._place)
        self._problem.setText("" if done else self.tr("It cannot be opened; is it still there?"))

    @Slot()
    def _show_in_folder(self) -> None:
        done = self._place is not None and show_in_folder(self._place)
        self._problem.setText("" if done else self.tr("It is not there any more."))
