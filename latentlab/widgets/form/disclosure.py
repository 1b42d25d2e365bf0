"""A section that folds away behind its title."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from latentlab.widgets.form.chevron import draw_chevron


class _Toggle(QAbstractButton):
    """An arrow and a title over the whole width."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return room for the arrow and the title."""
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self.text()) + 24, metrics.height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint arrow, title and focus."""
        del event
        painter = QPainter(self)
        colours = self.palette()
        role = QPalette.ColorRole
        colour = colours.color(role.WindowText if self.underMouse() else role.PlaceholderText)
        centre = QPointF(4.0, self.height() / 2)
        draw_chevron(painter, centre, colour, "down" if self.isChecked() else "right")
        painter.setPen(colour)
        area = self.rect().adjusted(15, 0, 0, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), self.text())
        if self.hasFocus():
            painter.setPen(colours.color(role.Highlight))
            right = 15 + QFontMetrics(self.font()).horizontalAdvance(self.text())
            painter.drawLine(0, self.height() - 1, right, self.height() - 1)


class Disclosure(QWidget):
    """A title with an arrow; a click on it shows or hides what is below.

    Parameters
    ----------
    title
        Translated words.
    tooltip
        Translated sentence that says what is inside.
    parent
        Owner.

    Attributes
    ----------
    body
        The vertical layout of what is folded away.
    """

    toggled = Signal(bool)
    """Emitted when it was opened or closed."""

    def __init__(self, title: str, tooltip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(3)
        self._toggle = _Toggle(title, self)
        self._toggle.setObjectName("disclosure")
        self._toggle.setAccessibleName(title)
        self._toggle.setToolTip(tooltip)
        self._content = QWidget(self)
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(3)
        self._content.hide()
        outer.addWidget(self._toggle)
        outer.addWidget(self._content)
        self._toggle.toggled.connect(self._content.setVisible)
        self._toggle.toggled.connect(self.toggled)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self._toggle.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Show or hide the content."""
        self._toggle.setChecked(is_open)
