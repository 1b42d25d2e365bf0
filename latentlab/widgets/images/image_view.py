"""The widget that shows an image, wherever the program shows one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QHideEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from latentlab.widgets.images.qimage import fitted, fitted_size, to_qimage
from latentlab.widgets.style.section import label
from latentlab.widgets.style.tokens import DARK
from latentlab.widgets.style.tone import Tone, set_tone
from latentlab.widgets.text.plain_text import plain_tooltip

__all__ = ["ImageView", "to_qimage"]

_RADIUS_PX = 2.5
_CAPTION_GAP_PX = 5
_BLACK = Qt.GlobalColor.black
_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)


class ImageView(QWidget):
    """One image on a black square with a thin border, and an optional caption below.

    The aspect is kept. Enlarged pixels stay crisp unless :attr:`smooth` is set; reduced images
    are always averaged.

    Parameters
    ----------
    name
        Translated accessible name, such as "Decoded image".
    placeholder
        Translated text shown while there is no image.
    size_px
        Preferred edge of the square; layouts may give less or more.
    parent
        Owner.
    """

    painted = Signal(int)
    """Emitted at the first paint after :meth:`set_image`, with its ``sequence``."""
    clicked = Signal()
    """Emitted at a click with the left button, Enter or Space."""

    def __init__(
        self,
        name: str,
        placeholder: str = "–",
        *,
        size_px: int = 112,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._scaled = QImage()
        self._sequence: int | None = None
        self._placeholder = placeholder
        self._size_px = size_px
        self._smooth = False
        self._whole_pixels = False
        self._selected = False
        self._keyboard_focus = False
        self._caption_text = ""
        self._caption = label(size="small", tone="muted", parent=self)
        self._caption.hide()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    # ------------------------------------------------------------------ contents

    def hideEvent(self, event: QHideEvent) -> None:
        """Forget to tell of an image that nobody sees: painted much later, it measures nothing."""
        super().hideEvent(event)
        self._sequence = None

    def set_image(self, pixels: NDArray[np.uint8] | None, *, sequence: int | None = None) -> None:
        """Show an image, or the placeholder.

        Parameters
        ----------
        pixels
            uint8, shape (height, width, 1 or 3), 0 black to 255 white; ``None`` for no image.
        sequence
            Number to emit with :attr:`painted` once this image was painted; ``None`` emits nothing,
            and nothing is emitted for an image that comes while the view is hidden.
        """
        self._image = QImage() if pixels is None else to_qimage(pixels)
        self._scaled = QImage()
        is_seen = self.isVisible() and not self.window().isMinimized()
        self._sequence = sequence if is_seen else None
        self.update()

    @property
    def image(self) -> QImage:
        """The image at its own size; null while there is none."""
        return self._image

    @property
    def smooth(self) -> bool:
        """Whether enlarged images are interpolated instead of showing their pixels."""
        return self._smooth

    @smooth.setter
    def smooth(self, smooth: bool) -> None:
        self._smooth = smooth
        self._scaled = QImage()
        self.update()

    @property
    def whole_pixels(self) -> bool:
        """Whether small images are enlarged by whole numbers only, so that all pixels are alike.

        What would not fill half of the square so is interpolated.
        """
        return self._whole_pixels

    @whole_pixels.setter
    def whole_pixels(self, whole_pixels: bool) -> None:
        self._whole_pixels = whole_pixels
        self._scaled = QImage()
        self.update()

    @property
    def selected(self) -> bool:
        """Whether a ring in the accent colour marks the image."""
        return self._selected

    @selected.setter
    def selected(self, selected: bool) -> None:
        self._selected = selected
        self.update()

    @property
    def caption(self) -> str:
        """The whole line below the image, also where it is shown shortened."""
        return self._caption_text

    def set_placeholder(self, text: str) -> None:
        """Set the translated text shown while there is no image."""
        self._placeholder = text
        self.update()

    def set_caption(self, text: str, tone: Tone = "muted") -> None:
        """Set the line below the image; an empty text takes no room."""
        shown = bool(text)
        self._caption_text = text
        self.setAccessibleDescription(text)
        set_tone(self._caption, tone)
        if self._caption.isHidden() == shown:
            self._caption.setVisible(shown)
            self.updateGeometry()
        self._place_caption()

    @Slot()
    def copy_to_clipboard(self) -> None:
        """Copy the image at its own size; nothing happens while there is none."""
        if not self._image.isNull():
            QGuiApplication.clipboard().setImage(self._image)

    # ------------------------------------------------------------------ geometry

    def _caption_height(self) -> int:
        if self._caption.isHidden():
            return 0
        return _CAPTION_GAP_PX + self._caption.sizeHint().height()

    def square(self) -> QRect:
        """Return the square that the image is fitted into, in the widget's coordinates."""
        side = max(1, min(self.width(), self.height() - self._caption_height()))
        return QRect(0, 0, side, side)

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the width and what the caption needs."""
        return width + self._caption_height()

    def sizeHint(self) -> QSize:
        """Return the preferred square with the caption."""
        return QSize(self._size_px, self._size_px + self._caption_height())

    def minimumSizeHint(self) -> QSize:
        """Return a square that is just recognisable."""
        return QSize(24, 24 + self._caption_height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the caption below the square."""
        super().resizeEvent(event)
        self._place_caption()

    def _place_caption(self) -> None:
        top = self.square().bottom() + 1 + _CAPTION_GAP_PX
        self._caption.ensurePolished()
        metrics = self._caption.fontMetrics()
        width = self.width()
        text = metrics.elidedText(self._caption_text, Qt.TextElideMode.ElideRight, width)
        self._caption.setText(text)
        whole = "" if text == self._caption_text else self._caption_text
        self._caption.setToolTip(plain_tooltip(whole))
        self._caption.setGeometry(0, top, width, self._caption.sizeHint().height())

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the image, then tell which one it was."""
        del event
        painter = QPainter(self)
        frame = QRectF(self.square()).adjusted(0.5, 0.5, -0.5, -0.5)
        colours = self.palette()
        # Plain rectangles: rounded ones cost a millisecond each time the hand moves.
        painter.fillRect(self.square().adjusted(1, 1, -1, -1), _BLACK)
        if self._image.isNull():
            painter.setPen(QColor(DARK.muted))  # the square is black in both themes
            wrap = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(frame.adjusted(8, 8, -8, -8), wrap, self._placeholder)
        else:
            self._paint_image(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._selected or (self.hasFocus() and self._keyboard_focus):
            painter.setPen(QPen(colours.color(QPalette.ColorRole.Highlight), 2))
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)
        else:
            painter.setPen(colours.color(QPalette.ColorRole.Mid))
            painter.drawRoundedRect(frame, _RADIUS_PX, _RADIUS_PX)
        painter.end()
        if self._sequence is not None:
            sequence, self._sequence = self._sequence, None
            self.painted.emit(sequence)

    def _paint_image(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatio()
        inside = self.square().adjusted(1, 1, -1, -1)
        target = (inside.size() * ratio).expandedTo(QSize(1, 1))
        smooth = self._smooth
        if self._whole_pixels and not smooth:
            times = fitted_size(self._image, target).width() / self._image.width()
            smooth = 1 < times < 2
            if times >= 2:
                target = self._image.size() * int(times)
        size = fitted_size(self._image, target)
        if self._scaled.size() != size:
            self._scaled = fitted(self._image, target, smooth=smooth)
        self._scaled.setDevicePixelRatio(ratio)
        width, height = size.width() / ratio, size.height() / ratio
        left = inside.left() + (inside.width() - width) // 2
        top = inside.top() + (inside.height() - height) // 2
        painter.drawImage(QPointF(left, top), self._scaled)

    # ------------------------------------------------------------------ input

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Remember whether the focus came by the keyboard, which draws the ring."""
        self._keyboard_focus = event.reason() in _KEYBOARD
        super().focusInEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit ``clicked`` for a left click inside the square."""
        inside = self.square().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the press, so that the release comes here too."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, or activate by Enter and Space."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_to_clipboard()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy the image."""
        where = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            where = self.mapToGlobal(QPoint(8, 8))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self.tr("Copy image"))
        copy.setEnabled(not self._image.isNull())
        copy.triggered.connect(self.copy_to_clipboard)
        menu.popup(where)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()
        super().changeEvent(event)
