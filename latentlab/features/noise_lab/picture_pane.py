"""A picture of the noise lab with two short lines of text below it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from latentlab.widgets.images.image_view import ImageView
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.style.tone import Tone
from latentlab.widgets.text.still_label import StillLabel

_GAP_PX = 4
_WIDE_PX = 118  # from here on there is room for the long spelling


class PicturePane(QWidget):
    """An image view over its title and a measurement, both of which change without a new layout.

    Parameters
    ----------
    title
        Translated words, such as "corrupted"; also the accessible name of the picture.
    theme
        Whose colours are used.
    tooltip
        Translated sentence.
    parent
        Owner.

    Attributes
    ----------
    view
        The picture.
    """

    def __init__(
        self, title: str, theme: Theme, tooltip: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.view = ImageView(title, "", size_px=96, parent=self)
        self.view.whole_pixels = True
        self.view.setToolTip(tooltip)
        self._title = StillLabel(theme, "muted", small=True, parent=self)
        self._measured = StillLabel(theme, small=True, parent=self)
        self._texts = ("", "")
        self._tone: Tone = ""
        self._title.set_text(title)
        self._title.setToolTip(tooltip)
        self._measured.setToolTip(tooltip)

    @property
    def title(self) -> str:
        """The upper line."""
        return self._title.text()

    @property
    def measured(self) -> str:
        """The lower line."""
        return self._measured.text()

    def set_title(self, text: str, tone: Tone = "muted") -> None:
        """Set the upper line."""
        self._title.set_text(text, tone)

    def set_measured(self, text: str, short: str | None = None, tone: Tone = "") -> None:
        """Set the lower line, and what stands there where it is too narrow."""
        self._texts, self._tone = (text, text if short is None else short), tone
        self._show_measured()

    def _show_measured(self) -> None:
        text = self._texts[0] if self.width() >= _WIDE_PX else self._texts[1]
        self._measured.set_text(text, self._tone)
        self.view.setAccessibleDescription(self._texts[0])

    def text_height(self) -> int:
        """Return the height of both lines with the gap above them."""
        return _GAP_PX + 2 * self._title.sizeHint().height()

    def sizeHint(self) -> QSize:
        """Return a picture of moderate size."""
        return QSize(96, 96 + self.text_height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the picture a square and the lines the rest."""
        super().resizeEvent(event)
        line = self._title.sizeHint().height()
        side = min(self.width(), max(24, self.height() - self.text_height()))
        self.view.setGeometry(0, 0, side, side)
        self._title.setGeometry(0, side + _GAP_PX, self.width(), line)
        self._measured.setGeometry(0, side + _GAP_PX + line, self.width(), line)
        self._show_measured()
