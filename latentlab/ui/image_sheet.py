"""A contact sheet: many small pictures of one size, each of which can be chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.core.contact_sheet import contact_sheet
from latentlab.ui.plain_text import plain_tooltip
from latentlab.ui.qimage import fitted, to_qimage

_GAP_PX = 3
_RADIUS_PX = 2.0
_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class ImageSheet(QWidget):
    """Pictures in rows, as large as the room allows; arrows move, Enter or a click activates.

    Ctrl+C copies all of them as one picture.

    Parameters
    ----------
    name
        Translated accessible name.
    least_px
        Smallest edge of a picture; where there are more than fit, the sheet asks for more height,
        so put it into a scroll area.
    most_px
        Largest edge of a picture.
    parent
        Owner.
    """

    activated = Signal(int)
    """Emitted with the place, from 0, of the picture that was chosen."""

    def __init__(
        self, name: str, *, least_px: int = 14, most_px: int = 96, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._least_px, self._most_px = least_px, most_px
        self._images: NDArray[np.uint8] | None = None
        self._tips: Sequence[str] = ()
        self._pixmap: QPixmap | None = None
        self._columns = self._cell = 1
        self._wanted_columns = 0
        self._hovered: int | None = None
        self._current = 0
        self._keyboard_focus = False
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_images(
        self, images: NDArray[np.uint8] | None, tips: Sequence[str] = (), columns: int = 0
    ) -> None:
        """Show other pictures.

        Parameters
        ----------
        images
            uint8 (n, h, w, 1 or 3); ``None`` for none.
        tips
            Translated, one for each picture, or empty for none.
        columns
            How many go into a row; 0 for as many as make them largest.
        """
        before = self.count
        self._images = None if images is None or not len(images) else images
        self._tips, self._wanted_columns = tips, columns
        self._pixmap = None
        if self.count != before:
            self._current = min(self._current, max(0, self.count - 1))
            self._hovered = None
            self.updateGeometry()
        self._lay_out()
        self._describe()
        self.update()

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return 0 if self._images is None else len(self._images)

    @property
    def images(self) -> NDArray[np.uint8] | None:
        """The pictures, uint8 (n, h, w, c)."""
        return self._images

    @property
    def current(self) -> int:
        """Place of the picture that the keyboard is on."""
        return self._current

    def cell_rect(self, place: int) -> QRect:
        """Return the square of a picture in the widget's coordinates."""
        step = self._cell + _GAP_PX
        row, column = divmod(place, self._columns)
        return QRect(column * step, row * step, self._cell, self._cell)

    def place_at(self, position: QPoint) -> int | None:
        """Return the place of the picture at a position, ``None`` beside all of them."""
        step = self._cell + _GAP_PX
        column, row = position.x() // step, position.y() // step
        place = row * self._columns + column
        if position.x() < 0 or position.y() < 0 or column >= self._columns:
            return None
        return place if place < self.count else None

    # --- geometry ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        count = max(1, self.count)
        best = (0, 1)
        choices = (self._wanted_columns,) if self._wanted_columns else range(1, count + 1)
        for columns in choices:
            rows = -(-count // columns)
            across = (self.width() + _GAP_PX) // columns - _GAP_PX
            down = (self.height() + _GAP_PX) // rows - _GAP_PX
            best = max(best, (min(across, down), columns))
        self._cell, self._columns = best
        if not self._wanted_columns and self._cell < self._least_px:
            self._cell = self._least_px
            self._columns = self._least_columns(self.width())
        self._cell = min(max(self._cell, 1), self._most_px)

    def _least_columns(self, width: int) -> int:
        return max(1, (width + _GAP_PX) // (self._least_px + _GAP_PX))

    def hasHeightForWidth(self) -> bool:
        """Say that narrow sheets are higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at which the pictures are as small as they may be."""
        columns = self._wanted_columns or self._least_columns(width)
        rows = -(-max(1, self.count) // columns)
        return rows * (self._least_px + _GAP_PX) - _GAP_PX

    def sizeHint(self) -> QSize:
        """Return room for some pictures."""
        return QSize(180, 96)

    def minimumSizeHint(self) -> QSize:
        """Return room for a few."""
        return QSize(3 * (self._least_px + _GAP_PX), self._least_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the pictures out anew."""
        super().resizeEvent(event)
        self._pixmap = None
        self._lay_out()

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures, and a ring around the one that is pointed at."""
        del event
        painter = QPainter(self)
        if self._images is None:
            painter.end()
            return
        ratio = self.devicePixelRatio()
        if self._pixmap is None or self._pixmap.devicePixelRatio() != ratio:
            self._pixmap = self._painted(ratio)
        painter.drawPixmap(0, 0, self._pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        focused = self._current if self.hasFocus() and self._keyboard_focus else None
        for place in {self._hovered, focused} - {None}:
            assert place is not None
            frame = QRectF(self.cell_rect(place))
            painter.drawRoundedRect(frame, _RADIUS_PX, _RADIUS_PX)
        painter.end()

    def _painted(self, ratio: float) -> QPixmap:
        assert self._images is not None
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        edge = QSize(1, 1) * max(1, round(self._cell * ratio))
        for place, pixels in enumerate(self._images):
            cell = self.cell_rect(place)
            painter.fillRect(cell, Qt.GlobalColor.black)
            image = self._fitted(to_qimage(pixels), edge)
            image.setDevicePixelRatio(ratio)
            left = cell.left() + (cell.width() - image.width() / ratio) / 2
            top = cell.top() + (cell.height() - image.height() / ratio) / 2
            painter.drawImage(QPointF(left, top), image)
        painter.end()
        return pixmap

    def _fitted(self, image: QImage, room: QSize) -> QImage:
        # Whole pixels only look alike at whole multiples.
        times = min(room.width() / image.width(), room.height() / image.height())
        return fitted(image, room, smooth=times < 4)

    # --- input ---------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Show the tip of the picture under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._tips:
            place = self.place_at(event.pos())
            text = self._tips[place] if place is not None and place < len(self._tips) else ""
            QToolTip.showText(event.globalPos(), plain_tooltip(text), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Put the ring around the picture under the pointer."""
        place = self.place_at(event.position().toPoint())
        if place != self._hovered:
            self._hovered = place
            if place is None:
                self.unsetCursor()
            else:
                self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the ring away."""
        super().leaveEvent(event)
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the press, so that the release comes here too."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the picture under the pointer."""
        place = self.place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._current = place
            self._describe()
            self.activated.emit(place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Remember whether the focus came by the keyboard, which draws the ring."""
        self._keyboard_focus = event.reason() in _KEYBOARD
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrows, choose with Enter or Space, copy."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
            Qt.Key.Key_Home: -self.count,
            Qt.Key.Key_End: self.count,
        }
        key = Qt.Key(event.key())
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_to_clipboard()
        elif key in steps and self.count:
            self._keyboard_focus = True
            self._current = min(max(self._current + steps[key], 0), self.count - 1)
            self._describe()
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.count:
            self.activated.emit(self._current)
        else:
            super().keyPressEvent(event)

    def copy_to_clipboard(self) -> None:
        """Copy all pictures as one; nothing happens while there are none."""
        if self._images is not None:
            QGuiApplication.clipboard().setImage(to_qimage(contact_sheet(self._images)))

    def _describe(self) -> None:
        here = self._tips[self._current] if self._current < len(self._tips) else ""
        text = f"{self._current + 1} / {self.count}" if self.count else ""
        self.setAccessibleDescription(f"{text} · {here}" if here else text)
