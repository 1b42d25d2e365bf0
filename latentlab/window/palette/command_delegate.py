"""How one command looks in the list of the command search."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

ROLE_GROUP = Qt.ItemDataRole.UserRole + 1
ROLE_SHORTCUT = Qt.ItemDataRole.UserRole + 2
ROLE_PLACES = Qt.ItemDataRole.UserRole + 3

_HEIGHT_PX = 32
_PADDING_PX = 10


class CommandDelegate(QStyledItemDelegate):
    """Paints the command with the matched letters bold, its group muted, its keys at the right."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return one line."""
        del option, index
        return QSize(200, _HEIGHT_PX)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one command."""
        state: QStyle.StateFlag = option.state
        full: QRect = option.rect
        palette: QPalette = option.palette
        font: QFont = option.font
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        enabled = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        group = QPalette.ColorGroup.Normal if enabled else QPalette.ColorGroup.Disabled
        ink = palette.color(group, QPalette.ColorRole.WindowText)
        muted = palette.color(group, QPalette.ColorRole.PlaceholderText)
        if state & QStyle.StateFlag.State_Selected:
            fill = QColor(palette.color(QPalette.ColorRole.Accent))
            fill.setAlphaF(0.20)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(QRectF(full), 6, 6)
        area = QRectF(full).adjusted(_PADDING_PX, 0, -_PADDING_PX, 0)

        small = QFont(font)
        small.setPixelSize(11)
        keys = str(index.data(ROLE_SHORTCUT) or "")
        if keys:
            painter.setFont(small)
            painter.setPen(muted)
            painter.drawText(
                area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), keys
            )
            area.setRight(area.right() - QFontMetricsF(small).horizontalAdvance(keys) - 12)

        end = self._paint_text(painter, area, font, ink, index)
        title = str(index.data(ROLE_GROUP) or "")
        if title:
            painter.setFont(small)
            painter.setPen(muted)
            rest = QRectF(end + 10, area.top(), max(0.0, area.right() - end - 10), area.height())
            text = QFontMetricsF(small).elidedText(title, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()

    def _paint_text(
        self,
        painter: QPainter,
        area: QRectF,
        font: QFont,
        ink: QColor,
        index: QModelIndex | QPersistentModelIndex,
    ) -> float:
        """Paint the words with the matched letters bold; return where they end."""
        bold = QFont(font)
        bold.setBold(True)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        places = set(index.data(ROLE_PLACES) or ())
        metrics = QFontMetricsF(font)
        baseline = area.center().y() + (metrics.ascent() - metrics.descent()) / 2
        left = area.left()
        painter.setPen(ink)
        for is_bold, run in _runs(text, places):
            used = bold if is_bold else font
            painter.setFont(used)
            painter.drawText(QPointF(left, baseline), run)
            left += QFontMetricsF(used).horizontalAdvance(run)
        return left


def _runs(text: str, places: set[int]) -> list[tuple[bool, str]]:
    """Return the text in pieces that are matched or not."""
    runs: list[tuple[bool, str]] = []
    for i, letter in enumerate(text):
        matched = i in places
        if runs and runs[-1][0] == matched:
            runs[-1] = (matched, runs[-1][1] + letter)
        else:
            runs.append((matched, letter))
    return runs
