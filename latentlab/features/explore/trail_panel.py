"""Trail: pictures of the places visited, with undo and redo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from latentlab.widgets.images.image_strip import ImageStrip
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.tool_pill import ToolPill
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.trail import Trail

_SHOWN = 12


class TrailPanel(QWidget):
    """The last places where the hand came to rest; a click goes back to one."""

    def __init__(
        self,
        explorer: Explorer,
        trail: Trail,
        explore: ExploreController,
        actions: list[QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("trail_panel")
        self._explorer = explorer
        self._trail = trail
        self._explore = explore
        self._pictures: dict[bytes, NDArray[np.uint8]] = {}
        self._first = 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        row = QHBoxLayout()
        row.setSpacing(6)
        for action in actions:
            row.addWidget(ToolPill(action))
        self._count = ElidedLabel("muted")
        row.addSpacing(6)
        row.addWidget(self._count)
        row.addStretch(1)
        layout.addLayout(row)
        self._strip = ImageStrip(self.tr("Visited places"), _SHOWN)
        self._strip.setObjectName("trail_images")
        self._strip.setMaximumHeight(110)
        self._strip.chosen.connect(self._go_to)
        layout.addWidget(self._strip)
        layout.addStretch(1)
        trail.changed.connect(self._render)
        explorer.decodedChanged.connect(self._remember)
        self._render()

    @Slot()
    def _remember(self) -> None:
        """Keep the pictures of visited places: they were decoded when the hand was there."""
        decoded = self._explorer.decoded
        if decoded is None:
            return
        key = decoded.z.tobytes()
        if any(key == z.tobytes() for z in self._trail.visits[-_SHOWN:]):
            self._pictures[key] = decoded.image
            self._render()

    @Slot()
    def _render(self) -> None:
        visits, position = self._trail.visits, self._trail.position
        decoded = self._explorer.decoded
        if decoded is not None:
            self._pictures.setdefault(decoded.z.tobytes(), decoded.image)
        known = {z.tobytes() for z in visits}
        self._pictures = {k: v for k, v in self._pictures.items() if k in known}
        self._first = max(0, min(position - _SHOWN // 2, len(visits) - _SHOWN))
        shown = visits[self._first : self._first + _SHOWN]
        self._strip.set_strip(
            [self._pictures.get(z.tobytes()) for z in shown],
            [self.tr("Place {}: generated").format(self._first + i + 1) for i in range(len(shown))],
        )
        self._strip.set_marked(position - self._first if shown else None)
        self._count.setText(
            self.tr("Place {0} of {1}").format(position + 1, len(visits))
            if visits
            else self.tr("Each place where the hand comes to rest on the map joins the trail.")
        )

    @Slot(int)
    def _go_to(self, place: int) -> None:
        index = self._first + place
        if index < len(self._trail.visits):
            self._explore.move_to(self._trail.go_to(index))
