"""Durations in words."""

from __future__ import annotations


def duration_text(seconds: float) -> str:
    """Return a duration as people say it, such as ``38 s``, ``4 min`` or ``2 h 10 min``."""
    seconds = max(0.0, seconds)
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
