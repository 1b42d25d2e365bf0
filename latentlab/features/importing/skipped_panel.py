"""The table of files that are not among the pictures, to read, sort, copy and export."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from latentlab.features.importing.store import Importing
from latentlab.images.skipped_csv import skipped_rows, write_skipped
from latentlab.widgets.skipped_items import SkippedItemModel
from latentlab.widgets.style.section import label

_ROW_PX = 24


class _PathDelegate(QStyledItemDelegate):
    """Cuts a path in its middle, where there is no room: its ends say most."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Choose where to cut."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


class SkippedPanel(QWidget):
    """All files left out and why; a sentence where there is none."""

    exported = Signal(str, str)
    """kind (``good`` or ``bad``) and a sentence, after an export."""

    def __init__(self, importing: Importing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("skipped_panel")
        self._importing = importing
        self._model = SkippedItemModel(self)
        self._stack = QStackedLayout(self)
        self._nothing = label(tone="muted", wrap=False)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._nothing)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._table = self._make_table()
        layout.addWidget(self._table, 1)
        row = QHBoxLayout()
        self._copy = self._make_button(
            "copy_skipped", self.tr("Copy"), self.tr("Copy the selected rows, or all (Ctrl+C)")
        )
        self._copy.clicked.connect(self.copy)
        self._export = self._make_button(
            "export_skipped",
            self.tr("Export as CSV…"),
            self.tr("Write all rows to a file for spreadsheets"),
        )
        self._export.clicked.connect(self._ask_where)
        row.addWidget(self._copy)
        row.addWidget(self._export)
        row.addStretch(1)
        layout.addLayout(row)
        self._stack.addWidget(content)
        importing.skippedChanged.connect(self._render)
        importing.statusChanged.connect(self._render_status)
        self._render()
        self._render_status()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("skipped_table")
        table.setAccessibleName(self.tr("Files left out"))
        table.setModel(self._model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setItemDelegateForColumn(0, _PathDelegate(table))
        table.setWordWrap(False)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)  # Tab leaves the table; arrow keys walk in it
        table.verticalHeader().hide()
        # Rows of one fixed height: asking 100,000 of them for theirs takes seconds.
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.resizeSection(0, 230)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        header.setToolTip(self.tr("Click to sort by this column"))
        table.setSortingEnabled(True)
        copy = QAction(self.tr("Copy rows"), table)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        table.addAction(copy)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return table

    def _make_button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip)
        button.setAutoDefault(False)  # Enter belongs to the form beside
        return button

    @Slot()
    def copy(self) -> None:
        """Copy the selected rows, or all if none is selected."""
        rows = sorted({index.row() for index in self._table.selectionModel().selectedRows()})
        chosen = [self._model.skipped_at(row) for row in rows] or self._model.skipped
        QGuiApplication.clipboard().setText(skipped_rows(chosen))

    def export(self, path: str) -> None:
        """Write all rows, in the order that is shown, to a CSV file."""
        target = Path(path)
        if target.suffix.lower() != ".csv":
            target = target.with_name(f"{target.name}.csv")
        try:
            write_skipped(target, self._model.skipped)
        except OSError as error:
            reason = error.strerror or str(error)
            sentence = self.tr("“{0}” cannot be written ({1}); choose another place.")
            self.exported.emit("bad", sentence.format(target.name, reason))
            return
        self.exported.emit("good", self.tr("Wrote “{}”.").format(target.name))

    @Slot()
    def _ask_where(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Export the files left out"),
            "left-out.csv",
            self.tr("Tables (*.csv)"),
        )
        if path:
            self.export(path)

    @Slot()
    def _render(self) -> None:
        self._model.set_skipped(self._importing.skipped)
        self._stack.setCurrentIndex(1 if self._importing.skipped else 0)

    @Slot()
    def _render_status(self) -> None:
        done = self._importing.status == "done"
        self._nothing.setText(
            self.tr("Nothing was left out.")
            if done
            else self.tr("Nothing has been left out so far.")
        )
        if self._importing.status in ("done", "failed"):
            self._model.sort_again()
