"""The list of all keys and mouse gestures, on F1."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from latentlab.widgets.action_text import group_of, plain_text
from latentlab.widgets.style.section import Card, label, section_title
from latentlab.widgets.style.tone import set_look


class ShortcutsDialog(QDialog):
    """Lists what keys and mouse can do; stays open beside the window.

    Parameters
    ----------
    actions
        Of the window; those without keys are left out, the others are grouped as in the menus.
    gestures
        Pairs of a translated gesture and what it does, such as ``("Shift", "Snap to data")``.
    parent
        The window.
    """

    def __init__(
        self,
        actions: Sequence[QAction],
        gestures: Sequence[tuple[str, str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts_dialog")
        self.setWindowTitle(self.tr("Keys and gestures"))
        self.setModal(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 12)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(self.windowTitle())
        scroll.setToolTip(self.tr("All keys and mouse gestures"))
        content = QWidget(scroll)
        columns = QHBoxLayout(content)
        columns.setContentsMargins(16, 16, 16, 8)
        columns.setSpacing(16)
        scroll.setWidget(content)
        outer.addWidget(scroll)

        groups: dict[str, list[tuple[list[str], str]]] = {}
        native = QKeySequence.SequenceFormat.NativeText
        for action in actions:
            keys = [sequence.toString(native) for sequence in action.shortcuts()]
            if keys and action.text():
                title = group_of(action) or self.tr("General")
                groups.setdefault(title, []).append((keys, plain_text(action)))
        if gestures:
            groups[self.tr("Mouse")] = [([gesture], meaning) for gesture, meaning in gestures]
        self._fill(columns, groups)

        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 16, 0)
        row.addStretch(1)
        close = QPushButton(self.tr("Close"), self)
        close.setObjectName("close")
        close.setAccessibleName(self.tr("Close"))
        close.setToolTip(self.tr("Close this list (Esc)"))
        close.clicked.connect(self.close)
        row.addWidget(close)
        outer.addLayout(row)
        self.resize(760, 560)

    def _fill(self, columns: QHBoxLayout, groups: dict[str, list[tuple[list[str], str]]]) -> None:
        """Put the groups into two columns of about the same length."""
        lengths = [0, 0]
        layouts = []
        for _ in lengths:
            layout = QVBoxLayout()
            layout.setSpacing(8)
            columns.addLayout(layout, 1)
            layouts.append(layout)
        for title, rows in groups.items():
            shorter = lengths.index(min(lengths))
            lengths[shorter] += len(rows) + 2
            layouts[shorter].addWidget(section_title(title))
            layouts[shorter].addWidget(self._card(rows))
            layouts[shorter].addSpacing(6)
        for layout in layouts:
            layout.addStretch(1)

    @staticmethod
    def _card(rows: list[tuple[list[str], str]]) -> Card:
        card = Card()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(0, 1)
        card.body.addLayout(grid)
        for row, (keys, meaning) in enumerate(rows):
            grid.addWidget(label(meaning, wrap=True), row, 0)
            caps = QHBoxLayout()
            caps.setSpacing(4)
            caps.addStretch(1)
            for key in keys:
                cap = label(key)
                set_look(cap, "keycap", "true")
                caps.addWidget(cap)
            grid.addLayout(caps, row, 1)
        return card
