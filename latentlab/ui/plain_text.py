"""Texts that come from files, shown letter by letter."""

from __future__ import annotations

import html


def plain_tooltip(text: str) -> str:
    """Return what makes a tooltip show a text as it is.

    Qt takes a tooltip with tags for rich text, and a name may hold tags.
    """
    if "<" not in text:
        return text
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>"
