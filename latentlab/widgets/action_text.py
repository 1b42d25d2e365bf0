"""What a person calls an action: its words, its menu and its keys."""

from __future__ import annotations

import re

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu


def plain_text(action: QAction) -> str:
    """Return the action's text without the mark of its access key."""
    return _without_mark(action.text())


def group_of(action: QAction) -> str:
    """Return the group that lists show beside the action.

    It is the dynamic property ``group`` if set, otherwise the title of the first menu that holds
    the action, otherwise empty.
    """
    group = action.property("group")
    if isinstance(group, str) and group:
        return group
    for owner in action.associatedObjects():
        if isinstance(owner, QMenu) and owner.title():
            return _without_mark(owner.title())
    return ""


def shortcut_text(action: QAction) -> str:
    """Return the action's keys as the platform writes them, several with a comma."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(keys.toString(native) for keys in action.shortcuts())


def _without_mark(text: str) -> str:
    return re.sub(r"&(.)", r"\1", text)
