"""Section titles, texts and cards, so that all panels look alike."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from latentlab.widgets.style.tone import Tone, set_tone

CARD_PADDING_PX = 10
CARD_SPACING_PX = 6
_FAR_PX = 10_000


class _WrappedLabel(QLabel):
    """A text of several lines that always has the height of all of them.

    Layouts within layouts hand on a height for another width than they give in the end, and would
    cut the last line.
    """

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self._take_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for the height that the new width needs."""
        super().resizeEvent(event)
        self._take_height()

    def _take_height(self) -> None:
        # Not heightForWidth, which never gives less than what was asked for before.
        room = QRect(0, 0, self.contentsRect().width(), _FAR_PX)
        flags = int(Qt.TextFlag.TextWordWrap) | int(self.alignment())
        lines = self.fontMetrics().boundingRect(room, flags, self.text())
        height = lines.height() if self.text() else 0
        if not height == self.minimumHeight() == self.maximumHeight():
            self.setFixedHeight(height)


def section_title(text: str, parent: QWidget | None = None) -> QLabel:
    """Return a flat title in small capitals for a section of a panel.

    Parameters
    ----------
    text
        Translated words in normal case; they are shown in capitals.
    parent
        Owner.
    """
    # The stylesheet makes the capitals, not the text: screen readers spell capitals out.
    return label(text, tone="muted", size="section", parent=parent)


def label(
    text: str = "",
    *,
    tone: Tone = "",
    size: Literal["", "title", "section", "strong", "small"] = "",
    wrap: bool = False,
    parent: QWidget | None = None,
) -> QLabel:
    """Return a text in one of the program's few sizes and tones; change the tone by ``set_tone``.

    Parameters
    ----------
    text
        Translated words, shown as they are (never as rich text).
    tone
        Colour by meaning.
    size
        ``title`` 16 px bold, ``section`` 11 px bold spaced, ``strong`` bold, ``small`` 11 px.
    wrap
        Whether a long text goes on in a next line; otherwise it is one line.
    parent
        Owner.
    """
    result = _WrappedLabel(text, parent) if wrap else QLabel(text, parent)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    result.setProperty("look", size)
    set_tone(result, tone)
    return result


class Card(QFrame):
    """A frame with a thin border and round corners that holds what belongs together.

    Parameters
    ----------
    parent
        Owner.

    Attributes
    ----------
    body
        The vertical layout of its contents.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(
            CARD_PADDING_PX, CARD_PADDING_PX, CARD_PADDING_PX, CARD_PADDING_PX
        )
        self.body.setSpacing(CARD_SPACING_PX)

    def add(self, widget: QWidget) -> None:
        """Add a widget over the whole width."""
        self.body.addWidget(widget)

    def add_row(self, left: QWidget, right: QWidget) -> QHBoxLayout:
        """Add two widgets in one row, one at each edge; returns the row's layout."""
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(left)
        row.addStretch(1)
        row.addWidget(right)
        self.body.addLayout(row)
        return row
