"""What was left out as rows of a table, 100,000 of them if need be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from latentlab.base.shown_name import shown_name
from latentlab.images.origin import Skipped
from latentlab.widgets.text.plain_text import plain_tooltip

_Index = QModelIndex | QPersistentModelIndex
_FOUND = -1  # no column: in the order in which files were found


class SkippedItemModel(QAbstractTableModel):
    """Path and reason of each file; texts are shown as they are, never as rich text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: Sequence[Skipped] = ()
        self._rows: list[Skipped] = []
        self._column = _FOUND
        self._descending = False

    def set_skipped(self, skipped: Sequence[Skipped]) -> None:
        """Show other files; of a sequence that only grew, the new ones are put at the end.

        They are sorted in at the next :meth:`sort`: sorting all of them with each new one would
        take the time that belongs to the hand.
        """
        old, new = len(self._rows), len(skipped)
        if skipped is self._source and new >= old:
            if new > old:
                self.beginInsertRows(QModelIndex(), old, new - 1)
                self._rows.extend(skipped[old:])
                self.endInsertRows()
            return
        self.beginResetModel()
        self._source = skipped
        self._rows = list(skipped)
        self.endResetModel()

    def skipped_at(self, row: int) -> Skipped:
        """Return the file of a row."""
        return self._rows[row]

    @property
    def skipped(self) -> Sequence[Skipped]:
        """All files in the order that is shown."""
        return self._rows

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Return how many files there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return two: file and reason."""
        return 0 if parent.isValid() else 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text of a cell."""
        if not index.isValid():
            return None
        one = self._rows[index.row()]
        text = shown_name(one.path if index.column() == 0 else one.reason)
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        return plain_tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return the titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr("File") if section == 0 else self.tr("Why it was left out")
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, or with -1 as the files were found.

        A proxy would ask for each cell many times from within Qt, which takes seconds for 100,000
        rows; this takes a tenth of one.
        """
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        files = [(self._rows[index.row()], index.column()) for index in before]
        self._rows = list(self._source)
        if column != _FOUND:
            self._rows.sort(key=_by_path if column == 0 else _by_reason, reverse=self._descending)
        if before:
            places = {id(one): row for row, one in enumerate(self._rows)}
            after = [self.index(places[id(one)], column_) for one, column_ in files]
            self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def sort_again(self) -> None:
        """Sort what has come since the last time."""
        if self._column != _FOUND:
            order = Qt.SortOrder.DescendingOrder if self._descending else None
            self.sort(self._column, order or Qt.SortOrder.AscendingOrder)


def _by_path(one: Skipped) -> tuple[str, str]:
    return (one.path.casefold(), one.reason)


def _by_reason(one: Skipped) -> tuple[str, str]:
    return (one.reason, one.path.casefold())
