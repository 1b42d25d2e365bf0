"""The matrix of models and noises: what is chosen, and what is known of each cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from latentlab.features.noise_matrix.messages import MatrixAdvanced, MatrixCell, MatrixRowOpened
from latentlab.images.corruptions import CORRUPTIONS

FIRST_NOISES = ("mask", "block", "gaussian", "salt-pepper", "blur")
MOST_MODELS = 12
_FIRST_MODELS = 5  # of those offered first


@dataclass(frozen=True)
class MatrixChoice:
    """A model to choose: its name for the engine, and what people read."""

    name: str
    title: str


@dataclass(frozen=True)
class MatrixRow:
    """A row of the matrix; ``is_open`` once it is known what the model was trained with."""

    title: str
    trained_with: tuple[str, float] | None = None
    problem: str = ""
    is_open: bool = False


class NoiseMatrix(QObject):
    """Store of the matrix.

    Signals
    -------
    choicesChanged
        Which models there are, or which models and noises are chosen.
    resultChanged
        A matrix has begun, or more of it is known.
    progressChanged
        How far it is.
    selectedChanged
        Another cell is looked at.
    """

    choicesChanged = Signal()
    resultChanged = Signal()
    progressChanged = Signal()
    selectedChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models: tuple[MatrixChoice, ...] = ()
        self._left_out: frozenset[str] = frozenset()
        self._seen: frozenset[str] = frozenset()
        self._amounts = {c.name: c.default_amount for c in CORRUPTIONS.values()}
        self._noises = frozenset(FIRST_NOISES)
        self._rows: tuple[MatrixRow, ...] = ()
        self._columns: tuple[tuple[str, float], ...] = ()
        self._cells: dict[tuple[int, int], MatrixCell] = {}
        self._share: float | None = None
        self._data_title = ""
        self._num_images = 0
        self._are_held_out = False
        self._selected: tuple[int, int] | None = None

    # --- choices -------------------------------------------------------------------------------

    @property
    def models(self) -> tuple[MatrixChoice, ...]:
        """The models that there are to choose."""
        return self._models

    def set_models(self, models: tuple[MatrixChoice, ...]) -> None:
        """Offer other models; of those not seen before the first few are chosen."""
        models = models[:MOST_MODELS]
        if models != self._models:
            self._left_out |= {m.name for m in models[_FIRST_MODELS:]} - self._seen
            self._seen |= {m.name for m in models}
            self._models = models
            self.choicesChanged.emit()

    def is_chosen(self, name: str) -> bool:
        """Whether a model is chosen."""
        return name not in self._left_out

    def choose_model(self, name: str, chosen: bool) -> None:
        """Choose a model, or leave it out."""
        left_out = self._left_out - {name} if chosen else self._left_out | {name}
        if left_out != self._left_out:
            self._left_out = left_out
            self.choicesChanged.emit()

    @property
    def chosen_models(self) -> tuple[MatrixChoice, ...]:
        """The chosen models, in order."""
        return tuple(model for model in self._models if self.is_chosen(model.name))

    @property
    def amounts(self) -> Mapping[str, float]:
        """The amount of each corruption, chosen or not."""
        return self._amounts

    def set_amount(self, name: str, amount: float) -> None:
        """Test with more or less of a corruption, within its range."""
        amount = CORRUPTIONS[name].limited(float(amount))
        if amount != self._amounts[name]:
            self._amounts[name] = amount
            self.choicesChanged.emit()

    def choose_noise(self, name: str, chosen: bool) -> None:
        """Test with a corruption, or not."""
        noises = self._noises | {name} if chosen else self._noises - {name}
        if noises != self._noises:
            self._noises = noises
            self.choicesChanged.emit()

    @property
    def chosen_noises(self) -> tuple[tuple[str, float], ...]:
        """(name, amount) of the chosen corruptions, in the order of the registry."""
        return tuple((n, self._amounts[n]) for n in CORRUPTIONS if n in self._noises)

    # --- result --------------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[MatrixRow, ...]:
        """The models of the matrix that is shown."""
        return self._rows

    @property
    def columns(self) -> tuple[tuple[str, float], ...]:
        """Its corruptions, (name, amount)."""
        return self._columns

    @property
    def cells(self) -> Mapping[tuple[int, int], MatrixCell]:
        """What is known, by (row, column)."""
        return self._cells

    @property
    def data_title(self) -> str:
        """What the data are called that it is measured on."""
        return self._data_title

    def forget(self) -> None:
        """Show no matrix."""
        self._rows, self._columns, self._cells = (), (), {}
        self.set_selected(None)
        self.set_share_done(None)
        self.resultChanged.emit()

    def begin(self, data_title: str) -> None:
        """Show an empty matrix of what is chosen now, and what the data are called."""
        self._data_title = data_title
        self._rows = tuple(MatrixRow(model.title) for model in self.chosen_models)
        self._columns = self.chosen_noises
        self._cells = {}
        self._num_images = 0
        self.set_selected(None)
        self.set_share_done(0.0)
        self.resultChanged.emit()

    def open_row(self, opened: MatrixRowOpened) -> None:
        """Note what a model was trained with, or why it cannot be used."""
        if 0 <= opened.row < len(self._rows):
            rows = list(self._rows)
            rows[opened.row] = replace(
                rows[opened.row],
                trained_with=opened.trained_with,
                problem=opened.problem,
                is_open=not opened.problem,
            )
            self._rows = tuple(rows)
            self.resultChanged.emit()

    def add_cell(self, cell: MatrixCell) -> None:
        """Show what a cell came to."""
        if 0 <= cell.row < len(self._rows) and 0 <= cell.column < len(self._columns):
            self._cells[(cell.row, cell.column)] = cell
            self.resultChanged.emit()

    @property
    def share_done(self) -> float | None:
        """How much of it is done, 0 to 1; ``None`` while nothing is computed."""
        return self._share

    @property
    def num_images(self) -> int:
        """How many images each cell is measured on."""
        return self._num_images

    @property
    def are_held_out(self) -> bool:
        """Whether none of the models was trained on them."""
        return self._are_held_out

    def set_advanced(self, advanced: MatrixAdvanced) -> None:
        """Note how far it is."""
        self._num_images, self._are_held_out = advanced.num_images, advanced.are_held_out
        self._share = None if advanced.complete else advanced.share
        self.progressChanged.emit()

    def set_share_done(self, share: float | None) -> None:
        """Note that the computation has begun or ended."""
        if share != self._share:
            self._share = share
            self.progressChanged.emit()

    @property
    def selected(self) -> tuple[int, int] | None:
        """(row, column) of the cell that is looked at."""
        return self._selected

    def set_selected(self, selected: tuple[int, int] | None) -> None:
        """Look at a cell, or none."""
        if selected != self._selected:
            self._selected = selected
            self.selectedChanged.emit()
