"""The place of the messages: a short stack at the bottom centre of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.window.toast import Kind, Toast

_MOST = 3
_WIDTH_PX = 460
_MARGIN_PX = 16


class ToastArea(QWidget):
    """Stacks messages over the bottom of its parent, the newest on top.

    Beyond three, the oldest goes that would have gone by itself; if all are errors, the oldest.
    A message that is shown already is not shown twice.

    Parameters
    ----------
    parent
        The widget that it lies over, such as the central widget of the window.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast_area")
        self.setAccessibleName(self.tr("Messages"))
        self._over = parent
        self._toasts: list[Toast] = []  # newest first
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        parent.installEventFilter(self)
        self.hide()

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """The messages on screen, newest first."""
        return tuple(self._toasts)

    def show_message(
        self, sentence: str, kind: Kind = "info", *, details: str = "", action_text: str = ""
    ) -> Toast:
        """Show a message and return it, so that its ``actionTriggered`` can be connected.

        Parameters
        ----------
        sentence
            Translated; what happened and what to do.
        kind
            ``info`` and ``good`` go after 6 s, ``warn`` after 12 s, ``bad`` stays until closed.
        details
            Text behind a "Details…" button; no button if empty.
        action_text
            Translated text of one more button; no button if empty.
        """
        for old in self.toasts:
            if (old.sentence, old.kind) == (sentence, kind):
                old.dismiss()
        while len(self._toasts) >= _MOST:
            oldest_first = list(reversed(self._toasts))
            next((t for t in oldest_first if not t.stays), oldest_first[0]).dismiss()
        toast = Toast(sentence, kind, details=details, action_text=action_text, parent=self)
        toast.closed.connect(self._forget)
        self._toasts.insert(0, toast)
        self._column.insertWidget(0, toast)
        toast.setVisible(True)
        # Placed first: at the corner where widgets begin it might appear under the pointer, and
        # take that for somebody reading.
        self._place()
        self.show()
        self.raise_()
        return toast

    @Slot()
    def clear(self) -> None:
        """Close all messages."""
        for toast in self.toasts:
            toast.dismiss()

    @Slot()
    def _forget(self) -> None:
        toast = self.sender()
        if isinstance(toast, Toast):
            self._toasts.remove(toast)
            self._column.removeWidget(toast)
        self._place()
        self.setVisible(bool(self._toasts))

    def _place(self) -> None:
        width = min(_WIDTH_PX, self._over.width() - 2 * _MARGIN_PX)
        self._column.activate()
        height = self._column.totalHeightForWidth(width)
        left = (self._over.width() - width) // 2
        self.setGeometry(left, self._over.height() - height - _MARGIN_PX, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the bottom when the window changes its size."""
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
