"""One code number: its name, what it tells, its value and a slider."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from latentlab.latent.code_units import number_name
from latentlab.widgets.form.number_editors import FloatEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.images.image_view import ImageView
from latentlab.widgets.style.section import label
from latentlab.widgets.style.tone import set_look, set_tone

_END_PX = 42
_EDITOR_PX = 70
_COMPACT_NAME_PX = 34


class _EndView(ImageView):
    """The picture at one end of a slider, of a fixed size."""

    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__(name, "", size_px=_END_PX)
        self.setToolTip(tooltip)
        self.setFixedSize(QSize(_END_PX, _END_PX))
        self.setCursor(Qt.CursorShape.PointingHandCursor)


class DimensionRow(QWidget):
    """A slider and a typed number; the slider may stand between the pictures at its ends.

    Parameters
    ----------
    number
        Of the code, from 0.
    low, high
        Values at the ends of the slider.
    details
        Translated words of what the number tells, such as its KL; may be empty.
    tooltip
        Translated sentence about its range.
    look
        ``"plain"``: name and value above the slider; ``"ends"``: also a picture at each end;
        ``"compact"``: everything in one line.
    parent
        Owner.
    """

    changed = Signal(int, float)
    """Emitted with the number and its value when the user changed it."""
    rested = Signal()
    """Emitted when the hand has let go."""

    def __init__(
        self,
        number: int,
        low: float,
        high: float,
        details: str,
        tooltip: str,
        look: Literal["plain", "ends", "compact"] = "plain",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.number = number
        self._range = (low, high)
        self._shown: float | None = None
        name = number_name(number)
        self._title = label(name)
        self._details = label(details, tone="muted")
        self._details.setToolTip(
            self.tr("Mean KL of this number in nats, or σ of the codes: how much it tells")
        )
        self._editor = FloatEditor(-1e6, 1e6, 3, (high - low) / 80)
        # A fixed size: otherwise each new number lays the whole window out anew.
        width = 84 if look == "plain" else _EDITOR_PX
        self._editor.setFixedSize(width, self._editor.sizeHint().height())
        self._editor.setObjectName(f"z_{number + 1}")
        self._editor.setAccessibleName(self.tr("Value of {}").format(name))
        self._editor.setToolTip(tooltip)
        self._slider = ValueSlider(low, high, 4)
        self._slider.setObjectName(f"z_slider_{number + 1}")
        self._slider.setAccessibleName(self.tr("Slider of {}").format(name))
        self._slider.setToolTip(tooltip)
        self._editor.valueChanged.connect(self._tell)
        self._editor.editingFinished.connect(self.rested)
        self._slider.moved.connect(self._tell)
        self._slider.sliderReleased.connect(self.rested)
        self._ends: tuple[_EndView, ...] = ()
        if look == "compact":
            self._lay_out_compact()
        else:
            self._lay_out(name, with_ends=look == "ends")

    def _lay_out(self, name: str, *, with_ends: bool) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._title)
        row.addWidget(self._details)
        row.addStretch(1)
        row.addWidget(self._editor)
        column.addLayout(row)
        column.addWidget(self._slider)
        grid.addWidget(middle, 0, 1)
        if not with_ends:
            return
        text = self.tr("Generated: {0} at {1:.2f}, the rest as at the cursor; click to go there")
        low, high = (text.format(name, end) for end in self._range)
        self._ends = (
            _EndView(self.tr("Picture at the low end of {}").format(name), low),
            _EndView(self.tr("Picture at the high end of {}").format(name), high),
        )
        self._ends[0].clicked.connect(self._go_low)
        self._ends[1].clicked.connect(self._go_high)
        grid.addWidget(self._ends[0], 0, 0)
        grid.addWidget(self._ends[1], 0, 2)

    def _lay_out_compact(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._title.setFixedWidth(_COMPACT_NAME_PX)
        self._title.setToolTip(self._details.text())
        self._details.setParent(self)
        self._details.hide()
        row.addWidget(self._title)
        row.addWidget(self._slider, 1)
        row.addWidget(self._editor)

    def set_quiet(self, quiet: bool) -> None:
        """Grey the row of a number that says nothing; it can still be moved."""
        set_tone(self._title, "muted" if quiet else "")
        for part in (self._editor, self._slider):
            set_look(part, "quiet", "true" if quiet else "")

    def show_value(self, value: float) -> None:
        """Show a value without telling it back."""
        if value == self._shown:
            return
        self._shown = value
        with QSignalBlocker(self._editor):
            self._editor.setValue(round(value, 3))  # as many digits as are shown
        self._slider.show_value(value)

    def show_ends(self, low: NDArray[np.uint8], high: NDArray[np.uint8]) -> None:
        """Show the pictures at both ends, uint8 (h, w, c) each."""
        for view, image in zip(self._ends, (low, high), strict=False):
            view.set_image(image)

    @Slot(float)
    def _tell(self, value: float) -> None:
        self._shown = None  # what comes back may be rounded
        self.changed.emit(self.number, value)

    @Slot()
    def _go_low(self) -> None:
        self._tell(self._range[0])
        self.rested.emit()

    @Slot()
    def _go_high(self) -> None:
        self._tell(self._range[1])
        self.rested.emit()
