"""Texts in tables that a spreadsheet may open."""

from __future__ import annotations

from latentlab.base.shown_name import shown_name

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def plain_cell(text: str) -> str:
    """Return a text that a spreadsheet shows and never computes, in one line.

    A leading apostrophe is how spreadsheets mark text. Without it a file named ``=cmd()`` would be
    a formula.
    """
    return ("'" if text.startswith(_FORMULA_STARTS) else "") + shown_name(text)
