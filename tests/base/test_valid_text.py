from __future__ import annotations

from latentlab.base.valid_text import valid_text, valid_texts


def test_valid_text_stays_as_it_is() -> None:
    for text in ("", "cat", "žluť 数 \U0001f600", "line\nbreak\x00"):
        assert valid_text(text) == text


def test_halves_of_surrogate_pairs_are_escaped() -> None:
    assert valid_text("a\ud800b") == "a\\ud800b"
    assert valid_text("caf\udce9") == "caf\\udce9"
    assert valid_text("\ud83d\ude00") == "\\ud83d\\ude00"  # two halves are no pair in Python


def test_nested_values() -> None:
    value = {"\ud800": ["\udfff", 1, None, ("x", 2.5)], "plain": True}
    assert valid_texts(value) == {"\\ud800": ["\\udfff", 1, None, ["x", 2.5]], "plain": True}
