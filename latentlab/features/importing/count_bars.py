"""A few counts as bars, such as how many pictures have which size."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, QSize
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.features.importing.bar_row import ROW_PX, paint_bar_row
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.plain_text import plain_tooltip


class CountBars(QWidget):
    """The largest counts as bars, all others together in one more.

    Parameters
    ----------
    name
        Translated accessible name.
    theme
        Whose colours are used.
    rows
        How many bars there are at most, that of the others included.
    parent
        Owner.
    """

    def __init__(
        self, name: str, theme: Theme, *, rows: int = 5, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._most = rows
        self._rows: list[tuple[str, int]] = []
        self._has_rest = False
        self._total = 0
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def rows(self) -> tuple[tuple[str, int], ...]:
        """What is drawn: name and count, the largest first, all others last."""
        return tuple(self._rows)

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Draw other counts; names are shown as they are."""
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        self._total = sum(counts.values())
        self._has_rest = len(ordered) > self._most
        if self._has_rest:
            kept = self._most - 1
            rest = sum(count for _, count in ordered[kept:])
            others = self.tr("{:,} others").format(len(ordered) - kept)
            ordered = [*ordered[:kept], (others, rest)]
        self._rows = ordered
        self.setAccessibleDescription("; ".join(self._words(row) for row in range(len(ordered))))
        self.updateGeometry()
        self.update()

    def _words(self, row: int) -> str:
        name, count = self._rows[row]
        share = 100 * count / max(1, self._total)
        return self.tr("{0}: {1:,} ({2:.0f} %)").format(name, count, share)

    def sizeHint(self) -> QSize:
        """Return room for all rows, and for one while there are none."""
        return QSize(180, ROW_PX * max(1, len(self._rows)))

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(80, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Say in words what the bar under the mouse shows."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // ROW_PX
            if 0 <= row < len(self._rows):
                QToolTip.showText(event.globalPos(), plain_tooltip(self._words(row)), self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        longest = max((count for _, count in self._rows), default=1)
        for place, (name, count) in enumerate(self._rows):
            area = QRectF(0, place * ROW_PX, self.width(), ROW_PX)
            quiet = self._has_rest and place == len(self._rows) - 1
            share = count / max(1, longest)
            paint_bar_row(painter, area, self._theme.tokens, name, f"{count:,}", share, quiet=quiet)
        painter.end()
