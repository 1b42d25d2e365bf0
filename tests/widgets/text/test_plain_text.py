from __future__ import annotations

import pytest
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from latentlab.widgets.text.plain_text import plain_tooltip


@pytest.mark.parametrize("text", ["<b>x</b>", "a <img src='file:///x'> & b", "x < y", "plain & s"])
def test_a_tooltip_shows_tags_letter_by_letter(qtbot: QtBot, text: str) -> None:
    shown = plain_tooltip(text)
    if "<" not in shown:
        assert shown == text
        return
    document = QTextDocument()
    document.setHtml(shown)
    assert document.toPlainText() == text
