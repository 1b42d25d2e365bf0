"""Lets the compute thread fill the matrix of models and noises in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.base.bundled import BUNDLED_MODELS, model_path
from latentlab.base.model_place import model_title
from latentlab.base.shown_name import shown_name
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.messages import Failed
from latentlab.features.noise_matrix.messages import (
    MatrixAdvanced,
    MatrixCell,
    MatrixRequest,
    MatrixRowOpened,
)
from latentlab.features.noise_matrix.store import MatrixChoice, NoiseMatrix
from latentlab.features.noise_matrix.table import MatrixLine, write_matrix
from latentlab.images.corruptions import CORRUPTIONS
from latentlab.workspace.models_at_hand import models_at_hand
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_SEED = 0


class NoiseMatrixController(QObject):
    """Between the matrix and the compute thread.

    A matrix that is complete stays when another model or other data are opened: it says of itself
    what it was measured with. One on its way is ended by other data.
    """

    refused = Signal(str)
    """Emitted with a sentence where something cannot be done."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        training: Training,
        matrix: NoiseMatrix,
        recent: Callable[[], list[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._training = training
        self._matrix = matrix
        self._recent = recent
        self._sequence = 0
        self._data = session.data
        thread.resulted.connect(self._take)
        session.modelChanged.connect(self.refresh_models)
        session.dataChanged.connect(self._on_data_changed)
        self.refresh_models()

    # --- intents -------------------------------------------------------------------------------

    @property
    def problem(self) -> str:
        """Why nothing can be computed now, in a sentence; empty where it can."""
        session = self._session
        if session.data is None or not len(session.data):
            return self.tr("Open a data set first.")
        if session.engine_status != "ready":
            return self.tr("Wait until PyTorch is loaded.")
        if self._training.status not in ("idle", "paused"):
            return self.tr("Training is running: pause or stop it first.")
        if not self._matrix.chosen_models:
            return self.tr("Choose a model first.")
        if not self._matrix.chosen_noises:
            return self.tr("Choose a noise first.")
        return ""

    @Slot()
    def refresh_models(self) -> None:
        """Look which models there are: the map's, the bundled ones, and the latest runs."""
        opened = self._session.model
        found: list[MatrixChoice] = []
        seen: set[Path] = set()
        if opened is not None:
            title = self.tr("{} (map)").format(shown_name(opened.name))
            found.append(MatrixChoice("", title))
            if opened.path is not None:
                seen |= {opened.path.absolute(), opened.path.parent.absolute()}
        for name in BUNDLED_MODELS:
            path = model_path(name).absolute()
            if path not in seen and path.is_file():
                found.append(MatrixChoice(name, name))
        found += [
            MatrixChoice(str(path), shown_name(model_title(path)))
            for path in models_at_hand(self._recent())
            if path not in seen
        ]
        self._matrix.set_models(tuple(found))

    def compute(self) -> None:
        """Fill the matrix of what is chosen."""
        if self.problem:
            self.refused.emit(self.problem)
            return
        self._sequence += 1
        assert self._session.data is not None
        self._matrix.begin(self._session.data.title)
        self._thread.request(
            MatrixRequest(
                self._session.session_epoch,
                self._sequence,
                self._session.data,
                tuple(model.name for model in self._matrix.chosen_models),
                self._matrix.chosen_noises,
                _SEED,
            )
        )

    def cancel(self) -> None:
        """End the computation; what is known stays."""
        self._sequence += 1  # what is on its way is dropped
        if self._matrix.share_done is not None:
            self._matrix.set_share_done(None)
            self._thread.request(
                MatrixRequest(self._session.session_epoch, self._sequence, None, (), (), _SEED)
            )

    def export(self, path: Path) -> None:
        """Write what is known as a table.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        matrix = self._matrix
        lines = []
        for (row, column), cell in sorted(matrix.cells.items()):
            trained = matrix.rows[row].trained_with or ("", 0.0)
            name, amount = matrix.columns[column]
            lines.append(
                MatrixLine(
                    matrix.rows[row].title,
                    *trained,
                    CORRUPTIONS[name].name,
                    amount,
                    cell.corrupted_db,
                    cell.denoised_db,
                    cell.gain_db,
                    matrix.num_images,
                    matrix.are_held_out,
                )
            )
        write_matrix(path, lines)

    # --- what changes --------------------------------------------------------------------------

    @Slot()
    def _on_data_changed(self) -> None:
        if self._session.data is not self._data:
            self._data = self._session.data
            was_computing = self._matrix.share_done is not None
            self.cancel()
            if was_computing:
                self._matrix.forget()  # half of it would never come

    # --- answers -------------------------------------------------------------------------------

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case MatrixRowOpened():
                if result.sequence == self._sequence:
                    self._matrix.open_row(result)
            case MatrixCell():
                if result.sequence == self._sequence:
                    self._matrix.add_cell(result)
            case MatrixAdvanced():
                if result.sequence == self._sequence:
                    self._matrix.set_advanced(result)
            case Failed(origin="matrix"):
                if result.sequence == self._sequence:
                    self._matrix.set_share_done(None)
                    self.refused.emit(result.sentence)
