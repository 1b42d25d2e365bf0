"""A slim strip over a dock: what it is dragged by, hardly seen until the pointer is there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QDockWidget, QSizePolicy, QWidget

_HEIGHT_PX = 9
_DOTS = 5
_STEP_PX = 6.0


class DockGrip(QWidget):
    """Drag it to move the dock, double-click it to let the dock float.

    Its mouse events go on to the dock, which knows how to be dragged.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName(f"{dock.objectName()}_grip")
        self.setAccessibleName(self.tr("Move panel: {}").format(dock.windowTitle()))
        self.setToolTip(self.tr("Drag to move this panel, double-click to let it float"))
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a slim strip."""
        return QSize(40, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """Return the same."""
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the dots."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the dots."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dots."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        if self.underMouse():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.PlaceholderText))
            left = self.width() / 2 - _STEP_PX * (_DOTS - 1) / 2
            for i in range(_DOTS):
                painter.drawEllipse(QPointF(left + i * _STEP_PX, self.height() / 2), 1.4, 1.4)
        painter.end()
