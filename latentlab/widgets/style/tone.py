"""Dynamic properties that the stylesheet looks at, such as the tone of a text."""

from __future__ import annotations

from typing import Literal

from PySide6.QtWidgets import QWidget

Tone = Literal["", "muted", "accent", "good", "warn", "bad"]


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Set a dynamic property and restyle the widget, which Qt does not do by itself.

    Parameters
    ----------
    widget
        The widget to restyle.
    name, value
        Such as ``primary`` and ``true``; for those in use see
        :mod:`latentlab.widgets.style.stylesheet`.
    """
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def set_tone(widget: QWidget, tone: Tone) -> None:
    """Colour the text of a label, or the bar of a progress bar."""
    set_look(widget, "tone", tone)
