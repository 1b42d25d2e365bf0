"""What is asked where something is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from latentlab.widgets.dialogs.open_dialog import ask_where_to_save

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.mark.parametrize(
    ("typed", "saved"), [("a", "a.csv"), ("b.csv", "b.csv"), ("", "first.csv")]
)
def test_the_ending_is_there_before_the_system_asks(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, saved: str
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)

    def accept(dialog: QFileDialog) -> int:
        assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
        assert dialog.defaultSuffix() == "csv"
        dialog.setDirectory(str(tmp_path))
        if typed:
            dialog.selectFile(typed)
        return 1

    monkeypatch.setattr(QFileDialog, "exec", accept)
    path = Path(ask_where_to_save(parent, "Save", "first.csv", ("Tables", ".csv")))
    assert path.name == saved
    monkeypatch.setattr(QFileDialog, "exec", lambda _: 0)
    assert ask_where_to_save(parent, "Save", "first.csv", ("Tables", ".csv")) == ""
