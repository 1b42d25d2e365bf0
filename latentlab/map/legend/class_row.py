"""How a class looks in the list of classes."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

ROW_HEIGHT_PX = 22
COUNT_ROLE = int(Qt.ItemDataRole.UserRole)
GREYED_ROLE = COUNT_ROLE + 1
_DOT_PX = 8
_GAP_PX = 6


class ClassRowDelegate(QStyledItemDelegate):
    """Paints a dot in the colour of the class, its name, and its number of images at the right.

    The dot of a greyed class is hollow and its name stands back.
    """

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return one height for all rows."""
        del option, index
        return QSize(120, ROW_HEIGHT_PX)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one row."""
        role = QPalette.ColorRole
        colours: QPalette = option.palette
        area = option.rect
        state: QStyle.StateFlag = option.state
        greyed = bool(index.data(GREYED_ROLE))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_focus = bool(state & QStyle.StateFlag.State_HasFocus)
        if has_focus or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(colours.color(role.Highlight) if has_focus else Qt.PenStyle.NoPen)
            painter.setBrush(colours.color(role.Button))
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        top = area.center().y() - _DOT_PX / 2 + 0.5
        dot = QRectF(area.left() + _GAP_PX, top, _DOT_PX, _DOT_PX)
        if greyed:
            painter.setPen(QPen(colours.color(role.PlaceholderText), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(index.data(Qt.ItemDataRole.DecorationRole)))
        painter.drawEllipse(dot)
        faint = colours.color(role.PlaceholderText)
        metrics = painter.fontMetrics()
        count = f"{index.data(COUNT_ROLE):,}"
        right = area.right() - _GAP_PX - metrics.horizontalAdvance(count)
        painter.setPen(faint)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(area.adjusted(right - area.left(), 0, 0, 0), middle, count)
        left = _DOT_PX + 2 * _GAP_PX + 1
        room = area.adjusted(left, 0, right - area.right() - _GAP_PX, 0)
        painter.setPen(faint if greyed else colours.color(role.WindowText))
        name = str(index.data(Qt.ItemDataRole.DisplayRole))
        painter.drawText(
            room, middle, metrics.elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        )
        painter.restore()
