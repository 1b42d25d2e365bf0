"""The matrix of models and noises as a heat map with the gain in its cells."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from latentlab.features.noise_matrix.diverging_colour import diverging_colour, text_colour
from latentlab.features.noise_matrix.store import MatrixRow, NoiseMatrix
from latentlab.images.corruptions import CORRUPTIONS
from latentlab.widgets.plots.cell_words import GAP_PX
from latentlab.widgets.plots.plot import Plot
from latentlab.widgets.plots.plot_parts import Cells, Label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.plain_text import plain_tooltip

_MIN_SCALE_DB = 3.0  # so that a hundredth of a dB does not look like a triumph
_HEAD_PX = 41  # two lines of a title and an amount
_LABEL_PX = 138
_FRAME_PX = 1  # of the focus
_MIN_ROW_PX, _MAX_ROW_PX = 32, 46
_MIN_CELL_PX, _MAX_CELL_PX = 54, 110
_PICTURE_ROW_PX, _PICTURE_CELL_PX, _PICTURE_LABEL_PX = 44, 112, 230
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class NoiseHeatMap(Plot):
    """Models in rows, noises in columns; arrows and clicks choose a cell.

    Parameters
    ----------
    matrix
        What is shown, and which cell is chosen.
    theme
        Whose colours are used.
    parent
        Owner.
    for_picture
        Whether it is made for a file: with room for long names and without a selection.
    """

    cellChosen = Signal(int, int)
    """Emitted with row and column of a cell that somebody chose."""

    def __init__(
        self,
        matrix: NoiseMatrix,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        for_picture: bool = False,
    ) -> None:
        self._label_px = _PICTURE_LABEL_PX if for_picture else _LABEL_PX
        super().__init__(theme, "", margins=(self._label_px, _HEAD_PX, 0, 0), parent=parent)
        self.setObjectName("noise_heat_map")
        self.setAccessibleName(self.tr("Gain in dB by model and noise"))
        self.setFont(QApplication.font())
        self._matrix = matrix
        self._for_picture = for_picture
        if for_picture:
            self.resize(self.focus_rect().size())
            self._render()
            return
        matrix.resultChanged.connect(self._on_result_changed)
        matrix.selectedChanged.connect(self._render)
        theme.changed.connect(self._render)

    # --- texts ---------------------------------------------------------------------------------

    def trained_text(self, row: MatrixRow) -> str:
        """Return what a model was trained with, in words."""
        if row.problem:
            return self.tr("cannot be opened")
        if not row.is_open:
            return "…"
        if row.trained_with is None:
            return self.tr("trained on clean images")
        name, amount = row.trained_with
        title = CORRUPTIONS[name].title if name in CORRUPTIONS else name
        return self.tr("trained with: {0} {1:g}").format(title.lower(), amount)

    def gain_text(self, row: int, column: int) -> str:
        """Return what is written in a cell."""
        cell = self._matrix.cells.get((row, column))
        if cell is None:
            return "" if self._matrix.rows[row].problem else "…"
        gain = cell.gain_db
        if math.isnan(gain):
            return "–"
        if math.isinf(gain):
            return "∞"
        return f"{gain:+.1f}".replace("-", "−")

    def cell_text(self, row: int, column: int) -> str:
        """Return what is known of a cell, in words."""
        name, amount = self._matrix.columns[column]
        model = self._matrix.rows[row]
        where = self.tr("{0}, {1} · tested with {2} {3:g}").format(
            model.title, self.trained_text(model), CORRUPTIONS[name].title.lower(), amount
        )
        if model.problem:
            return f"{model.title}: {model.problem}"
        cell = self._matrix.cells.get((row, column))
        if cell is None:
            return where
        figures = self.tr("{0:.2f} dB corrupted, {1:.2f} dB denoised: {2} dB").format(
            cell.corrupted_db, cell.denoised_db, self.gain_text(row, column)
        )
        return f"{where}\n{figures}"

    # --- geometry ------------------------------------------------------------------------------

    def _cell_size(self) -> QSize:
        """Return the size of a cell with its gap."""
        if self._for_picture:
            return QSize(_PICTURE_CELL_PX, _PICTURE_ROW_PX)
        columns, rows = max(1, len(self._matrix.columns)), max(1, len(self._matrix.rows))
        across = (self.width() - 2 * _FRAME_PX - _LABEL_PX) // columns
        down = (self.height() - 2 * _FRAME_PX - _HEAD_PX) // rows
        return QSize(
            min(max(across, _MIN_CELL_PX), _MAX_CELL_PX), min(max(down, _MIN_ROW_PX), _MAX_ROW_PX)
        )

    def canvas_rect(self) -> QRect:
        """Return the room of cells and labels, which is not all of it where there are few."""
        columns, rows = max(1, len(self._matrix.columns)), max(1, len(self._matrix.rows))
        cell = self._cell_size()
        width, height = columns * cell.width(), rows * cell.height()
        return QRect(_FRAME_PX, _FRAME_PX, self._label_px + width, _HEAD_PX + height)

    def focus_rect(self) -> QRect:
        """Return the frame around cells and labels."""
        return self.canvas_rect().adjusted(-_FRAME_PX, -_FRAME_PX, _FRAME_PX, _FRAME_PX)

    def cell_rect(self, row: int, column: int) -> QRect:
        """Return the place of a cell in the widget's coordinates."""
        cell = self._cell_size()
        place = QPoint(self._label_px + column * cell.width(), _HEAD_PX + row * cell.height())
        return QRect(place + QPoint(_FRAME_PX, _FRAME_PX), cell - QSize(GAP_PX, GAP_PX))

    def _place_at(self, position: QPoint) -> tuple[int, int]:
        """Return row and column at a position, -1 in the labels."""
        cell = self._cell_size()
        return (
            (position.y() - _FRAME_PX - _HEAD_PX) // cell.height(),
            (position.x() - _FRAME_PX - self._label_px) // cell.width(),
        )

    def cell_at(self, position: QPoint) -> tuple[int, int] | None:
        """Return (row, column) at a position, ``None`` beside the cells."""
        row, column = self._place_at(position)
        is_cell = 0 <= row < len(self._matrix.rows) and 0 <= column < len(self._matrix.columns)
        return (row, column) if is_cell else None

    def sizeHint(self) -> QSize:
        """Return room for all cells."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return room for all cells at their smallest."""
        columns, rows = len(self._matrix.columns), len(self._matrix.rows)
        frame = QSize(2 * _FRAME_PX, 2 * _FRAME_PX)
        return frame + QSize(_LABEL_PX + columns * _MIN_CELL_PX, _HEAD_PX + rows * _MIN_ROW_PX)

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _on_result_changed(self) -> None:
        self.setMinimumSize(self.minimumSizeHint())
        self._place_canvas()
        self._render()

    @Slot()
    def _render(self) -> None:
        matrix = self._matrix
        selected = matrix.selected
        self.set_description("" if selected is None else self.cell_text(*selected))
        fills = [
            [self._fill(row, column) for column in range(len(matrix.columns))]
            for row in range(len(matrix.rows))
        ]
        texts = [
            [self.gain_text(row, column) for column in range(len(matrix.columns))]
            for row in range(len(matrix.rows))
        ]
        muted = self._theme.tokens.muted
        inks = [
            [muted if fill is None else text_colour(fill).name() for fill in line] for line in fills
        ]
        raised = QColor(self._theme.tokens.raised)
        colours = [[_rgb(fill or raised) for fill in line] for line in fills]
        self.set_cells(
            Cells(
                np.array(colours, np.uint8).reshape(len(matrix.rows), len(matrix.columns), 3),
                tuple(map(tuple, texts)),
                tuple(map(tuple, inks)),
                tuple(
                    Label(model.title, self.trained_text(model), bool(model.problem))
                    for model in matrix.rows
                ),
                tuple(
                    Label(CORRUPTIONS[name].title, f"{amount:g}") for name, amount in matrix.columns
                ),
                None if self._for_picture else selected,
            )
        )

    def has_content(self) -> bool:
        """Return whether there are cells."""
        return bool(self._matrix.rows and self._matrix.columns)

    def _fill(self, row: int, column: int) -> QColor | None:
        """Return the colour of a cell, ``None`` where no gain is known."""
        cell = self._matrix.cells.get((row, column))
        if cell is None or math.isnan(cell.gain_db):
            return None
        return diverging_colour(cell.gain_db / self._scale_db(), is_dark=self._theme.is_dark)

    def _scale_db(self) -> float:
        gains = [abs(cell.gain_db) for cell in self._matrix.cells.values()]
        return max([_MIN_SCALE_DB, *(gain for gain in gains if math.isfinite(gain))])

    def picture(self, ratio: float = 2.0) -> QImage:
        """Return the whole matrix as a picture, whatever the size of the widget."""
        whole = NoiseHeatMap(self._matrix, self._theme, for_picture=True)
        try:
            return Plot.picture(whole, ratio)
        finally:
            whole.deleteLater()

    # --- input ---------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Show the tip of the cell or row under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tooltip(self._tip(event.pos())), self)
            return True
        return super().event(event)

    def _tip(self, position: QPoint) -> str:
        place = self.cell_at(position)
        if place is not None:
            return self.cell_text(*place)
        row, column = self._place_at(position)
        if column < 0 <= row < len(self._matrix.rows):
            model = self._matrix.rows[row]
            return f"{model.title}: {model.problem or self.trained_text(model)}"
        if row < 0 <= column < len(self._matrix.columns):
            name, amount = self._matrix.columns[column]
            kind = CORRUPTIONS[name]
            return f"{kind.title} {amount:g}: {kind.amount_meaning}"
        return ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a cell."""
        place = self.cell_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.cellChosen.emit(*place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrows."""
        step = _STEPS.get(Qt.Key(event.key()))
        rows, columns = len(self._matrix.rows), len(self._matrix.columns)
        if step is None or not rows or not columns:
            super().keyPressEvent(event)
            return
        row, column = self._matrix.selected or (0, 0)
        if self._matrix.selected is not None:
            row, column = row + step[0], column + step[1]
        self.cellChosen.emit(min(max(row, 0), rows - 1), min(max(column, 0), columns - 1))


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()
