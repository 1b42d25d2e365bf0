"""The legend of the map: classes, or the ramp of a number."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from latentlab.map.legend.class_legend import ClassLegend
from latentlab.map.legend.ramp_legend import RampLegend
from latentlab.widgets.style.theme import Theme
from latentlab.workspace.map_view import MapView

_MARGIN_PX, _TOP_PX = 10, 9


class MapLegend(ClassLegend):
    """Explains the colours of the points, whatever they stand for."""

    def __init__(self, map_view: MapView, theme: Theme, parent: QWidget) -> None:
        self._ramp: RampLegend | None = None  # arrange() is called while this is made
        super().__init__(parent)
        self._map_view = map_view
        self._ramp = RampLegend(theme, parent)
        self.dimmedChanged.connect(map_view.set_dimmed_classes)
        map_view.colouringChanged.connect(self._on_colouring_changed)

    @Slot()
    def arrange(self) -> None:
        """Lay out at the top right of the map what there is to explain."""
        super().arrange()
        if self._ramp is None or self._map_view.colouring is None:
            return
        self.hide()
        self._ramp.move(self._over.width() - self._ramp.width() - _MARGIN_PX, _TOP_PX)

    @Slot()
    def _on_colouring_changed(self) -> None:
        assert self._ramp is not None
        self._ramp.set_colouring(self._map_view.colouring)
        self.arrange()
        self._over.update()
