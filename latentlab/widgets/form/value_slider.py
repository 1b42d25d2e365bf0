"""A slider over real numbers, for a hand that has no number in mind."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

_STEPS = 1000


class ValueSlider(QSlider):
    """A horizontal slider from ``minimum`` to ``maximum``.

    A value beyond the end stays what it is; the handle waits at the end.

    Parameters
    ----------
    minimum, maximum
        The values at both ends.
    decimals
        Digits after the point to which a moved handle rounds.
    power
        1 for even steps; 2 gives the small values more room.
    parent
        Owner.
    """

    moved = Signal(float)
    """Emitted with the value when the user moved the handle."""

    def __init__(
        self,
        minimum: float,
        maximum: float,
        decimals: int = 2,
        power: float = 1.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._low, self._high = minimum, maximum
        self._decimals, self._power = decimals, power
        self._is_held = False
        self._grip_px = 0.0
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 100)
        self.setPageStep(_STEPS // 10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self._tell)

    def show_value(self, value: float) -> None:
        """Put the handle to a value without emitting; while it is held, the hand decides."""
        if self._is_held:
            return
        share = (value - self._low) / (self._high - self._low)
        with QSignalBlocker(self):
            self.setValue(round(_STEPS * min(max(share, 0.0), 1.0) ** (1 / self._power)))
        self.update()

    @Slot(int)
    def _tell(self, place: int) -> None:
        share = (place / _STEPS) ** self._power
        self.moved.emit(round(self._low + share * (self._high - self._low), self._decimals))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle to the pointer, wherever it is pressed, and hold it there."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        handle, _ = self._parts()
        x = event.position().x()
        # A handle that is taken at its edge does not jump.
        at_handle = handle.contains(event.position().toPoint())
        self._grip_px = x - handle.center().x() if at_handle else 0.0
        self._is_held = True
        self.setSliderDown(True)
        if not at_handle:
            self._follow(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the handle follow."""
        if self._is_held:
            self._follow(event.position().x())
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the handle."""
        if self._is_held and event.button() == Qt.MouseButton.LeftButton:
            self._is_held = False
            self.setSliderDown(False)
        else:
            super().mouseReleaseEvent(event)

    def _follow(self, x: float) -> None:
        handle, groove = self._parts()
        left = round(x - self._grip_px) - groove.left() - handle.width() // 2
        room = groove.width() - handle.width()
        self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), left, room))

    def _parts(self) -> tuple[QRect, QRect]:
        """Return handle and groove."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        whole, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl
        return (
            self.style().subControlRect(whole, option, part.SC_SliderHandle, self),
            self.style().subControlRect(whole, option, part.SC_SliderGroove, self),
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move only with the focus, so that scrolling a panel is safe."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
