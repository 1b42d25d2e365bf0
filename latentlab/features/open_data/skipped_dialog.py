"""Which files were left out of a data set, and why: to read, to count and to copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.images.origin import Skipped
from latentlab.images.skipped_csv import skipped_rows, write_skipped
from latentlab.widgets.dialogs.open_dialog import ask_where_to_save
from latentlab.widgets.skipped_items import SkippedItemModel
from latentlab.widgets.style.section import label

_MOST_REASONS = 5
_ROW_PX = 24


class SkippedDialog(QDialog):
    """A table that stays quick with any number of files; non-modal, deletes itself when closed.

    Parameters
    ----------
    title
        Name of the data set.
    skipped
        What was left out.
    parent
        The window.
    """

    def __init__(
        self, title: str, skipped: Sequence[Skipped], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("skipped_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Files left out"))
        self._skipped = skipped
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        sentence = self.tr("{0:,} files are not among the images of “{1}”.")
        shown = sentence.format(len(skipped), shown_name(title))
        layout.addWidget(label(shown, size="strong", wrap=True))
        layout.addWidget(label(self._reasons(), tone="muted", wrap=True))
        table = QTableView()
        table.setObjectName("skipped_table")
        table.setAccessibleName(self.tr("Files left out"))
        model = SkippedItemModel(self)
        model.set_skipped(skipped)
        table.setModel(model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        # Rows of one fixed height: asking 100,000 of them for theirs takes seconds.
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setStretchLastSection(True)
        table.setColumnWidth(0, 330)
        layout.addWidget(table, 1)
        self._problem = label(tone="bad")
        self._problem.setObjectName("export_problem")
        row = QHBoxLayout()
        row.addWidget(self._problem, 1)
        for button in (
            self._button("export_skipped", self.tr("Export as CSV…"), self._ask_where),
            self._button("copy_skipped", self.tr("Copy all"), self.copy),
            self._button("close_skipped", self.tr("Close"), self.close),
        ):
            row.addWidget(button)
        button.setDefault(True)
        layout.addLayout(row)
        self.resize(640, 400)

    def _reasons(self) -> str:
        counted = Counter(item.reason for item in self._skipped).most_common()
        parts = [f"{count:,} × {shown_name(reason)}" for reason, count in counted[:_MOST_REASONS]]
        more = len(counted) - len(parts)
        if more > 0:
            parts.append(self.tr("{:,} other reasons").format(more))
        return " · ".join(parts)

    def _button(self, name: str, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.clicked.connect(slot)
        return button

    @Slot()
    def copy(self) -> None:
        """Put all paths and reasons on the clipboard, with a tab between them."""
        QGuiApplication.clipboard().setText(skipped_rows(self._skipped))

    @Slot()
    def _ask_where(self) -> None:
        kind = (self.tr("Tables"), ".csv")
        if path := ask_where_to_save(self, self.tr("Export the list"), "left out.csv", kind):
            self.export(Path(path))

    def export(self, path: Path) -> None:
        """Write all paths and reasons to a CSV file; say so where that fails."""
        try:
            write_skipped(path, self._skipped)
        except OSError as error:
            reason = error.strerror or str(error)
            self._problem.setText(self.tr("It cannot be written: {}.").format(reason))
        else:
            self._problem.setText("")
