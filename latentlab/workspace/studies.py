"""Stores and controllers of the tabs that study a model and its data."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from latentlab.engine.compute_thread import ComputeThread
from latentlab.features.noise_matrix.controller import NoiseMatrixController
from latentlab.features.noise_matrix.store import NoiseMatrix
from latentlab.features.outliers.controller import OutlierController
from latentlab.features.outliers.store import Outliers
from latentlab.features.variations.controller import VariationController
from latentlab.features.variations.store import Variations
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.job_client import JobDesk
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training


class Studies(QObject):
    """Variations, outliers, and the matrix of noises."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        training: Training,
        explorer: Explorer,
        map_view: MapView,
        explore: ExploreController,
        recent: Callable[[], list[str]],
        jobs: JobDesk,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.variations = Variations(self)
        self.variation_controller = VariationController(
            thread, jobs, session, explorer, map_view, self.variations, explore, self
        )
        self.outliers = Outliers(self)
        self.outlier_controller = OutlierController(
            jobs, session, training, self.outliers, explore, self
        )
        self.noise_matrix = NoiseMatrix(self)
        self.noise_matrix_controller = NoiseMatrixController(
            thread, session, training, self.noise_matrix, recent, self
        )
