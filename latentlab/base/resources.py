"""Where the program's own data files are: icons, bundled data sets and bundled models."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resource(*parts: str) -> Path:
    """Return the path of a bundled file or folder.

    A wheel carries the files inside the package; a source tree and an editable install have them
    beside it.
    """
    inside = _PACKAGE / "resources"
    root = inside if inside.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)
