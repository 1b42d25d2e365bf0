"""Texts that come from files, shown letter by letter wherever Qt would see more in them.

A name may hold tags, ends of lines, marks that turn the direction of writing, or 5,000 letters.
"""

from __future__ import annotations

import html

from latentlab.base.shown_name import shown_name

_MOST_LETTERS = 1000


def plain_tooltip(text: str) -> str:
    """Return what makes a tooltip show a text as it is; a very long one loses its middle.

    Qt takes a tooltip with tags, or with what some write instead of them, for rich text.
    """
    if len(text) > _MOST_LETTERS:
        text = f"{text[: _MOST_LETTERS // 2]} … {text[-_MOST_LETTERS // 2 :]}"
    text = "\n".join(shown_name(line) for line in text.split("\n"))
    if "<" not in text and "&lt;" not in text:
        return text
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>"


def plain_button(text: str) -> str:
    """Return what makes a button, an action or a tab show a name as it is, with no key for it."""
    return shown_name(text).replace("&", "&&")


def plain_title(text: str) -> str:
    """Return what makes a window show a name in its title as it is."""
    return shown_name(text).replace("[*]", "[*][*]")  # which is how Qt marks unsaved changes
