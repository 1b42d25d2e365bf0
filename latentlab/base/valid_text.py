"""Text that can be stored: every string that Python holds is not valid Unicode."""

from __future__ import annotations

from typing import Any


def valid_text(text: str) -> str:
    """Return a text that can be encoded as UTF-8; half of a surrogate pair becomes ``\\\\ud800``.

    Such halves come from names of files that are no UTF-8, and from escapes in JSON.
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def valid_texts(value: Any) -> Any:
    """Return a value of dictionaries, lists and plain values with :func:`valid_text` throughout."""
    if isinstance(value, str):
        return valid_text(value)
    if isinstance(value, dict):
        return {valid_texts(key): valid_texts(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [valid_texts(one) for one in value]
    return value
