"""NOISE MATRIX: which noise the models know, and which they do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from latentlab.features.noise_matrix.choices import ModelChoice, NoiseChoice
from latentlab.features.noise_matrix.controller import NoiseMatrixController
from latentlab.features.noise_matrix.heat_map import NoiseHeatMap
from latentlab.features.noise_matrix.store import NoiseMatrix
from latentlab.widgets.dialogs.open_dialog import ask_where_to_save
from latentlab.widgets.images.image_grid import ImageGrid
from latentlab.widgets.images.picture_to_file import save_png
from latentlab.widgets.style.section import label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.meter import Meter
from latentlab.widgets.text.outcome_label import OutcomeLabel
from latentlab.widgets.text.plain_text import plain_tooltip
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_CONTROLS_PX = 196
_EXAMPLES_PX = 184


class NoiseMatrixPanel(QWidget):
    """Choices, the heat map, and examples of the chosen cell."""

    def __init__(
        self,
        session: Session,
        training: Training,
        matrix: NoiseMatrix,
        controller: NoiseMatrixController,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("noise_matrix_panel")
        self._matrix = matrix
        self._controller = controller
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(16)
        row.addWidget(self._make_controls(theme))
        row.addWidget(self._make_middle(theme), 1)
        self._examples_column = self._make_examples()
        row.addWidget(self._examples_column)
        matrix.choicesChanged.connect(self._render)
        matrix.progressChanged.connect(self._render)
        matrix.resultChanged.connect(self._render)
        matrix.resultChanged.connect(self._render_examples)
        matrix.selectedChanged.connect(self._render_examples)
        for changed in (
            session.dataChanged,
            session.modelChanged,
            session.engineChanged,
            training.statusChanged,
        ):
            changed.connect(self._render)
        controller.refused.connect(self._said.refuse)
        self._render()
        self._render_examples()

    # --- construction --------------------------------------------------------------------------

    def _make_controls(self, theme: Theme) -> QWidget:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setSpacing(6)
        grid.addWidget(ModelChoice(self._matrix), 0, 0)
        grid.addWidget(NoiseChoice(self._matrix), 0, 1)
        self._compute = QPushButton()
        self._compute.setObjectName("compute_matrix")
        self._compute.clicked.connect(self._compute_or_cancel)
        grid.addWidget(self._compute, 1, 0, 1, 2)
        self._csv = self._button(
            "export_matrix_csv", self.tr("CSV…"), self.tr("Export the matrix as a CSV table")
        )
        self._csv.clicked.connect(self._ask_for_csv)
        self._png = self._button(
            "export_matrix_png", self.tr("PNG…"), self.tr("Export the matrix as a picture")
        )
        self._png.clicked.connect(self._ask_for_png)
        grid.addWidget(self._csv, 2, 0)
        grid.addWidget(self._png, 2, 1)
        self._meter = Meter(self.tr("Progress"), theme)
        grid.addWidget(self._meter, 3, 0, 1, 2)
        self._measured = label(tone="muted", size="small", wrap=True)
        self._measured.setObjectName("matrix_measured")
        grid.addWidget(self._measured, 4, 0, 1, 2)
        self._said = OutcomeLabel("matrix_said")
        grid.addWidget(self._said, 5, 0, 1, 2)
        grid.setRowStretch(6, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedWidth(_CONTROLS_PX)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        return area

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        return button

    def _make_middle(self, theme: Theme) -> QWidget:
        content = QWidget()
        self._pages = QStackedLayout(content)
        self._nothing = label(tone="muted", wrap=True)
        self._nothing.setObjectName("matrix_nothing")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._nothing)
        column.addStretch(1)
        self._pages.addWidget(page)
        self._heat_map = NoiseHeatMap(self._matrix, theme)
        self._heat_map.cellChosen.connect(self._choose)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._heat_map)
        self._pages.addWidget(area)
        return content

    def _make_examples(self) -> QWidget:
        content = QWidget()
        content.setFixedWidth(_EXAMPLES_PX)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._example_title = ElidedLabel(size="small")
        self._example_title.setObjectName("matrix_example_title")
        column.addWidget(self._example_title)
        self._sheet = ImageGrid(
            self.tr("Examples: clean, corrupted and denoised from top to bottom"),
            crisp=False,
            copies_all=True,
        )
        self._sheet.setObjectName("matrix_examples")
        column.addWidget(self._sheet, 1)
        self._figures = ElidedLabel("muted", "small")
        self._figures.setObjectName("matrix_figures")
        column.addWidget(self._figures)
        return content

    # --- intents -------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look which models there are by now."""
        super().showEvent(event)
        self._controller.refresh_models()

    @Slot()
    def _compute_or_cancel(self) -> None:
        self._said.forget()
        if self._matrix.share_done is None:
            self._controller.compute()
        else:
            self._controller.cancel()

    @Slot(int, int)
    def _choose(self, row: int, column: int) -> None:
        self._matrix.set_selected((row, column))

    @Slot()
    def _ask_for_csv(self) -> None:
        kind = (self.tr("Tables"), ".csv")
        if path := ask_where_to_save(self, self.tr("Export the matrix"), "noise matrix.csv", kind):
            self.export_csv(Path(path))

    @Slot()
    def _ask_for_png(self) -> None:
        kind = (self.tr("Pictures"), ".png")
        if path := ask_where_to_save(self, self.tr("Export the matrix"), "noise matrix.png", kind):
            self.export_png(Path(path))

    def export_csv(self, path: Path) -> None:
        """Write the matrix as a table, and say how that went."""
        self._said.write(path, self._controller.export)

    def export_png(self, path: Path) -> None:
        """Write the matrix as a picture, and say how that went."""
        self._said.write(path, self._save_picture)

    def _save_picture(self, path: Path) -> None:
        save_png(path, self._heat_map.picture())

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _render(self) -> None:
        matrix, share = self._matrix, self._matrix.share_done
        problem = self._controller.problem
        text = self.tr("Compute") if share is None else self.tr("Cancel")
        self._compute.setText(text)
        self._compute.setAccessibleName(text)
        self._compute.setEnabled(share is not None or not problem)
        self._compute.setToolTip(
            self.tr("End the computation; what is known stays")
            if share is not None
            else problem or self.tr("Let each model denoise held-out images under each noise")
        )
        self._meter.set_share(share or 0.0, "accent")
        self._meter.setVisible(share is not None)
        for button in (self._csv, self._png):
            button.setEnabled(bool(matrix.cells))
        self._pages.setCurrentIndex(1 if matrix.rows else 0)
        self._nothing.setText(
            problem
            or self.tr(
                "Lets each chosen model denoise images under each chosen noise: rows are what a "
                "model was trained with, columns what it is tested with, cells by how many dB the "
                "pictures come closer to the clean ones. Training with a noise mostly helps "
                "against that noise."
            )
        )
        self._measured.setText(self._measured_text())

    def _measured_text(self) -> str:
        if not self._matrix.rows or not self._matrix.num_images:
            return ""
        if self._matrix.are_held_out:
            text = self.tr("PSNR gain in dB on {0:,} held-out images of {1}")
        else:
            text = self.tr("PSNR gain in dB on {0:,} images of {1}, trained ones among them")
        return text.format(self._matrix.num_images, self._matrix.data_title)

    @Slot()
    def _render_examples(self) -> None:
        place = self._matrix.selected
        cell = None if place is None else self._matrix.cells.get(place)
        self._examples_column.setVisible(bool(self._matrix.rows))
        if cell is None or place is None:
            self._sheet.set_images(None)
            self._example_title.setText(
                self.tr("Click a cell to see examples.") if place is None else ""
            )
            self._figures.setText("")
            return
        whole = self._heat_map.cell_text(*place)
        self._example_title.setText(self.tr("clean · corrupted · denoised"))
        self._example_title.setToolTip(plain_tooltip(whole))
        images = np.concatenate([cell.clean, cell.corrupted, cell.denoised])
        count = len(cell.clean)
        kinds = (self.tr("clean"), self.tr("corrupted"), self.tr("denoised"))
        tips = [self.tr("{0}, image {1}").format(k, i + 1) for k in kinds for i in range(count)]
        self._sheet.set_columns(count)
        self._sheet.set_images(images, tips)
        self._figures.setText(
            self.tr("{0:.1f} → {1:.1f} dB: {2} dB").format(
                cell.corrupted_db, cell.denoised_db, self._heat_map.gain_text(*place)
            )
        )
        self._figures.setToolTip(plain_tooltip(whole))
