"""A pad to draw a picture on, which the noise lab corrupts and denoises stroke by stroke."""

from __future__ import annotations

import contextlib

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPixmap, QShortcut, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentlab.base.errors import DataError
from latentlab.base.shown_name import shown_name
from latentlab.features.noise_lab.drawing_canvas import SIDE_PX, DrawingCanvas
from latentlab.features.noise_lab.drawn_image import (
    DrawingFrame,
    drawing_frame,
    ground_colour,
    placed_drawing,
)
from latentlab.images.image_set import ImageSet
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.form.number_editors import IntEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.images.qimage import to_pixels
from latentlab.widgets.style.icons import IconSource
from latentlab.widgets.style.section import label
from latentlab.workspace.session import Session

_LEAST_PEN_PX, _MOST_PEN_PX = 4, 80
_SWATCH_PX = 14
_COLOURS = (
    "#ffffff", "#000000", "#d64541", "#e8862e", "#f2cf3b", "#4caf50", "#3d7edb", "#8e5bb5",
)  # fmt: skip


class DrawingPad(QDialog):
    """Canvas and tools in a window of its own, beside which everything stays usable.

    What is drawn is placed as the objects of the open data are.
    """

    drawn = Signal(object)
    """Emitted with the drawing as an image of the data, uint8 (h, w, c)."""

    def __init__(self, session: Session, icons: IconSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawing_pad")
        self.setWindowTitle(self.tr("Draw a picture"))
        self._session = session
        self._data: ImageSet | None = None
        self._frame = DrawingFrame(0)
        self._canvas = DrawingCanvas(QColor("black"), self)
        self._soon = Coalesced(self._tell, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 14)
        layout.setSpacing(8)
        layout.addWidget(self._canvas, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._make_swatches())
        layout.addLayout(self._make_tools(icons))
        layout.addLayout(self._make_size_row())
        self._hint = label(tone="muted", size="small", wrap=True)
        layout.addWidget(self._hint)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self._canvas.drawn.connect(self._on_drawn)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self)
        shortcut.activated.connect(self._canvas.undo)
        session.dataChanged.connect(self._take_data)

    @property
    def canvas(self) -> DrawingCanvas:
        """Where it is drawn."""
        return self._canvas

    def image(self) -> NDArray[np.uint8] | None:
        """Return the drawing as an image of the data; ``None`` without data."""
        if self._data is None:
            return None
        return placed_drawing(to_pixels(self._canvas.image), self._data.image_shape, self._frame)

    # --- construction --------------------------------------------------------------------------

    def _make_tools(self, icons: IconSource) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self._pen = self._tool(self.tr("Pen"), self.tr("Draw"), "drawing_pen")
        self._eraser = self._tool(self.tr("Eraser"), self.tr("Wipe out"), "drawing_eraser")
        group = QButtonGroup(self)
        for button, icon in ((self._pen, "pencil"), (self._eraser, "eraser")):
            button.setCheckable(True)
            icons.bind_checkable(button, icon)
            group.addButton(button)
            row.addWidget(button)
        self._pen.setChecked(True)
        self._eraser.toggled.connect(self._set_erases)
        row.addStretch(1)
        self._undo = self._tool(
            self.tr("Undo"), self.tr("Take the last stroke back (Ctrl+Z)"), "drawing_undo"
        )
        icons.bind(self._undo, "undo-2")
        self._undo.clicked.connect(self._canvas.undo)
        self._undo.setEnabled(False)
        clear = self._tool(self.tr("Clear"), self.tr("Wipe everything out"), "drawing_clear")
        icons.bind(clear, "trash-2")
        clear.clicked.connect(self._canvas.clear)
        row.addWidget(self._undo)
        row.addWidget(clear)
        return row

    def _tool(self, text: str, tip: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _make_size_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(self.tr("Size"), tone="muted"))
        self._size_slider = ValueSlider(_LEAST_PEN_PX, _MOST_PEN_PX, 0)
        self._size_slider.setObjectName("drawing_size_slider")
        self._size_slider.setAccessibleName(self.tr("Slider of the size of the pen"))
        self._size_slider.setToolTip(self.tr("Width of a stroke"))
        self._size_slider.moved.connect(self._set_size)
        self._size = IntEditor(_LEAST_PEN_PX, _MOST_PEN_PX)
        self._size.setObjectName("drawing_size")
        self._size.setAccessibleName(self.tr("Size of the pen"))
        self._size.setToolTip(self.tr("Width of a stroke; the canvas is {} wide").format(SIDE_PX))
        self._size.valueChanged.connect(self._set_size)
        row.addWidget(self._size_slider, 1)
        row.addWidget(self._size)
        self._set_size(self._canvas.pen_px)
        return row

    def _make_swatches(self) -> QWidget:
        self._swatches = QWidget()
        row = QHBoxLayout(self._swatches)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._colours = QButtonGroup(self)
        for number, colour in enumerate(_COLOURS):
            button = QPushButton()
            pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
            pixmap.fill(QColor(colour))
            button.setIcon(QIcon(pixmap))
            button.setIconSize(QSize(_SWATCH_PX, _SWATCH_PX))
            button.setProperty("chip", "true")
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setFixedSize(_SWATCH_PX + 16, _SWATCH_PX + 10)
            button.setStyleSheet("padding: 0")
            button.setObjectName(f"drawing_colour_{number}")
            button.setAccessibleName(self.tr("Colour {}").format(colour))
            button.setToolTip(colour)
            self._colours.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        self._colours.idClicked.connect(self._set_colour)
        return self._swatches

    # --- tools ---------------------------------------------------------------------------------

    @Slot(bool)
    def _set_erases(self, erases: bool) -> None:
        self._canvas.erases = erases

    @Slot(float)
    @Slot(int)
    def _set_size(self, size_px: float) -> None:
        self._canvas.pen_px = round(size_px)
        self._size_slider.show_value(size_px)
        if self._size.value() != round(size_px):
            self._size.setValue(round(size_px))

    @Slot(int)
    def _set_colour(self, number: int) -> None:
        self._canvas.pen_colour = QColor(_COLOURS[number])
        self._pen.setChecked(True)

    # --- data ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the data, which nobody needed before."""
        super().showEvent(event)
        self._take_data()
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _take_data(self) -> None:
        data = self._session.data
        if not self.isVisible() or data is self._data:
            return
        self._data = data
        if data is None or len(data) == 0:
            self._data = None
            return
        self._frame, ground = DrawingFrame(0), (0, 0, 0)
        with contextlib.suppress(DataError):  # their file may have changed; then as on black
            self._frame = drawing_frame(data.images)
            ground = (0, 0, 0) if self._frame.box_px else ground_colour(data.images)
        is_colour = data.image_shape[2] == 3
        is_dark = sum(ground) < 3 * 128
        self._canvas.set_ground(QColor(*ground))
        self._canvas.pen_colour = QColor("white" if is_dark else "black")
        self._colours.button(0 if is_dark else 1).setChecked(True)
        self._swatches.setVisible(is_colour)
        self._undo.setEnabled(False)
        height, width, _ = data.image_shape
        self._hint.setText(
            self.tr(
                "Your drawing is scaled and centred as the images of {0} are: {1} × {2}."
            ).format(shown_name(data.title), width, height)
            if self._frame.box_px
            else self.tr("Your drawing is taken as a whole, as {0} × {1} pixels.").format(
                width, height
            )
        )

    @Slot()
    def _on_drawn(self) -> None:
        self._undo.setEnabled(self._canvas.can_undo)
        self._soon.schedule()

    def _tell(self) -> None:
        image = self.image()
        if image is not None:
            self.drawn.emit(image)
