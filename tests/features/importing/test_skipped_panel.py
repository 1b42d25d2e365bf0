"""The table of files left out: any names, many rows, copy and export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_import import images_of
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QTableView
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from latentlab.features.importing.skipped_panel import SkippedPanel
from latentlab.features.importing.store import Importing
from latentlab.images.origin import Skipped
from latentlab.images.treatment import TreatmentOptions
from latentlab.widgets.skipped_items import SkippedItemModel

ODD = (
    Skipped("<b>bold</b>.png", "not a picture"),
    Skipped("=cmd().png", "empty"),
    Skipped("line\nbreak.png", "truncated"),
    Skipped("caf\udce9.png", "not a picture"),
    Skipped("\u202egnp.exe", "too large"),
    Skipped("שלום/מה.png", "empty"),
)


class Shown:
    """A panel on a store."""

    def __init__(self, qtbot: QtBot) -> None:
        self.importing = Importing()
        self.importing.begin("pets")
        self.panel = SkippedPanel(self.importing)
        qtbot.addWidget(self.panel)
        self.panel.resize(500, 300)
        self.panel.show()
        table = self.panel.findChild(QTableView, "skipped_table")
        assert table is not None
        self.table = table

    def column(self, column: int = 0) -> list[str]:
        model = self.table.model()
        return [str(model.index(row, column).data()) for row in range(model.rowCount())]


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[Shown]:
    yield Shown(qtbot)


def test_without_files_there_is_a_sentence(shown: Shown) -> None:
    assert not shown.table.isVisible()
    shown.importing.add_skipped(ODD)
    assert shown.table.isVisible()
    shown.importing.clear_skipped()
    assert not shown.table.isVisible()


def test_names_are_shown_as_they_are_and_never_as_rich_text(shown: Shown) -> None:
    shown.importing.add_skipped(ODD)
    assert shown.column() == [
        "<b>bold</b>.png",
        "=cmd().png",
        "line\\nbreak.png",
        "caf\\xe9.png",
        "\\u202egnp.exe",
        "שלום/מה.png",
    ]
    assert shown.column(1)[0] == "not a picture"
    tip = shown.table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<b>" not in tip and "&lt;b&gt;bold" in tip
    assert not shown.panel.grab().isNull()  # all of them can be painted


def test_the_model_keeps_qts_rules(qtbot: QtBot) -> None:
    model = SkippedItemModel()
    tester = ModelTester(model)
    rows: list[Skipped] = []
    model.set_skipped(rows)
    for one in ODD:
        rows.append(one)
        model.set_skipped(rows)
    model.sort(1, Qt.SortOrder.DescendingOrder)
    model.set_skipped([])
    model.set_skipped(list(ODD))
    tester._cleanup()


def test_sorting_keeps_what_is_selected(shown: Shown) -> None:
    shown.importing.add_skipped(ODD)
    model = shown.table.model()
    kept = QPersistentModelIndex(model.index(1, 0))
    shown.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert kept.data() == "=cmd().png" and kept.row() != 1
    shown.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert shown.column(1) == sorted(one.reason for one in ODD)
    shown.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert shown.column()[:2] == ["<b>bold</b>.png", "=cmd().png"]  # as they were found


def test_what_comes_later_is_sorted_in_at_the_end(shown: Shown) -> None:
    shown.importing.add_skipped([Skipped("b", "x"), Skipped("d", "x")])
    shown.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    shown.importing.add_skipped([Skipped("a", "x"), Skipped("c", "x")])
    assert shown.column() == ["b", "d", "a", "c"]
    shown.importing.finish(images_of(TreatmentOptions()))
    assert shown.column() == ["a", "b", "c", "d"]


def test_a_hundred_thousand_files(shown: Shown) -> None:
    for start in range(0, 100_000, 5_000):
        shown.importing.add_skipped(
            [Skipped(f"{99_999 - i:06}.png", f"reason {i % 7}") for i in range(start, start + 5000)]
        )
    model = shown.table.model()
    assert model.rowCount() == 100_000
    shown.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert model.index(0, 0).data() == "000000.png"
    shown.table.scrollToBottom()
    assert not shown.panel.grab().isNull()
    assert model.index(99_999, 0).data() == "099999.png"


def test_copy_takes_the_selected_rows_or_all(shown: Shown, qtbot: QtBot) -> None:
    shown.importing.add_skipped(ODD)
    shown.table.selectRow(1)
    shown.table.setFocus()
    qtbot.keyClick(shown.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == "'=cmd().png\tempty")
    shown.table.clearSelection()
    button = shown.panel.findChild(QPushButton, "copy_skipped")
    assert button is not None
    button.click()
    assert len(QGuiApplication.clipboard().text().splitlines()) == len(ODD)


def test_export_and_what_it_says(shown: Shown, qtbot: QtBot, tmp_path: Path) -> None:
    shown.importing.add_skipped(ODD)
    shown.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    with qtbot.waitSignal(shown.panel.exported) as said:
        shown.panel.export(str(tmp_path / "table"))
    assert said.args == ["good", "Wrote “table.csv”."]
    lines = (tmp_path / "table.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == len(ODD) + 1 and lines[2] == "'=cmd().png,empty"
    with qtbot.waitSignal(shown.panel.exported) as said:
        shown.panel.export(str(tmp_path / "missing" / "table.csv"))
    assert said.args[0] == "bad" and "choose another place" in said.args[1]
