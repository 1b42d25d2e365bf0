"""A table of numbers with one row an image, sorted by any column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

_Index = QModelIndex | QPersistentModelIndex
_ROW_PX = 24


@dataclass(frozen=True)
class Column:
    """A column: title, tooltip, and digits after the point."""

    title: str
    sentence: str = ""
    decimals: int = 0


class NumberItemModel(QAbstractTableModel):
    """Numbers (n, m) in an order; NaN is an empty cell and sorts last."""

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._values: NDArray[Any] = np.empty((0, len(columns)))
        self._order = np.arange(0)
        self._place = np.arange(0)
        self._sorted_by = (0, Qt.SortOrder.AscendingOrder)

    def set_values(self, values: NDArray[Any]) -> None:
        """Show other numbers (n, m), sorted as those before."""
        self.beginResetModel()
        self._values = values
        self._arrange()
        self.endResetModel()

    def image_at(self, row: int) -> int:
        """Return which image a row shows."""
        return int(self._order[row])

    def row_of(self, image: int) -> int:
        """Return where an image is, -1 if nowhere."""
        return int(self._place[image]) if 0 <= image < len(self._place) else -1

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of images."""
        return 0 if parent is not None and parent.isValid() else len(self._values)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell, or that it stands at the right."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        value = float(self._values[self._order[index.row()], index.column()])
        if not np.isfinite(value):
            return "–"
        shown = f"{value:,.{self._columns[index.column()].decimals}f}"
        return shown.replace("-", "\N{MINUS SIGN}")

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return title and tooltip of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        return self._columns[section].sentence if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; images with the same number stay in their order."""
        self.layoutAboutToBeChanged.emit()
        self._sorted_by = (column, order)
        self._arrange()
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        column, order = self._sorted_by
        keys = np.asarray(self._values[:, column], np.float64)
        if order == Qt.SortOrder.DescendingOrder:
            keys = -keys
        self._order = np.argsort(keys, kind="stable")  # NaN comes last either way
        self._place = np.empty_like(self._order)
        self._place[self._order] = np.arange(len(self._order))


class NumberTable(QTableView):
    """Shows a :class:`NumberItemModel`; click a title to sort.

    Signals
    -------
    chosen(int)
        The user has chosen an image.
    """

    chosen = Signal(int)

    def __init__(self, name: str, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._rows = NumberItemModel(columns, self)
        self.setModel(self._rows)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self._is_showing = False

    def set_values(self, values: NDArray[Any]) -> None:
        """Show other numbers (n, m)."""
        self._rows.set_values(values)

    def show_image(self, image: int | None) -> None:
        """Select the row of an image and scroll to it, or select nothing."""
        row = -1 if image is None else self._rows.row_of(image)
        if row == self.currentIndex().row():
            return
        self._is_showing = True
        try:
            if row < 0:
                self.clearSelection()
                self.setCurrentIndex(QModelIndex())
            else:
                self.setCurrentIndex(self._rows.index(row, 0))
        finally:
            self._is_showing = False

    @Slot(QModelIndex, QModelIndex)
    def _on_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        del previous
        if current.isValid() and not self._is_showing:
            self.chosen.emit(self._rows.image_at(current.row()))
