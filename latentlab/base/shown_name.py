"""Names of files as they can be shown: any bytes can be in one."""

from __future__ import annotations

import unicodedata

_ESCAPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Controls, marks that turn the direction of writing, what is no text, and ends of lines."""
_JOINERS = "\u200c\u200d"  # emoji and some scripts are written with them


def shown_name(name: str) -> str:
    """Return a name as one line of text that can be encoded, with escapes for what is invisible.

    A byte that is no UTF-8, which Python reads as a lone surrogate, becomes ``\\xff``; a control
    or a mark that would turn the direction of what follows becomes ``\\n`` or ``\\u202e``.
    """
    if name.isascii() and name.isprintable():
        return name
    return "".join(_shown(letter) for letter in name)


def _shown(letter: str) -> str:
    if letter.isprintable() or letter in _JOINERS:
        return letter
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    if unicodedata.category(letter) in _ESCAPED:
        return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
    return letter
