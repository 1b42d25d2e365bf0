"""A contact sheet of pictures, each as it is and as it will be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from latentlab.core.shown_name import shown_name
from latentlab.ui.plain_text import plain_tooltip
from latentlab.ui.qimage import fitted, to_qimage
from latentlab.ui.theme import Theme

_IDEAL_PX = 84  # side of one picture
_BETWEEN_PX = 5  # of a pair
_GAP_PX = 14
_MARGIN_PX = 3


class ExampleSheet(QAbstractScrollArea):
    """Pairs of pictures side by side; arrow keys or a click choose one, Ctrl+C copies it.

    Parameters
    ----------
    theme
        Whose colours are used.
    parent
        Owner.
    """

    currentChanged = Signal()
    """Another pair was chosen, or there are other pairs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._pairs: list[tuple[QImage, QImage]] = []
        self._scaled: dict[tuple[int, int], QImage] = {}
        self._current = 0
        self._placeholder = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Examples, as they are and as they will be"))
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(24)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self.viewport().update)

    # ------------------------------------------------------------------ contents

    def set_examples(
        self,
        names: Sequence[str],
        originals: Sequence[NDArray[np.uint8]],
        images: NDArray[np.uint8],
    ) -> None:
        """Show pairs.

        Parameters
        ----------
        names
            Of the files, n.
        originals
            uint8 (h, w, 1 or 3) each; may be fewer, which leaves places empty.
        images
            uint8 (n, h, w, 1 or 3).
        """
        before = [to_qimage(pixels) for pixels in originals[: len(names)]]
        before += [QImage()] * (len(names) - len(before))
        after = [to_qimage(pixels) for pixels in images[: len(names)]]
        self._names = tuple(names)
        self._pairs = list(zip(before, after, strict=True))
        self._scaled = {}
        self._choose(min(self._current, max(0, len(names) - 1)), scroll=False)
        self._set_range()
        self.viewport().update()

    def set_placeholder(self, text: str) -> None:
        """Set the translated text that is shown while there are no pairs."""
        self._placeholder = text
        self.viewport().update()

    @property
    def names(self) -> tuple[str, ...]:
        """Files of the pairs."""
        return self._names

    @property
    def current_name(self) -> str:
        """File of the chosen pair, as it can be shown; empty without pairs."""
        return shown_name(self._names[self._current]) if self._names else ""

    def pair(self, place: int) -> tuple[QImage, QImage]:
        """Return a pair as it is at its own size."""
        return self._pairs[place]

    def _choose(self, place: int, *, scroll: bool = True) -> None:
        self._current = place
        self.setAccessibleDescription(self.current_name)
        if scroll and self._names:
            cell = self._cell(place).translated(0, self.verticalScrollBar().value())
            top, bottom = cell.top() - _MARGIN_PX, cell.bottom() + _MARGIN_PX
            bar = self.verticalScrollBar()
            bar.setValue(min(max(bar.value(), bottom - self.viewport().height()), top))
        self.viewport().update()
        self.currentChanged.emit()

    # ------------------------------------------------------------------ geometry

    def _columns(self) -> int:
        width = self.viewport().width() - 2 * _MARGIN_PX
        return max(1, (width + _GAP_PX) // (2 * _IDEAL_PX + _BETWEEN_PX + _GAP_PX))

    def _side(self) -> int:
        """Return the side of one picture: as large as fills the width."""
        columns = self._columns()
        width = self.viewport().width() - 2 * _MARGIN_PX - (columns - 1) * _GAP_PX
        return max(8, (width // columns - _BETWEEN_PX) // 2)

    def _cell(self, place: int) -> QRect:
        """Return where a pair is in the viewport."""
        row, column = divmod(place, self._columns())
        side = self._side()
        left = _MARGIN_PX + column * (2 * side + _BETWEEN_PX + _GAP_PX)
        top = _MARGIN_PX + row * (side + _GAP_PX) - self.verticalScrollBar().value()
        return QRect(left, top, 2 * side + _BETWEEN_PX, side)

    def _place_at(self, point: QPoint) -> int | None:
        return next((i for i in range(len(self._names)) if self._cell(i).contains(point)), None)

    def _set_range(self) -> None:
        rows = -(-len(self._names) // self._columns())
        height = 2 * _MARGIN_PX + rows * (self._side() + _GAP_PX) - _GAP_PX
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the pairs anew."""
        super().resizeEvent(event)
        self._scaled = {}
        self._set_range()

    def sizeHint(self) -> QSize:
        """Return room for two columns."""
        return QSize(2 * (2 * _IDEAL_PX + _BETWEEN_PX) + _GAP_PX + 2 * _MARGIN_PX, 300)

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pairs that are in sight."""
        seen = event.rect()
        tokens = self._theme.tokens
        painter = QPainter(self.viewport())
        if not self._names:
            painter.setPen(QColor(tokens.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.viewport().rect()), flags, self._placeholder)
        for place in range(len(self._names)):
            cell = self._cell(place)
            if not cell.adjusted(-2, -2, 2, 2).intersects(seen):
                continue
            side = cell.height()
            for half in (0, 1):
                square = QRect(cell.left() + half * (side + _BETWEEN_PX), cell.top(), side, side)
                self._paint_picture(painter, square, place, half)
            if place == self._current and self.hasFocus():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(QColor(tokens.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(cell).adjusted(-2, -2, 2, 2), 4, 4)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.end()

    def _paint_picture(self, painter: QPainter, square: QRect, place: int, half: int) -> None:
        """Paint one picture in the middle of its square; the treated one has a frame."""
        tokens = self._theme.tokens
        if half:
            painter.fillRect(square, Qt.GlobalColor.black)
        else:
            painter.fillRect(square, QColor(tokens.raised))
        image = self._pairs[place][half]
        if not image.isNull():
            ratio = self.devicePixelRatio()
            scaled = self._scaled.get((place, half))
            if scaled is None:
                scaled = fitted(image, square.size() * ratio)
                scaled.setDevicePixelRatio(ratio)
                self._scaled[place, half] = scaled
            size = scaled.deviceIndependentSize()
            left = square.left() + (square.width() - size.width()) / 2
            top = square.top() + (square.height() - size.height()) / 2
            painter.drawImage(QPointF(round(left), round(top)), scaled)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(square.adjusted(0, 0, -1, -1))

    # ------------------------------------------------------------------ input

    def viewportEvent(self, event: QEvent) -> bool:
        """Say which file is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            text = "" if place is None else plain_tooltip(shown_name(self._names[place]))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the pair under the mouse."""
        place = self._place_at(event.position().toPoint())
        if place is not None:
            self._choose(place, scroll=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take the release too: nobody behind the sheet has a use for it."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk through the pairs, or copy the treated picture."""
        if event.matches(QKeySequence.StandardKey.Copy) and self._pairs:
            QGuiApplication.clipboard().setImage(self._pairs[self._current][1])
            return
        columns = self._columns()
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
            Qt.Key.Key_Home: -self._current,
            Qt.Key.Key_End: len(self._names) - 1 - self._current,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._names:
            super().keyPressEvent(event)
            return
        there = self._current + step
        if 0 <= there < len(self._names):
            self._choose(there)
