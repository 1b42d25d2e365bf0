"""The legend over the map: one chip for each class; pressing it greys the class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

_GAP_PX = 5
_CHIP_HEIGHT_PX = 22
_MAX_ROWS = 3


class _ClassChip(QAbstractButton):
    """A pill with the colour of the class and its name; hollow while the class is greyed."""

    isolated = Signal(int)
    flipped = Signal(int)

    def __init__(self, number: int, name: str, colour: QColor, parent: QWidget) -> None:
        super().__init__(parent)
        self._number = number
        self._colour = colour
        self.setText(name)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setObjectName(f"class_{number}")
        self.setAccessibleName(self.tr("Class {}").format(name))
        self.setToolTip(self.tr("{}: click to grey, double-click to see it alone").format(name))
        self.clicked.connect(self._flip)

    @Slot()
    def _flip(self) -> None:
        self.flipped.emit(self._number)

    def sizeHint(self) -> QSize:
        """Return the room for the dot and the name."""
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, 110)
        return QSize(self.fontMetrics().horizontalAdvance(text) + 30, _CHIP_HEIGHT_PX)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show this class alone."""
        del event
        self.isolated.emit(self._number)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pill."""
        del event
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        hovered = self.underMouse() or self.hasFocus()
        edge = palette.color(palette.ColorRole.Highlight if hovered else palette.ColorRole.Mid)
        painter.setPen(edge)
        painter.setBrush(palette.color(palette.ColorRole.Button))
        painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        dot = QRectF(8, frame.center().y() - 4, 8, 8)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colour)
        else:
            painter.setPen(QPen(palette.color(palette.ColorRole.PlaceholderText), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        role = (
            palette.ColorRole.ButtonText if self.isChecked() else palette.ColorRole.PlaceholderText
        )
        painter.setPen(palette.color(role))
        area = self.rect().adjusted(21, 0, -8, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class ClassLegend(QWidget):
    """Chips in rows from the right; classes that find no room are left to the filter menu."""

    dimmedChanged = Signal(object)
    """A frozenset of the classes that are greyed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("class_legend")
        self.setAccessibleName(self.tr("Classes"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._chips: list[_ClassChip] = []
        self._dimmed: frozenset[int] = frozenset()

    def set_classes(self, names: Sequence[str], colours: Sequence[QColor]) -> None:
        """Show other classes, none of them greyed."""
        for chip in self._chips:
            chip.setParent(None)
            chip.deleteLater()
        self._dimmed = frozenset()
        self._chips = []
        for number, (name, colour) in enumerate(zip(names, colours, strict=True)):
            chip = _ClassChip(number, name, colour, self)
            chip.flipped.connect(self._flip)
            chip.isolated.connect(self._isolate)
            self._chips.append(chip)
        self.arrange()

    def set_dimmed(self, dimmed: frozenset[int]) -> None:
        """Show which classes are greyed."""
        self._dimmed = dimmed
        for number, chip in enumerate(self._chips):
            chip.setChecked(number not in dimmed)

    def arrange(self) -> None:
        """Lay the chips out at the top right of the parent."""
        room = self._over.width() - 20
        rows: list[list[_ClassChip]] = [[]]
        used = 0
        for chip in self._chips:
            width = chip.sizeHint().width() + _GAP_PX
            if used + width > room and rows[-1]:
                rows.append([])
                used = 0
            rows[-1].append(chip)
            used += width
        shown = rows[:_MAX_ROWS]
        for chip in self._chips:
            chip.setVisible(any(chip in row for row in shown))
        widest = max(
            (sum(c.sizeHint().width() + _GAP_PX for c in row) - _GAP_PX for row in shown if row),
            default=0,
        )
        height = len(shown) * (_CHIP_HEIGHT_PX + _GAP_PX)
        self.setGeometry(self._over.width() - widest - 10, 9, max(widest, 1), height)
        for number, row in enumerate(shown):
            x = widest - (sum(c.sizeHint().width() + _GAP_PX for c in row) - _GAP_PX)
            for chip in row:
                size = chip.sizeHint()
                chip.setGeometry(
                    QRect(x, number * (_CHIP_HEIGHT_PX + _GAP_PX), size.width(), size.height())
                )
                x += size.width() + _GAP_PX
        self.setVisible(bool(self._chips))

    @Slot(int)
    def _flip(self, number: int) -> None:
        self.dimmedChanged.emit(self._dimmed ^ {number})

    @Slot(int)
    def _isolate(self, number: int) -> None:
        others = frozenset(range(len(self._chips))) - {number}
        # A second double click brings everything back.
        self.dimmedChanged.emit(frozenset() if self._dimmed == others else others)
