"""PROPERTIES: what can be measured in each image, as a table and as colours of the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from latentlab.features.properties import MEASURING
from latentlab.features.properties.measure import NAMES, PROPERTIES
from latentlab.images.table_file import identity_columns, write_table
from latentlab.latent.point_colouring import point_colouring
from latentlab.widgets.dialogs.open_dialog import ask_where_to_save
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.number_table import Column, NumberTable
from latentlab.widgets.style.section import label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.meter import Meter
from latentlab.widgets.text.outcome_label import OutcomeLabel
from latentlab.workspace.workbench import Workbench

_CONTROLS_PX = 224


class PropertiesPanel(QWidget):
    """A table that is linked with the map, and the choice of what colours its points."""

    def __init__(self, bench: Workbench, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("properties_panel")
        self._bench = bench
        self._client = bench.jobs.client(MEASURING)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(16)
        row.addWidget(self._make_controls(theme))
        columns = [Column(self.tr("Image"), self.tr("Number of the image, from 0"))]
        columns += [Column(one.title, one.sentence, one.decimals) for one in PROPERTIES]
        self._table = NumberTable(self.tr("Properties of the images"), columns)
        self._table.setObjectName("properties_table")
        self._table.chosen.connect(self._select)
        row.addWidget(self._table, 1)
        self._client.changed.connect(self._render)
        bench.explorer.selectedChanged.connect(self._render_selected)
        bench.map_view.colouringChanged.connect(self._render_colour)
        self._client.follow(self._data)
        self._render()

    def _make_controls(self, theme: Theme) -> QWidget:
        content = QWidget()
        content.setFixedWidth(_CONTROLS_PX)
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setVerticalSpacing(6)
        self._colour = FlatComboBox()
        self._colour.setObjectName("properties_colour")
        self._colour.setAccessibleName(self.tr("Colour the map by"))
        self._colour.setToolTip(self.tr("What the colours of the points on the map stand for"))
        self._colour.addItem(self.tr("Class"), None)
        for one in PROPERTIES:
            self._colour.addItem(one.title, one.name)
        self._colour.activated.connect(self._choose_colour)
        grid.addWidget(label(self.tr("Colour by")), 0, 0)
        grid.addWidget(self._colour, 0, 1)
        self._export = QPushButton(self.tr("Export…"))
        self._export.setObjectName("export_properties")
        self._export.setAccessibleName(self.tr("Export the properties as CSV"))
        self._export.setToolTip(self.tr("Write one row for each image to a CSV file"))
        self._export.clicked.connect(self._ask_where)
        grid.addWidget(self._export, 1, 0, 1, 2)
        self._meter = Meter(self.tr("Progress"), theme)
        grid.addWidget(self._meter, 2, 0, 1, 2)
        self._state = ElidedLabel("muted", "small")
        self._state.setObjectName("properties_state")
        grid.addWidget(self._state, 3, 0, 1, 2)
        self._said = OutcomeLabel("properties_said")
        grid.addWidget(self._said, 4, 0, 1, 2)
        grid.setRowStretch(5, 1)
        return content

    def _data(self) -> object:
        return self._bench.session.data

    # --- intents -------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Measure what is not measured yet."""
        super().showEvent(event)
        self._client.set_shown(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Let the work rest while nobody looks."""
        super().hideEvent(event)
        self._client.set_shown(False)

    @Slot(int)
    def _choose_colour(self, place: int) -> None:
        name, found = self._colour.itemData(place), self._client.answer
        if name is None or found is None:
            self._bench.map_view.set_colouring(None)
            return
        one = PROPERTIES[NAMES.index(name)]
        values = np.ascontiguousarray(found[:, NAMES.index(name)])
        self._bench.map_view.set_colouring(point_colouring(one.title, one.unit, values))

    @Slot(int)
    def _select(self, image: int) -> None:
        self._bench.explore.select(image)
        self._bench.explore.rest()

    @Slot()
    def _ask_where(self) -> None:
        kind = (self.tr("Tables"), ".csv")
        title = self.tr("Export the properties")
        if path := ask_where_to_save(self, title, "properties.csv", kind):
            self.export(Path(path))

    def export(self, path: Path) -> None:
        """Write the properties of all images to a file, and say how that went."""
        data, found = self._bench.session.data, self._client.answer
        if data is not None and found is not None:
            columns = identity_columns(data) | dict(zip(NAMES, found.T, strict=True))
            self._said.write(path, lambda place: write_table(place, columns))

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _render(self) -> None:
        client, found = self._client, self._client.answer
        self._meter.setVisible(client.state == "running")
        self._meter.set_share(client.share, "accent")
        self._export.setEnabled(found is not None)
        self._colour.setEnabled(found is not None)
        if client.state == "failed":
            self._said.refuse(client.problem)
        else:
            self._said.forget()
        texts = {
            "running": self.tr("Measuring all images… {:.0f} %").format(100 * client.share),
            "done": self.tr("{:,} images").format(0 if found is None else len(found)),
            "idle": self.tr("Open a data set first."),
        }
        self._state.setText(texts.get(client.state, ""))
        if found is None:
            self._table.set_values(np.empty((0, len(NAMES) + 1)))
            self._bench.map_view.set_colouring(None)
        else:
            self._table.set_values(np.column_stack([np.arange(len(found)), found]))
            self._render_selected()

    @Slot()
    def _render_selected(self) -> None:
        self._table.show_image(self._bench.explorer.selected)

    @Slot()
    def _render_colour(self) -> None:
        colouring = self._bench.map_view.colouring
        title = None if colouring is None else colouring.title
        names = {one.title: one.name for one in PROPERTIES}
        self._colour.setCurrentIndex(max(0, self._colour.findData(names.get(title or ""))))
