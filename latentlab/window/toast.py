"""Messages that appear at the bottom of the window and stop nobody."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QEnterEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.widgets.dialogs.details_dialog import DetailsDialog
from latentlab.widgets.style.section import label
from latentlab.widgets.style.tone import set_look
from latentlab.widgets.text.plain_text import plain_button, plain_tooltip

Kind = Literal["info", "good", "warn", "bad"]

# How long each kind stays; None until it is closed. A warning takes longer to read and weigh.
SHOWN_MS: dict[Kind, int | None] = {"info": 6000, "good": 6000, "warn": 12_000, "bad": None}


class Toast(QFrame):
    """One message. It does not hide while the pointer or the keyboard is in it.

    Parameters
    ----------
    sentence
        Translated; what happened and what to do.
    kind
        Colour of its edge and how long it stays.
    details
        Text behind a "Details…" button; no button if empty.
    action_text
        Translated text of one more button; no button if empty.
    parent
        Owner.
    """

    closed = Signal()
    """Emitted when the message is gone, by itself or by hand."""
    actionTriggered = Signal()
    """Emitted when its own button was pressed; the message closes too."""

    def __init__(
        self,
        sentence: str,
        kind: Kind = "info",
        *,
        details: str = "",
        action_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.sentence, self.kind, self.details = sentence, kind, details
        self._is_closed = False
        self.setProperty("toast", "true")
        self.setAccessibleName(sentence)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._expire)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        edge = QFrame(self)
        edge.setFixedWidth(4)
        edge.setProperty("edge", "true")
        set_look(edge, "tone", "accent" if kind == "info" else kind)
        row.addWidget(edge)
        text = label(shown_name(sentence), wrap=True)
        text.setObjectName("sentence")
        row.addWidget(text, 1)
        if action_text:
            action = QPushButton(plain_button(action_text), self)
            action.setObjectName("action")
            action.setAccessibleName(action_text)
            action.setToolTip(plain_tooltip(action_text))
            action.clicked.connect(self._trigger)
            row.addWidget(action)
        if details:
            more = QToolButton(self)
            more.setObjectName("details")
            more.setText(self.tr("Details…"))
            more.setAccessibleName(self.tr("Details"))
            more.setToolTip(self.tr("Show technical details, which can be copied"))
            set_look(more, "flat", "true")
            more.clicked.connect(self.show_details)
            row.addWidget(more)
        close = QToolButton(self)
        close.setObjectName("close")
        close.setText("✕")
        close.setAccessibleName(self.tr("Close this message"))
        close.setToolTip(self.tr("Close this message"))
        set_look(close, "flat", "true")
        close.clicked.connect(self.dismiss)
        row.addWidget(close)

    @property
    def stays(self) -> bool:
        """Whether it waits to be closed by hand."""
        return SHOWN_MS[self.kind] is None

    @Slot()
    def dismiss(self) -> None:
        """Close the message, once."""
        if self._is_closed:
            return
        self._is_closed = True
        self._timer.stop()
        self.hide()
        self.closed.emit()
        self.deleteLater()

    @Slot()
    def show_details(self) -> None:
        """Open the details in a window of their own."""
        DetailsDialog(self.sentence, self.details, self.window()).show()

    @Slot()
    def _trigger(self) -> None:
        self.actionTriggered.emit()
        self.dismiss()

    @Slot()
    def _expire(self) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self._start()
        else:
            self.dismiss()

    def _start(self) -> None:
        shown_ms = SHOWN_MS[self.kind]
        if shown_ms is not None and not self._is_closed:
            self._timer.start(shown_ms)

    def showEvent(self, event: QShowEvent) -> None:
        """Start to count."""
        super().showEvent(event)
        self._start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Do not count while nobody can read it."""
        super().hideEvent(event)
        self._timer.stop()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Wait while the pointer is on it."""
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        """Count anew."""
        super().leaveEvent(event)
        self._start()
