"""What a feature's panel gets from the window."""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.job_client import JobDesk
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training


@dataclass(frozen=True)
class Workbench:
    """Stores that features share, what moves the cursor, and where jobs are asked for."""

    session: Session
    training: Training
    explorer: Explorer
    map_view: MapView
    explore: ExploreController
    jobs: JobDesk
