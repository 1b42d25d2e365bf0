"""Lets the compute thread measure how unusual all images are, and keeps what it finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.features.outliers.messages import FINDING, OutlierOptions
from latentlab.features.outliers.store import Outliers
from latentlab.features.outliers.table import outlier_columns
from latentlab.images.table_file import write_table
from latentlab.models.family.described_model import run_spec
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.job_client import JobDesk
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training


class OutlierController(QObject):
    """Between the tab of outliers and the compute thread.

    Scores are of one model and one data set: with another of either they are forgotten.
    """

    refused = Signal(str)
    """Emitted with a sentence where something cannot be done."""

    def __init__(
        self,
        jobs: JobDesk,
        session: Session,
        training: Training,
        outliers: Outliers,
        explore: ExploreController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._finding = jobs.client(FINDING)
        self._session = session
        self._training = training
        self._outliers = outliers
        self._explore = explore
        self._finding.changed.connect(self._on_finding_changed)
        session.dataChanged.connect(self._on_data_changed)
        training.statusChanged.connect(self._on_training_changed)

    # --- intents -------------------------------------------------------------------------------

    @property
    def problem(self) -> str:
        """Why nothing can be computed now, in a sentence; empty where it can."""
        session = self._session
        if session.data is None or not len(session.data):
            return self.tr("Open a data set first.")
        if session.model is None or session.engine_status != "ready":
            return self.tr("Wait until a model is open.")
        if self._training.status not in ("idle", "paused"):
            return self.tr("Training is running: pause or stop it first.")
        return ""

    def compute(self) -> None:
        """Measure all images with the open model."""
        if self.problem:
            self.refused.emit(self.problem)
            return
        data = self._session.data
        assert data is not None
        held_out = self._held_out()
        everything = np.arange(len(data))
        training = everything if held_out is None else np.setdiff1d(everything, held_out)
        self._finding.ask(OutlierOptions(data, training))

    def cancel(self) -> None:
        """End the computation."""
        if self._finding.state == "running":
            self._finding.cancel()

    def select(self, place: int) -> None:
        """Select the image at a place of the ranking, and put the cursor on its code."""
        order = self._outliers.order
        if 0 <= place < len(order):
            self._explore.select(int(order[place]))
            self._explore.rest()

    def export(self, path: Path) -> None:
        """Write the shown images as a table.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        found = self._outliers.found
        if found is not None:
            columns = outlier_columns(
                found.data,
                found.scores,
                self._outliers.order,
                held_out=self._outliers.held_out,
                num_above=self._outliers.num_above,
            )
            write_table(path, columns)

    # --- what changes --------------------------------------------------------------------------

    @Slot()
    def _on_data_changed(self) -> None:
        self._outliers.set_abnormal(None)

    @Slot()
    def _on_training_changed(self) -> None:
        # The weights are about to change, or have changed.
        if self._training.status == "running":
            self._finding.cancel()

    @Slot()
    def _on_finding_changed(self) -> None:
        finding = self._finding
        self._outliers.set_share_done(finding.share if finding.state == "running" else None)
        if finding.answer is not self._outliers.found:
            held_out = None if finding.answer is None else self._held_out()
            self._outliers.set_found(finding.answer, held_out)
        if finding.state == "failed":
            self.refused.emit(finding.problem)

    def _held_out(self) -> NDArray[np.int64] | None:
        """Return the images that the model was not trained on, ``None`` if it knows none."""
        model, data = self._session.model, self._session.data
        if model is None or data is None or not model.knows_data:
            return None
        spec = run_spec(model.document)
        return None if spec is None else data.held_out(spec.held_out)
