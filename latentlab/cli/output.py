"""What commands write to stdout and stderr."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any


def printable(text: str) -> str:
    """Return a text on one line, without characters that would move a terminal's cursor.

    Names of files and classes come from others and may hold anything.
    """
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def note(sentence: str) -> None:
    """Write a sentence to stderr, beside the results."""
    if sys.stderr is not None:  # without one, print would take stdout
        print(printable(sentence), file=sys.stderr)


def print_json(found: dict[str, Any]) -> None:
    """Write one JSON object; what is no number, such as an infinite PSNR, becomes null."""
    print(json.dumps(_plain(found), allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
