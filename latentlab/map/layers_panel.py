"""LAYERS: what the map shows, and how strongly."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from latentlab.widgets.form.number_editors import IntEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.style.section import Card, section_title
from latentlab.workspace.map_view import MapView


class _LayerRow(QWidget):
    """Switch, slider and typed number for one layer."""

    toggled = Signal(str, bool)
    opacityChanged = Signal(str, float)

    def __init__(self, layer: str, title: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer = layer
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._switch = QCheckBox(title)
        self._switch.setObjectName(f"layer_{layer}")
        self._switch.setToolTip(tooltip)
        self._switch.setAccessibleName(title)
        self._switch.setFixedWidth(122)
        self._slider = ValueSlider(0.0, 1.0)
        self._slider.setObjectName(f"opacity_{layer}")
        self._slider.setToolTip(self.tr("Opacity of {}").format(title.lower()))
        self._slider.setAccessibleName(self.tr("Opacity of {}").format(title.lower()))
        self._number: QSpinBox = IntEditor(0, 100)
        self._number.setSuffix(" %")
        self._number.setObjectName(f"opacity_number_{layer}")
        self._number.setToolTip(self._slider.toolTip())
        self._number.setAccessibleName(self._slider.accessibleName())
        self._number.setFixedWidth(50)
        self._slider.setMinimumWidth(24)
        row.addWidget(self._switch)
        row.addWidget(self._slider, 1)
        row.addWidget(self._number)
        self._switch.toggled.connect(self._tell_toggled)
        self._slider.moved.connect(self._tell_opacity)
        self._number.valueChanged.connect(self._tell_percent)

    def render(self, shown: bool, opacity: float) -> None:  # type: ignore[override]
        """Show a state without telling it back."""
        for widget in (self._switch, self._number):
            widget.blockSignals(True)
        self._switch.setChecked(shown)
        self._number.setValue(round(100 * opacity))
        for widget in (self._switch, self._number):
            widget.blockSignals(False)
        self._slider.show_value(opacity)
        self._slider.setEnabled(shown)
        self._number.setEnabled(shown)

    @Slot(bool)
    def _tell_toggled(self, shown: bool) -> None:
        self.toggled.emit(self._layer, shown)

    @Slot(float)
    def _tell_opacity(self, opacity: float) -> None:
        self.opacityChanged.emit(self._layer, opacity)

    @Slot(int)
    def _tell_percent(self, percent: int) -> None:
        self.opacityChanged.emit(self._layer, percent / 100)


class LayersPanel(QWidget):
    """One row for each layer of the map."""

    def __init__(self, map_view: MapView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers_panel")
        self._map_view = map_view
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(section_title(self.tr("Layers")))
        card = Card()
        self._rows = {
            "points": _LayerRow(
                "points", self.tr("Points"), self.tr("The codes of the data, coloured by class")
            ),
            "grid": _LayerRow(
                "grid",
                self.tr("Decoded grid"),
                self.tr("What the model decodes at regular places: generated, not data"),
            ),
            "trail": _LayerRow(
                "trail", self.tr("Trail"), self.tr("The places where the hand came to rest")
            ),
            "noise_path": _LayerRow(
                "noise_path",
                self.tr("Noise path"),
                self.tr(
                    "Where the image in the noise lab is encoded while the amount grows from 0 to "
                    "100 % of its range, and how it moves on where it is denoised repeatedly"
                ),
            ),
            "noise_cloud": _LayerRow(
                "noise_cloud",
                self.tr("Noise cloud"),
                self.tr(
                    "Where it is encoded at this amount under many seeds; the ellipse is one "
                    "standard deviation"
                ),
            ),
            "noise_field": _LayerRow(
                "noise_field",
                self.tr("Denoising field"),
                self.tr(
                    "Arrows from where corrupted data land to where their denoised versions land, "
                    "averaged; fainter where few land"
                ),
            ),
        }
        for row in self._rows.values():
            card.add(row)
            row.toggled.connect(map_view.set_shown)
            row.opacityChanged.connect(map_view.set_opacity)
        layout.addWidget(card)
        map_view.layersChanged.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        for layer, row in self._rows.items():
            row.render(self._map_view.is_shown(layer), self._map_view.chosen_opacity(layer))
