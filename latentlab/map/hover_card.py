"""The card beside a hovered point: its image, class, index and file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.widgets.images.image_view import ImageView
from latentlab.widgets.style.section import label

_OFFSET_PX = 18
_TEXT_PX = 180


class HoverCard(QFrame):
    """Floats over the map and never takes the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("hover_card")
        self.setProperty("popup", "true")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        self._image = ImageView(self.tr("Hovered image"), "", size_px=84, parent=self)
        self._image.setFixedSize(84, 84)
        self._title = label(size="strong")
        self._index = label(tone="muted", size="small")
        self._file = label(tone="muted", size="small")
        self._file.setObjectName("hover_file")
        for widget in (self._image, self._title, self._index, self._file):
            layout.addWidget(widget)
        self.hide()

    def show_image(
        self, image: NDArray[np.uint8], title: str, subtitle: str, point: QPoint, *, file: str = ""
    ) -> None:
        """Show an image beside a position of the map, inside the map.

        Parameters
        ----------
        image
            uint8 (h, w, c).
        title, subtitle, file
            Lines below it; an empty one takes no room, and a long one is shortened.
        point
            The position.
        """
        self._image.set_image(image)
        middle, right = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideRight
        for line, text, cut in (
            (self._title, title, right),
            (self._index, subtitle, right),
            (self._file, file, middle),
        ):
            line.ensurePolished()
            line.setText(line.fontMetrics().elidedText(shown_name(text), cut, _TEXT_PX))
            line.setVisible(bool(text))
        self.adjustSize()
        area = self._over.rect().adjusted(6, 6, -6, -6)
        x = point.x() + _OFFSET_PX
        if x + self.width() > area.right():
            x = point.x() - _OFFSET_PX - self.width()
        y = min(max(point.y() - self.height() // 2, area.top()), area.bottom() - self.height())
        self.move(max(x, area.left()), y)
        self.show()
        self.raise_()
