"""A combo box that is only its bold value and an arrow until it is used."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QEnterEvent,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
    QWheelEvent,
)
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from latentlab.widgets.form.chevron import draw_chevron

_ARROW_PX = 14
_PADDING_PX = 5


class FlatComboBox(QComboBox):
    """Shows the chosen text right-aligned and bold, as the cards want it.

    The wheel changes it only while it has the focus, so that scrolling a panel is safe.

    Parameters
    ----------
    align_left
        Whether the text begins at the left edge instead, where it stands for a label.
    parent
        Owner.
    """

    def __init__(self, parent: QWidget | None = None, *, align_left: bool = False) -> None:
        super().__init__(parent)
        self._align_left = align_left
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setMaxVisibleItems(16)

    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def sizeHint(self) -> QSize:
        """Return room for the widest choice in bold, and the arrow."""
        metrics = QFontMetrics(self._bold())
        texts = [self.itemText(i) for i in range(self.count())]
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=40)
        # One pixel more: whole numbers of pixels are rounded, and text that fits just so is cut.
        return QSize(widest + 1 + _ARROW_PX + _PADDING_PX, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        """Return room for a shortened text, so that narrow panels stay possible."""
        return QSize(min(60, self.sizeHint().width()), self.sizeHint().height())

    def showPopup(self) -> None:
        """Open the list, wide enough for its texts."""
        metrics = QFontMetrics(self.font())
        texts = [self.itemText(i) for i in range(self.count())]
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
        self.view().setMinimumWidth(max(widest + 44, self.width()))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the choice only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the line under the pointer."""
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the value, the arrow and, in use, a line below."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self.palette()
        role = QPalette.ColorRole
        if self.hasFocus() or (self.underMouse() and self.isEnabled()):
            painter.setPen(colours.color(role.Highlight if self.hasFocus() else role.Mid))
            bottom = self.height() - 0.5
            painter.drawLine(QPointF(0, bottom), QPointF(self.width(), bottom))
        group = QPalette.ColorGroup.Normal if self.isEnabled() else QPalette.ColorGroup.Disabled
        ink = colours.color(group, role.WindowText)
        left_px = 0 if self._align_left else _PADDING_PX
        area = QRect(self.rect()).adjusted(left_px, 0, -_ARROW_PX, 0)
        painter.setFont(self._bold())
        painter.setPen(ink)
        metrics = QFontMetrics(self._bold())
        text = metrics.elidedText(self.currentText(), Qt.TextElideMode.ElideRight, area.width())
        side = Qt.AlignmentFlag.AlignLeft if self._align_left else Qt.AlignmentFlag.AlignRight
        painter.drawText(area, int(side) | int(Qt.AlignmentFlag.AlignVCenter), text)
        arrow = self.width() - 5.0
        if self._align_left:
            arrow = min(arrow, metrics.horizontalAdvance(text) + _ARROW_PX - 4.0)
        centre = QPointF(arrow, self.height() / 2 + 1)
        draw_chevron(painter, centre, colours.color(group, role.PlaceholderText))
