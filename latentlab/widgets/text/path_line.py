"""A path on one line: cut in its middle where there is no room, and easy to copy."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.widgets.style.tone import Tone, set_tone
from latentlab.widgets.text.plain_text import plain_tooltip


class PathLine(QLabel):
    """Ctrl+C or its menu copies the whole path, which is also in the tooltip.

    Parameters
    ----------
    name
        Translated accessible name, such as "File of the image".
    tone
        Colour by meaning.
    parent
        Owner.
    """

    def __init__(self, name: str, tone: Tone = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        set_tone(self, tone)

    @property
    def path(self) -> str:
        """What is copied."""
        return self._path

    def set_path(self, path: str) -> None:
        """Show a path; an empty one takes no room."""
        self._path = path
        shown = shown_name(path)
        self.setText(shown)
        self.setToolTip(plain_tooltip(shown))
        self.setAccessibleDescription(shown)
        self.setVisible(bool(path))

    @Slot()
    def copy(self) -> None:
        """Put the path on the clipboard."""
        if self._path:
            QGuiApplication.clipboard().setText(self._path.encode("utf-8", "replace").decode())

    def sizeHint(self) -> QSize:
        """Return room for some of it; any width will do."""
        return QSize(190, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return room for a few letters."""
        return QSize(48, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the beginning and the end of the path."""
        del event
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, area.width()
        )
        colours = self.palette()
        painter = QPainter(self)
        painter.setPen(colours.color(self.foregroundRole()))
        painter.drawText(area, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        if self.hasFocus():
            painter.setPen(colours.color(colours.ColorRole.Highlight))
            right = min(area.right(), self.fontMetrics().horizontalAdvance(text))
            painter.drawLine(0, area.bottom(), right, area.bottom())
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy the path."""
        where = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            where = self.mapToGlobal(QPoint(8, 8))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self.tr("Copy path"))
        copy.setEnabled(bool(self._path))
        copy.triggered.connect(self.copy)
        menu.popup(where)
