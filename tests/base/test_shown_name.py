"""Any name of a file can be shown and encoded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.base.shown_name import shown_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b-1.png", "a b-1.png"),
        ("größe 大.png", "größe 大.png"),
        ("שלום.png", "שלום.png"),
        ("👩\u200d👧.png", "👩\u200d👧.png"),
        ("<b>&.png", "<b>&.png"),
        ("a\nb\t.png", "a\\nb\\t.png"),
        ("\x00\x7f", "\\x00\\x7f"),
        ("photo\u202egnp.exe", "photo\\u202egnp.exe"),
        ("\u2066x\u2069\u200f", "\\u2066x\\u2069\\u200f"),
        ("caf\udce9.png", "caf\\xe9.png"),
        ("\ud800", "\\ud800"),
        ("a\u2028b", "a\\u2028b"),
    ],
)
def test_what_is_shown(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@given(st.text(st.characters(codec=None)))
def test_every_name_becomes_one_line_that_can_be_encoded(name: str) -> None:
    shown = shown_name(name)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert "\u202e" not in shown and "\0" not in shown
