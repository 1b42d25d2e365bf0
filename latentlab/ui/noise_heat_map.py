"""The matrix of models and noises as a heat map with the gain in its cells."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from latentlab.core.corruptions import CORRUPTIONS
from latentlab.state.noise_matrix import MatrixRow, NoiseMatrixModel
from latentlab.ui.diverging_colour import diverging_colour, text_colour
from latentlab.ui.plain_text import plain_tooltip
from latentlab.ui.theme import Theme

_LEAST_SCALE_DB = 3.0  # so that a hundredth of a dB does not look like a triumph
_HEAD_PX = 41  # two lines of a title and an amount
_LEAST_ROW_PX, _MOST_ROW_PX = 32, 46
_LEAST_CELL_PX, _MOST_CELL_PX = 54, 110
_LABEL_PX = 138
_AMOUNT_PX = 13
_GAP_PX = 2
_PICTURE_ROW_PX, _PICTURE_CELL_PX, _PICTURE_LABEL_PX, _PICTURE_RATIO = 44, 112, 230, 2.0


class NoiseHeatMap(QWidget):
    """Models in rows, noises in columns; arrows and clicks choose a cell.

    Parameters
    ----------
    matrix
        What is shown, and which cell is chosen.
    theme
        Whose colours are used.
    parent
        Owner.
    """

    chosen = Signal(int, int)
    """Emitted with row and column of a cell that somebody chose."""

    def __init__(
        self, matrix: NoiseMatrixModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("noise_heat_map")
        self.setAccessibleName(self.tr("Gain in dB by model and noise"))
        self._matrix = matrix
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        matrix.resultChanged.connect(self._on_result_changed)
        matrix.selectedChanged.connect(self._on_selected_changed)
        theme.changed.connect(self.update)

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

    def _grid(self, width: int, height: int, label_px: int) -> tuple[int, int]:
        """Return (width, height) of a cell in a picture of this size."""
        columns, rows = max(1, len(self._matrix.columns)), max(1, len(self._matrix.rows))
        across = (width - label_px) // columns
        down = (height - _HEAD_PX) // rows
        return (
            min(max(across, _LEAST_CELL_PX), _MOST_CELL_PX),
            min(max(down, _LEAST_ROW_PX), _MOST_ROW_PX),
        )

    def cell_rect(self, row: int, column: int) -> QRect:
        """Return the place of a cell in the widget's coordinates."""
        across, down = self._grid(self.width(), self.height(), _LABEL_PX)
        return _cell(row, column, across, down, _LABEL_PX)

    def cell_at(self, position: QPoint) -> tuple[int, int] | None:
        """Return (row, column) at a position, ``None`` beside the cells."""
        across, down = self._grid(self.width(), self.height(), _LABEL_PX)
        if position.x() < _LABEL_PX or position.y() < _HEAD_PX:
            return None
        column = (position.x() - _LABEL_PX) // across
        row = (position.y() - _HEAD_PX) // down
        is_cell = row < len(self._matrix.rows) and column < len(self._matrix.columns)
        return (row, column) if is_cell else None

    def sizeHint(self) -> QSize:
        """Return room for all cells."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return room for all cells at their smallest."""
        columns, rows = len(self._matrix.columns), len(self._matrix.rows)
        return QSize(_LABEL_PX + columns * _LEAST_CELL_PX, _HEAD_PX + rows * _LEAST_ROW_PX)

    # --- painting ------------------------------------------------------------------------------

    @Slot()
    def _on_result_changed(self) -> None:
        self.setMinimumSize(self.minimumSizeHint())
        self._on_selected_changed()

    @Slot()
    def _on_selected_changed(self) -> None:
        selected = self._matrix.selected
        self.setAccessibleDescription("" if selected is None else self.cell_text(*selected))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint labels and cells."""
        del event
        painter = QPainter(self)
        across, down = self._grid(self.width(), self.height(), _LABEL_PX)
        self._paint(painter, across, down, _LABEL_PX)
        selected = self._matrix.selected
        if selected is not None and selected[0] < len(self._matrix.rows):
            painter.setPen(QPen(QColor(self._theme.tokens.ink), 2))
            painter.drawRect(self.cell_rect(*selected).adjusted(1, 1, -1, -1))
        painter.end()

    def picture(self) -> QImage:
        """Return the whole matrix as a picture, whatever the size of the widget."""
        columns, rows = max(1, len(self._matrix.columns)), max(1, len(self._matrix.rows))
        size = QSize(
            _PICTURE_LABEL_PX + columns * _PICTURE_CELL_PX + 12,
            _HEAD_PX + rows * _PICTURE_ROW_PX + 12,
        )
        image = QImage(size * _PICTURE_RATIO, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_PICTURE_RATIO)
        image.fill(QColor(self._theme.tokens.panel))
        painter = QPainter(image)
        painter.setFont(self.font())
        painter.translate(8, 4)
        self._paint(painter, _PICTURE_CELL_PX, _PICTURE_ROW_PX, _PICTURE_LABEL_PX)
        painter.end()
        return image

    def _paint(self, painter: QPainter, across: int, down: int, label_px: int) -> None:
        tokens = self._theme.tokens
        normal = QFont(self.font())
        small = QFont(normal)
        small.setPixelSize(10)
        bold = QFont(normal)
        bold.setBold(True)
        ink, muted = QColor(tokens.ink), QColor(tokens.muted)
        centre = int(Qt.AlignmentFlag.AlignCenter)
        for column, (name, amount) in enumerate(self._matrix.columns):
            head = QRect(label_px + column * across, 0, across - _GAP_PX, _HEAD_PX - 3)
            upper = head.adjusted(0, 0, 0, -_AMOUNT_PX)
            _write_wrapped(painter, upper, CORRUPTIONS[name].title, small, ink)
            lower = head.adjusted(0, head.height() - _AMOUNT_PX, 0, 0)
            _write(painter, lower, f"{amount:g}", small, muted, centre)
        scale = self._scale_db()
        side = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for row, model in enumerate(self._matrix.rows):
            label = QRect(0, _HEAD_PX + row * down, label_px - 10, down - _GAP_PX)
            upper = label.adjusted(0, -1, 0, -_AMOUNT_PX)
            lower = label.adjusted(0, label.height() - _AMOUNT_PX - 1, 0, -1)
            _write(painter, upper, model.title, normal, ink, side)
            tone = QColor(tokens.bad) if model.problem else muted
            _write(painter, lower, self.trained_text(model), small, tone, side)
            for column in range(len(self._matrix.columns)):
                area = _cell(row, column, across, down, label_px)
                cell = self._matrix.cells.get((row, column))
                fill = QColor(tokens.raised)
                pen = muted
                if cell is not None and not math.isnan(cell.gain_db):
                    is_dark = QColor(tokens.background).lightness() < 128
                    fill = diverging_colour(cell.gain_db / scale, is_dark=is_dark)
                    pen = text_colour(fill)
                painter.fillRect(area, fill)
                _write(painter, area, self.gain_text(row, column), bold, pen, centre)

    def _scale_db(self) -> float:
        gains = [abs(cell.gain_db) for cell in self._matrix.cells.values()]
        return max([_LEAST_SCALE_DB, *(gain for gain in gains if math.isfinite(gain))])

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
        across, down = self._grid(self.width(), self.height(), _LABEL_PX)
        row = (position.y() - _HEAD_PX) // down
        if position.x() < _LABEL_PX and 0 <= row < len(self._matrix.rows):
            model = self._matrix.rows[row]
            return f"{model.title}: {model.problem or self.trained_text(model)}"
        column = (position.x() - _LABEL_PX) // across
        if position.y() < _HEAD_PX and 0 <= column < len(self._matrix.columns):
            name, amount = self._matrix.columns[column]
            kind = CORRUPTIONS[name]
            return f"{kind.title} {amount:g}: {kind.amount_meaning}"
        return ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a cell."""
        place = self.cell_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.chosen.emit(*place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrows."""
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        step = steps.get(Qt.Key(event.key()))
        rows, columns = len(self._matrix.rows), len(self._matrix.columns)
        if step is None or not rows or not columns:
            super().keyPressEvent(event)
            return
        row, column = self._matrix.selected or (0, 0)
        if self._matrix.selected is not None:
            row, column = row + step[0], column + step[1]
        self.chosen.emit(min(max(row, 0), rows - 1), min(max(column, 0), columns - 1))


def _cell(row: int, column: int, across: int, down: int, label_px: int) -> QRect:
    return QRect(
        label_px + column * across, _HEAD_PX + row * down, across - _GAP_PX, down - _GAP_PX
    )


def _write(
    painter: QPainter, area: QRect, text: str, font: QFont, colour: QColor, flags: int
) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(QRectF(area), flags, shown)


def _write_wrapped(painter: QPainter, area: QRect, text: str, font: QFont, colour: QColor) -> None:
    """Write a title in two lines where one is too short."""
    painter.setFont(font)
    painter.setPen(colour)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
    painter.drawText(QRectF(area), int(flags) | int(Qt.TextFlag.TextWordWrap), text)
