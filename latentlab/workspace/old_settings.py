"""What is plain text in the settings file of earlier versions, which Qt wrote.

Qt does not read it any more: in such a file ``@Variant(…)`` stands for an object, which may be any
of Python's. Here everything that is no text, number or yes and no is left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_MAX_BYTES = 1 << 20
_RECT = re.compile(r"@Rect\((-?\d{1,6}) (-?\d{1,6}) (\d{1,6}) (\d{1,6})\)")
_ITEM = re.compile(r'((?:"(?:[^"\\]|\\.)*"|\\.|[^",\\])*)(?:,|$)', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def old_settings(path: Path) -> dict[str, Any]:
    """Return theme, place of the window and recent paths by their names of today; not checked."""
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            lines = file.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return {}
    found: dict[str, Any] = {}
    section = ""
    for line in lines:
        name, is_value, value = line.partition("=")
        if line.startswith("["):
            section = line.strip("[] ")
            continue
        match f"{section}/{name.strip()}" if is_value else "":
            case "window/theme":
                found["theme"] = value.strip()
            case "window/maximised":
                found["window_maximised"] = value.strip() == "true"
            case "window/rect":
                rect = _RECT.fullmatch(value.strip())
                if rect is not None:
                    found["window_rect"] = [int(number) for number in rect.groups()]
            case "recent/paths":
                found["recent"] = _texts(value)
    return found


def _texts(value: str) -> list[str]:
    """Return the texts of a list; objects, which begin with one @, are none."""
    texts = [_unescaped(item.strip()) for item in _ITEM.findall(value)]
    return [text.removeprefix("@") for text in texts if text and not re.match("@(?!@)", text)]


def _unescaped(item: str) -> str:
    return _ESCAPE.sub(_letter, item.replace('\\"', "\\x22").replace('"', ""))


def _letter(escape: re.Match[str]) -> str:
    code, letter = escape.groups()
    return chr(int(code, 16)) if code else _LETTERS.get(letter, letter)
