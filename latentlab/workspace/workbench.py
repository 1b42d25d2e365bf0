"""What a feature's panel gets from the window."""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.services.explore_controller import ExploreController
from latentlab.state.explorer import ExplorerModel
from latentlab.state.map_view import MapViewModel
from latentlab.state.session import SessionModel
from latentlab.state.training import TrainingModel
from latentlab.workspace.job_client import JobDesk


@dataclass(frozen=True)
class Workbench:
    """Stores that features share, what moves the cursor, and where jobs are asked for."""

    session: SessionModel
    training: TrainingModel
    explorer: ExplorerModel
    map_view: MapViewModel
    explore: ExploreController
    jobs: JobDesk
