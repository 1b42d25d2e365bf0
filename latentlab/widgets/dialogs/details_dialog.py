"""The long text behind an error's sentence, to read and to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.widgets.style.section import label


class DetailsDialog(QDialog):
    """Shows a sentence and a read-only text; non-modal, deletes itself when closed.

    Parameters
    ----------
    sentence
        What happened, in one sentence.
    details
        The text for a bug report.
    parent
        The window.
    """

    def __init__(self, sentence: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("details_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Details"))
        self._sentence = sentence
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(label(shown_name(sentence), size="strong", wrap=True))
        self._text = QPlainTextEdit(details, self)
        self._text.setObjectName("details")
        self._text.setReadOnly(True)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName(self.tr("Details"))
        self._text.setToolTip(self.tr("Technical details, for a bug report"))
        layout.addWidget(self._text)
        row = QHBoxLayout()
        row.addStretch(1)
        layout.addLayout(row)
        copy = QPushButton(self.tr("Copy"), self)
        copy.setObjectName("copy_details")
        copy.setAccessibleName(self.tr("Copy"))
        copy.setToolTip(self.tr("Copy the sentence and the details"))
        copy.clicked.connect(self.copy)
        row.addWidget(copy)
        close = QPushButton(self.tr("Close"), self)
        close.setObjectName("close_details")
        close.setAccessibleName(self.tr("Close"))
        close.setToolTip(self.tr("Close the details (Esc)"))
        close.setDefault(True)
        close.clicked.connect(self.close)
        row.addWidget(close)
        self.resize(620, 380)

    @Slot()
    def copy(self) -> None:
        """Copy the sentence and the details to the clipboard."""
        text = f"{self._sentence}\n\n{self._text.toPlainText()}"
        QGuiApplication.clipboard().setText(text)
