"""Stores and controllers of the tabs that study a model and its data."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from latentlab.services.engine.compute_thread import ComputeThread
from latentlab.services.explore_controller import ExploreController
from latentlab.services.noise_matrix_controller import NoiseMatrixController
from latentlab.services.outlier_controller import OutlierController
from latentlab.services.variation_controller import VariationController
from latentlab.state.explorer import ExplorerModel
from latentlab.state.map_view import MapViewModel
from latentlab.state.noise_matrix import NoiseMatrixModel
from latentlab.state.outliers import OutliersModel
from latentlab.state.session import SessionModel
from latentlab.state.training import TrainingModel
from latentlab.state.variations import VariationsModel
from latentlab.workspace.job_client import JobDesk


class Studies(QObject):
    """Variations, outliers, and the matrix of noises."""

    def __init__(
        self,
        thread: ComputeThread,
        session: SessionModel,
        training: TrainingModel,
        explorer: ExplorerModel,
        map_view: MapViewModel,
        explore: ExploreController,
        recent: Callable[[], list[str]],
        jobs: JobDesk,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.variations = VariationsModel(self)
        self.variation_controller = VariationController(
            thread, session, explorer, map_view, self.variations, explore, self
        )
        self.outliers = OutliersModel(self)
        self.outlier_controller = OutlierController(
            jobs, session, training, self.outliers, explore, self
        )
        self.noise_matrix = NoiseMatrixModel(self)
        self.noise_matrix_controller = NoiseMatrixController(
            thread, session, training, self.noise_matrix, recent, self
        )
