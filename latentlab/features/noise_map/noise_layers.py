"""What noise does on the map: the path and the cloud of one image, and the denoising field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QPainter

from latentlab.features.noise_lab.store import NoiseLab
from latentlab.features.noise_map.field_layer import FieldLayer
from latentlab.features.noise_map.marks import NoiseMarks, paint_passes
from latentlab.features.noise_map.store import NoiseMap
from latentlab.map.layers.map_layer import MapLayer
from latentlab.widgets.style.theme import Theme
from latentlab.workspace.map_view import MapView


class NoiseLayers(MapLayer):
    """Paints what is switched on and known, from caches where nothing has changed.

    Parameters
    ----------
    map_view, noise_map, noise_lab
        What is painted, and how strongly.
    theme
        In which colours.
    """

    def __init__(
        self,
        map_view: MapView,
        noise_map: NoiseMap,
        noise_lab: NoiseLab,
        theme: Theme,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._map_view = map_view
        self._noise_map = noise_map
        self._noise_lab = noise_lab
        self._has_passes = False
        self._theme = theme
        self._field = FieldLayer()
        self._marks = NoiseMarks()
        noise_map.codesChanged.connect(self.changed)
        noise_map.fieldChanged.connect(self.changed)
        noise_lab.resultChanged.connect(self._on_result)

    def paint(self, painter: QPainter, ratio: float) -> None:
        """Paint on the map widget; ``ratio`` is in device pixels per pixel."""
        view, tokens = self._map_view, self._theme.tokens
        field, codes = self._noise_map.field, self._noise_map.codes
        opacity = view.opacity("noise_field")
        if field is not None and opacity > 0 and field.starts.shape[1] == view.plane.latent_dim:
            painter.setOpacity(opacity)
            self._field.paint(painter, field, view.plane, view.camera, tokens, ratio)
        if codes is None or codes.cloud.shape[1] != view.plane.latent_dim:
            return
        self._marks.place(codes, view.plane, view.camera, tokens, ratio)
        opacity = view.opacity("noise_cloud")
        if opacity > 0:
            painter.setOpacity(opacity)
            self._marks.paint_cloud(painter)
        opacity = view.opacity("noise_path")
        if opacity > 0:
            painter.setOpacity(opacity)
            self._marks.paint_path(painter)
            passes = self._passes()
            if passes is not None and passes.shape[1] == view.plane.latent_dim:
                paint_passes(painter, passes, view.plane, view.camera, tokens)

    @Slot()
    def _on_result(self) -> None:
        has_passes = self._passes() is not None
        if has_passes or self._has_passes:
            self.changed.emit()
        self._has_passes = has_passes

    def _passes(self) -> NDArray[np.float32] | None:
        """Return the codes of repeated passes; a single one leaves no way behind."""
        result = self._noise_lab.result
        if result is None or result.codes is None or len(result.codes) < 2:
            return None
        return result.codes
