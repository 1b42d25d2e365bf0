"""The legend over the map: chips for a dozen classes, a list that scrolls for more."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from latentlab.base.shown_name import shown_name
from latentlab.map.legend.class_list import ClassList
from latentlab.widgets.text.plain_text import plain_button, plain_tooltip

MOST_CHIPS = 12
"""More classes than these are shown in a list."""

_GAP_PX = 5
_CHIP_HEIGHT_PX = 22
_MARGIN_PX = 10
_TOP_PX = 9
_BELOW_PX = 44  # where the caption of the map is


class _ClassChip(QAbstractButton):
    """A pill with the colour of the class and its name; hollow while the class is greyed."""

    isolated = Signal(int, bool)
    flipped = Signal(int)

    def __init__(self, number: int, name: str, colour: QColor, count: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._number = number
        self._colour = colour
        self._name = name
        self.setText(plain_button(name))
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setObjectName(f"class_{number}")
        self.setAccessibleName(self.tr("Class {}").format(name))
        sentence = self.tr("{0}: {1:,} images; click to grey, double-click to see it alone")
        self.setToolTip(plain_tooltip(sentence.format(name, count)))
        self.clicked.connect(self._flip)

    @Slot()
    def _flip(self) -> None:
        self.flipped.emit(self._number)

    def sizeHint(self) -> QSize:
        """Return the room for the dot and the name."""
        text = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, 110)
        return QSize(self.fontMetrics().horizontalAdvance(text) + 30, _CHIP_HEIGHT_PX)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show this class alone."""
        del event
        self.isolated.emit(self._number, True)

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
        text = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class ClassLegend(QWidget):
    """Chips in rows from the right, or a list at the top right; nothing without classes."""

    dimmedChanged = Signal(object)
    """A frozenset of the classes that are greyed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("class_legend")
        self.setAccessibleName(self.tr("Classes"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._chips: list[_ClassChip] = []
        self._count = 0
        self._dimmed: frozenset[int] = frozenset()
        self._before_flip: frozenset[int] = frozenset()
        self._list = ClassList(self)
        self._list.flipped.connect(self._flip)
        self._list.isolated.connect(self._isolate)
        self._list.allWanted.connect(self._show_all)
        self._list.resized.connect(self.arrange)
        self._list.hide()

    def set_classes(
        self, names: Sequence[str], colours: Sequence[QColor], counts: Sequence[int]
    ) -> None:
        """Show other classes, none of them greyed.

        Parameters
        ----------
        names, colours, counts
            Of each class; ``counts`` are numbers of images.
        """
        for chip in self._chips:
            chip.setParent(None)
            chip.deleteLater()
        self._dimmed = frozenset()
        self._chips = []
        self._count = len(names)
        if self._is_list:
            self._list.set_classes(names, colours, counts)
        else:
            each = zip(names, colours, counts, strict=True)
            for number, (name, colour, count) in enumerate(each):
                chip = _ClassChip(number, shown_name(name), colour, count, self)
                chip.flipped.connect(self._flip)
                chip.isolated.connect(self._isolate)
                self._chips.append(chip)
        self.arrange()

    def set_dimmed(self, dimmed: frozenset[int]) -> None:
        """Show which classes are greyed."""
        self._dimmed = dimmed
        if self._is_list:
            self._list.set_dimmed(dimmed)
        for number, chip in enumerate(self._chips):
            chip.setChecked(number not in dimmed)

    @property
    def _is_list(self) -> bool:
        return self._count > MOST_CHIPS

    @Slot()
    def arrange(self) -> None:
        """Lay the chips or the list out at the top right of the parent."""
        self._list.setVisible(self._is_list)
        self.setVisible(self._count > 0)
        if self._is_list:
            room = self._over.size() - QSize(2 * _MARGIN_PX, _TOP_PX + _BELOW_PX)
            size = self._list.wanted_size(room)
            corner = QPoint(self._over.width() - size.width() - _MARGIN_PX, _TOP_PX)
            self.setGeometry(QRect(corner, size))
            self._list.setGeometry(QRect(QPoint(), size))
        else:
            self._arrange_chips()

    def _arrange_chips(self) -> None:
        rows: list[list[_ClassChip]] = [[]]
        room, used = self._over.width() - 2 * _MARGIN_PX, 0
        for chip in self._chips:
            width = chip.sizeHint().width() + _GAP_PX
            if used + width > room and rows[-1]:
                rows.append([])
                used = 0
            rows[-1].append(chip)
            used += width
        widest = max((_width_of(row) for row in rows), default=0)
        height = len(rows) * (_CHIP_HEIGHT_PX + _GAP_PX)
        left = self._over.width() - widest - _MARGIN_PX
        self.setGeometry(left, _TOP_PX, max(widest, 1), height)
        for number, row in enumerate(rows):
            x = widest - _width_of(row)
            for chip in row:
                corner = QPoint(x, number * (_CHIP_HEIGHT_PX + _GAP_PX))
                chip.setGeometry(QRect(corner, chip.sizeHint()))
                chip.show()
                x += chip.width() + _GAP_PX

    @Slot(int)
    def _flip(self, number: int) -> None:
        self._before_flip = self._dimmed
        self.dimmedChanged.emit(self._dimmed ^ {number})

    @Slot(int, bool)
    def _isolate(self, number: int, flipped: bool) -> None:
        others = frozenset(range(self._count)) - {number}
        # A double click on what is alone brings everything back; its first click has changed that.
        before = self._before_flip if flipped else self._dimmed
        self.dimmedChanged.emit(frozenset() if before == others else others)

    @Slot()
    def _show_all(self) -> None:
        self.dimmedChanged.emit(frozenset())


def _width_of(row: list[_ClassChip]) -> int:
    return sum(chip.sizeHint().width() + _GAP_PX for chip in row) - _GAP_PX if row else 0
