"""What a feature paints on the map."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPainter


class MapLayer(QObject):
    """Painted between the points and the cursor; derive from it and override :meth:`paint`."""

    changed = Signal()
    """There is something new to paint."""

    def paint(self, painter: QPainter, ratio: float) -> None:
        """Paint on the map widget; ``ratio`` is in device pixels per pixel."""
        raise NotImplementedError
