"""Where the noise lab's picture comes from: the data, a file, the clipboard, or a pen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.features.noise_lab.controller import NoiseController
from latentlab.features.noise_lab.store import NoiseLab
from latentlab.widgets.dialogs.open_dialog import ask_for_picture
from latentlab.widgets.style.icons import IconSource
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.workspace.session import Session

_BUTTON_PX = 22
_ICON_PX = 13


class NoiseSource(QWidget):
    """What the picture is called, steps through the data, and ways to bring another picture.

    Parameters
    ----------
    session, lab
        What is open, and what is shown.
    controller
        Where it goes.
    icons
        Of the buttons.
    bring, paste
        Bring in a picture file, and what is on the clipboard.
    parent
        Owner.
    """

    drawingWanted = Signal()

    def __init__(
        self,
        session: Session,
        lab: NoiseLab,
        controller: NoiseController,
        icons: IconSource,
        bring: Callable[[str], None],
        paste: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._lab, self._controller = session, lab, controller
        self._bring = bring
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        top = QHBoxLayout()
        top.setSpacing(0)
        self._title = ElidedLabel()
        self._title.setObjectName("noise_title")
        top.addWidget(self._title)
        top.addStretch(1)
        self._steps = [
            self._button("chevron-left", self.tr("Image before"), controller.previous_image, icons),
            self._button("chevron-right", self.tr("Next image"), controller.next_image, icons),
            self._button("shuffle", self.tr("Any image"), controller.random_image, icons),
        ]
        self._pin = self._button(
            "pin",
            self.tr("Keep this picture when another one is selected on the map"),
            None,
            icons,
        )
        self._pin.setCheckable(True)
        self._pin.toggled.connect(lab.set_pinned)
        for name, button in zip(
            ("previous", "next", "random", "pin"), (*self._steps, self._pin), strict=True
        ):
            button.setObjectName(f"noise_{name}")
            top.addWidget(button)
        bottom = QHBoxLayout()
        bottom.setSpacing(4)
        self._draw = self._chip(self.tr("Draw…"), self.tr("Draw a picture yourself"))
        self._draw.setObjectName("noise_draw")
        self._draw.clicked.connect(self.drawingWanted)
        open_file = self._chip(self.tr("Open…"), self.tr("Open a picture file"))
        open_file.setObjectName("noise_open")
        open_file.clicked.connect(self._ask_for_file)
        paste_it = self._chip(self.tr("Paste"), self.tr("Use the picture on the clipboard"))
        paste_it.setObjectName("noise_paste")
        paste_it.clicked.connect(paste)
        for chip in (self._draw, open_file, paste_it):
            bottom.addWidget(chip)
        bottom.addStretch(1)
        column.addLayout(top)
        column.addLayout(bottom)
        lab.imageChanged.connect(self._render)
        lab.pinnedChanged.connect(self._render)
        session.dataChanged.connect(self._render)
        self._render()

    def _button(
        self, icon: str, tooltip: str, slot: Callable[[], None] | None, icons: IconSource
    ) -> QToolButton:
        button = QToolButton()
        button.setProperty("flat", "true")
        button.setToolTip(tooltip)
        button.setAccessibleName(tooltip)
        button.setFixedSize(_BUTTON_PX, _BUTTON_PX)
        button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        button.setStyleSheet("padding: 0")
        if slot is None:
            icons.bind_checkable(button, icon)
        else:
            button.clicked.connect(slot)
            icons.bind_muted(button, icon)
        return button

    def _chip(self, text: str, tooltip: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("chip", "true")
        button.setToolTip(tooltip)
        return button

    @Slot()
    def _ask_for_file(self) -> None:
        if path := ask_for_picture(self):
            self._bring(path)

    @Slot()
    def _render(self) -> None:
        lab, data = self._lab, self._session.data
        self._title.setText(shown_name(lab.image_title) or self.tr("No picture"))
        has_data = data is not None and len(data) > 0
        for step in self._steps:
            step.setEnabled(has_data)
        self._draw.setEnabled(has_data)
        with QSignalBlocker(self._pin):
            self._pin.setChecked(lab.pinned)
