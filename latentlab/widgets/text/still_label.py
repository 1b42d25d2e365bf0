"""Text that changes with every move of the hand, without asking for a new layout each time."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tone import Tone

_SMALL_PX = 11


class StillLabel(QWidget):
    """Plain text in a room of fixed height.

    A ``QLabel`` lays the whole window out anew whenever its text changes, which costs more than
    all the painting of a frame.

    Parameters
    ----------
    theme
        Whose colours are used.
    tone
        Colour by meaning.
    lines
        Lines of text that fit; longer text is cut.
    bold, small
        Look of the text.
    align_right
        Whether the text ends at the right edge.
    parent
        Owner.
    """

    def __init__(
        self,
        theme: Theme,
        tone: Tone = "",
        *,
        lines: int = 1,
        bold: bool = False,
        small: bool = False,
        align_right: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone: Tone = tone
        self._lines = lines
        self._align_right = align_right
        self._text = ""
        font = QFont(self.font())
        font.setBold(bold)
        if small:
            font.setPixelSize(_SMALL_PX)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def text(self) -> str:
        """Return the text."""
        return self._text

    def set_text(self, text: str, tone: Tone | None = None) -> None:
        """Show another text, in another tone if one is given."""
        tone = self._tone if tone is None else tone
        if (text, tone) == (self._text, self._tone):
            return
        self._text, self._tone = text, tone
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of the lines; any width will do."""
        return QSize(60, self._lines * self.fontMetrics().lineSpacing() + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(20, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text."""
        del event
        painter = QPainter(self)
        painter.setPen(QColor(getattr(self._theme.tokens, self._tone or "ink")))
        side = Qt.AlignmentFlag.AlignRight if self._align_right else Qt.AlignmentFlag.AlignLeft
        flags = int(side) | int(Qt.AlignmentFlag.AlignTop)
        if self._lines > 1:
            flags |= int(Qt.TextFlag.TextWordWrap)
        painter.drawText(self.rect(), flags, self._text)
        painter.end()
