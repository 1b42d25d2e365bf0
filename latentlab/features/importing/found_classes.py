"""The classes of pictures and how many each has, hundreds of them if need be."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.features.importing.bar_row import ROW_PX, paint_bar_row
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.plain_text import plain_tooltip

_Index = QModelIndex | QPersistentModelIndex
_COUNT = Qt.ItemDataRole.UserRole + 1
_SHARE = Qt.ItemDataRole.UserRole + 2


class ClassItemModel(QAbstractListModel):
    """Classes, the largest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, int]] = []

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Show other classes."""
        self.beginResetModel()
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        self._rows = [(shown_name(name), count) for name, count in ordered]
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Return how many classes there are."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return name, count or share of the largest."""
        if not index.isValid():
            return None
        name, count = self._rows[index.row()]
        words = self.tr("{0}: {1:,}").format(name, count)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return name
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(words)
            case Qt.ItemDataRole.AccessibleTextRole:
                return words
        if role == _COUNT:
            return f"{count:,}"
        return count / max(1, self._rows[0][1]) if role == _SHARE else None


class _Delegate(QStyledItemDelegate):
    """Paints each class as a bar."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return one line."""
        del option, index
        return QSize(60, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one class."""
        state: QStyle.StateFlag = option.state
        full: QRect = option.rect
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        name, count = str(index.data()), str(index.data(_COUNT))
        paint_bar_row(painter, QRectF(full), tokens, name, count, float(index.data(_SHARE)))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(full).adjusted(0.5, 1.5, -0.5, -1.5), 4, 4)
        painter.restore()


class ClassList(QListView):
    """Classes as bars; scrolls, and the keyboard walks through them.

    Parameters
    ----------
    theme
        Whose colours are used.
    parent
        Owner.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ClassItemModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(theme, self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("results", "true")  # no frame: the card around it has one
        self.setAccessibleName(self.tr("Classes"))
        self.setToolTip(self.tr("How many pictures each class has, the largest first"))
        theme.changed.connect(self.viewport().update)

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Show other classes."""
        self._model.set_counts(counts)

    def sizeHint(self) -> QSize:
        """Return room for all classes, but no more than for some."""
        return QSize(180, ROW_PX * min(max(1, self._model.rowCount()), 8) + 2)

    def minimumSizeHint(self) -> QSize:
        """Return room for three."""
        return QSize(80, ROW_PX * min(max(1, self._model.rowCount()), 3) + 2)
