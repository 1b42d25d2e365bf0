"""Flat spin boxes for whole numbers and for numbers with a fraction."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSizePolicy, QSpinBox, QWidget

# One spelling of numbers everywhere: the window, the command line and the files.
_LOCALE = QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)
_DIGITS_KEPT = 12


def _flatten(box: QAbstractSpinBox) -> None:
    box.setLocale(_LOCALE)
    box.setProperty("plain", "true")
    # Not NoButtons: with a styled border Qt (6.11) then gives the text a width of 1 px. The
    # stylesheet gives the buttons no width instead.
    box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.UpDownArrows)
    box.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    box.setKeyboardTracking(False)
    box.setAccelerated(True)
    box.lineEdit().setTextMargins(0, 0, -2, 0)  # flush with what is above and below


def _hint(box: QAbstractSpinBox) -> QSize:
    """Return room for the text of now, which Qt would give the longest possible one."""
    metrics = box.fontMetrics()
    return QSize(max(64, metrics.horizontalAdvance(box.text()) + 12), metrics.height() + 6)


class IntEditor(QSpinBox):
    """A whole number; arrow keys step it, the wheel only while it has the focus.

    Parameters
    ----------
    minimum, maximum
        Inclusive bounds.
    parent
        Owner.
    """

    def __init__(self, minimum: int, maximum: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _flatten(self)
        self.setGroupSeparatorShown(True)
        self.setRange(minimum, maximum)
        self.lineEdit().textChanged.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Return room for the text of now."""
        return _hint(self)

    def minimumSizeHint(self) -> QSize:
        """Return the same: the value stays readable."""
        return _hint(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def number_text(value: float, decimals: int) -> str:
    """Return a number with ``decimals`` digits, or as many as it takes to say it exactly.

    Many decimals mean that the order of magnitude matters: 0.0005 and 1e-5 are then written
    shortest.
    """
    if decimals > 3:
        text = f"{value:.6g}"
        if "e" in text:
            mantissa, exponent = text.split("e")
            text = f"{mantissa}e{int(exponent)}"
    elif math.isclose(value, round(value, decimals), rel_tol=0.0, abs_tol=1e-12):
        text = f"{value:.{decimals}f}"
    else:
        text = f"{value:.6g}"
    # A real minus is as wide as a figure, so that numbers do not jump when they change sign.
    return text.replace("-", "−", 1) if text.startswith("-") else text


def next_round(value: float, up: bool) -> float:
    """Return the next of ..., 1, 2, 5, 10, 20, 50, ... above or below a positive value."""
    steps = [10.0**e * m for e in range(-13, 14) for m in (1, 2, 5)]
    if up:
        return next(s for s in steps if s > value * (1 + 1e-9))
    return next(s for s in reversed(steps) if s < value * (1 - 1e-9))


class FloatEditor(QDoubleSpinBox):
    """A number with a fraction, typed as ``0.5``, ``0,5`` or ``5e-4``.

    Steps follow 1, 2, 5, 10 where the range spans magnitudes and excludes zero, such as a learning
    rate; elsewhere they are a hundredth of the usual range.

    Parameters
    ----------
    minimum, maximum
        Inclusive bounds.
    decimals
        Digits shown after the point; a typed number with more of them is kept as typed.
    step
        Size of a linear step.
    parent
        Owner.
    """

    def __init__(
        self,
        minimum: float,
        maximum: float,
        decimals: int = 3,
        step: float = 0.1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shown_decimals = decimals
        self._logarithmic = minimum > 0 and maximum / minimum >= 1000
        _flatten(self)
        # QDoubleSpinBox rounds to its decimals, which must not lose what was typed or loaded.
        self.setDecimals(_DIGITS_KEPT)
        self.setRange(minimum, maximum)
        self.setSingleStep(step)
        self.lineEdit().textChanged.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Return room for the text of now."""
        return _hint(self)

    def minimumSizeHint(self) -> QSize:
        """Return the same: the value stays readable."""
        return _hint(self)

    def textFromValue(self, value: float) -> str:
        """Return the shown text of a value."""
        return number_text(value, self._shown_decimals)

    def valueFromText(self, text: str) -> float:
        """Return the value of a text; what is no number gives the current value."""
        number = self._parsed(text)
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept numbers in the range; let anything that looks like a number on its way pass."""
        number = self._parsed(text)
        if number is not None and self.minimum() <= number <= self.maximum():
            return QValidator.State.Acceptable, text, position
        bare = self._bare(text)
        if all(c in "0123456789.,eE+-− " for c in bare):
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Invalid, text, position

    def fixup(self, text: str) -> str:
        """Bring a number that is out of range to the nearest bound."""
        number = self._parsed(text)
        if number is None or math.isnan(number):
            return self.textFromValue(self.value())
        return self.textFromValue(min(max(number, self.minimum()), self.maximum()))

    def stepBy(self, steps: int) -> None:
        """Step along round numbers where magnitudes count, else by the single step."""
        if not self._logarithmic:
            super().stepBy(steps)
            return
        value = self.value()
        for _ in range(min(abs(steps), 20)):
            value = next_round(value, steps > 0)
        self.setValue(value)
        self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _bare(self, text: str) -> str:
        return text.removeprefix(self.prefix()).removesuffix(self.suffix()).strip()

    def _parsed(self, text: str) -> float | None:
        bare = self._bare(text).replace("−", "-")
        if "." not in bare:
            bare = bare.replace(",", ".")
        try:
            number = float(bare)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
