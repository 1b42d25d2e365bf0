"""A formula in one line of text, so that it breaks where a reader would break it."""

from __future__ import annotations

_HARD_SPACE = "\u00a0"


def formula_text(formula: str) -> str:
    """Return a formula whose products, quotients and brackets stay together over lines."""
    depth, parts = 0, []
    for sign in formula:
        depth += (sign == "(") - (sign == ")")
        parts.append(_HARD_SPACE if sign == " " and depth > 0 else sign)
    text = "".join(parts)
    for sign in "·/":
        text = text.replace(f" {sign} ", f"{_HARD_SPACE}{sign}{_HARD_SPACE}")
    return text
