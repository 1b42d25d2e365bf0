"""Everything behind the window, made and joined in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Slot

from latentlab.base.bundled import DEFAULT_DATA, DEFAULT_MODEL, model_path
from latentlab.base.errors import LatentLabError
from latentlab.base.trace import Tracer
from latentlab.data.catalog import is_data, open_data
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.messages import ModelOpened, OpenModelCommand, UseDataCommand
from latentlab.features.downloads.controller import DownloadController
from latentlab.features.grid.controller import GridController
from latentlab.features.importing.controller import ImportController
from latentlab.features.importing.import_thread import ImportThread
from latentlab.features.importing.store import Importing
from latentlab.features.noise_lab.controller import NoiseController
from latentlab.features.noise_lab.store import NoiseLab
from latentlab.features.noise_map.controller import NoiseMapController
from latentlab.features.noise_map.store import NoiseMap
from latentlab.features.query_image.controller import PictureController
from latentlab.features.training.controller import TrainingController
from latentlab.features.traversal.controller import TraversalController
from latentlab.features.view.controller import ViewController
from latentlab.latent.neighbours import NeighbourIndex
from latentlab.models.family.described_model import check_plausible
from latentlab.models.model_file import read_model_header
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.garbage import GarbageCollector
from latentlab.workspace.job_client import JobDesk
from latentlab.workspace.map_view import MapView
from latentlab.workspace.preview import read_preview
from latentlab.workspace.session import Session
from latentlab.workspace.session_controller import SessionController
from latentlab.workspace.settings import Settings
from latentlab.workspace.studies import Studies
from latentlab.workspace.trail import Trail
from latentlab.workspace.training_state import Training
from latentlab.workspace.workbench import Workbench


@dataclass(frozen=True)
class Stores:
    """The observable state that a window renders."""

    session: Session
    explorer: Explorer
    map_view: MapView
    trail: Trail
    training: Training
    importing: Importing
    noise_map: NoiseMap
    noise_lab: NoiseLab


@dataclass(frozen=True)
class Controllers:
    """Where a window sends what the user wants."""

    session: SessionController
    explore: ExploreController
    view: ViewController
    training: TrainingController
    picture: PictureController
    imports: ImportController
    downloads: DownloadController
    studies: Studies
    noise: NoiseController
    noise_map: NoiseMapController
    bench: Workbench
    touch: Callable[[], None]
    idle_s: Callable[[], float]
    close: Callable[[], None]


class Lab(QObject):
    """Stores, controllers and the compute thread of one window.

    Parameters
    ----------
    tracer
        Records timings.
    settings
        Where geometry, theme and recent files are kept.
    """

    def __init__(self, tracer: Tracer, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.session = Session(self)
        self.explorer = Explorer(self)
        self.map_view = MapView(self)
        self.trail = Trail(self)
        self.training = Training(self)
        self.importing = Importing(self)
        self.noise_map = NoiseMap(self)
        self.noise_lab = NoiseLab(self)
        self.compute = ComputeThread(tracer, self)
        # The session's controller takes results first: the others look at what is open.
        self.session_controller = SessionController(
            self.compute,
            self.session,
            self.explorer,
            self.map_view,
            self.training,
            self.settings,
            self,
        )
        self.training_controller = TrainingController(
            self.compute, self.session, self.training, self.map_view, self
        )
        self.explore_controller = ExploreController(
            self.compute, self.session, self.explorer, self.map_view, self.trail, self
        )
        self.picture_controller = PictureController(
            self.compute, self.session, self.explorer, self.map_view, self.explore_controller, self
        )
        # Before the grid's: a new model first gets its plane.
        self.view_controller = ViewController(self.session, self.explorer, self.map_view, self)
        self.traversal_controller = TraversalController(
            self.compute, self.session, self.explorer, self
        )
        self.grid_controller = GridController(self.compute, self.session, self.map_view, self)
        self.import_thread = ImportThread(parent=self)
        self.import_controller = ImportController(
            self.import_thread,
            self.importing,
            self.session,
            self.training,
            self.session_controller,
            self.training_controller,
            self,
        )
        self.download_controller = DownloadController(self)
        self.jobs = JobDesk(self.compute, self.session, self.training, self)
        self.studies = Studies(
            self.compute,
            self.session,
            self.training,
            self.explorer,
            self.map_view,
            self.explore_controller,
            self.settings.recent,
            self.jobs,
            self,
        )
        self.noise_controller = NoiseController(
            self.compute,
            self.session,
            self.explorer,
            self.noise_lab,
            self.training_controller,
            self.session_controller.recent,
            self,
        )
        self.noise_map_controller = NoiseMapController(
            self.compute,
            self.session,
            self.training,
            self.map_view,
            self.noise_lab,
            self.noise_map,
            self,
        )
        self._garbage = GarbageCollector(self.compute.idle_s, self)
        self._settled: set[str] = set()
        self.session.engineChanged.connect(self._settle)
        self.training.statusChanged.connect(self._settle)
        self._first_path: str | None = None
        self._started = False

    @property
    def stores(self) -> Stores:
        """What the window renders."""
        return Stores(
            self.session,
            self.explorer,
            self.map_view,
            self.trail,
            self.training,
            self.importing,
            self.noise_map,
            self.noise_lab,
        )

    @property
    def controllers(self) -> Controllers:
        """Where the window sends what the user wants."""
        return Controllers(
            self.session_controller,
            self.explore_controller,
            self.view_controller,
            self.training_controller,
            self.picture_controller,
            self.import_controller,
            self.download_controller,
            self.studies,
            self.noise_controller,
            self.noise_map_controller,
            Workbench(
                self.session,
                self.training,
                self.explorer,
                self.map_view,
                self.explore_controller,
                self.jobs,
            ),
            self.compute.touch,
            self.compute.idle_s,
            self.close,
        )

    @Slot()
    def start(self) -> None:
        """Load torch in the background, once; what waits is served as soon as it is there."""
        if self._started:
            return
        self._started = True
        self._garbage.start()
        self.compute.start()
        if self.settings.notice:
            self.session_controller.noticed.emit("warn", self.settings.notice, "")
        if self._first_path is not None:
            self.session_controller.open_path(self._first_path)

    @Slot()
    def _settle(self) -> None:
        """Once torch is loaded, and once the first run has loaded what optimisers need."""
        for what, is_so in (
            ("torch", self.session.engine_status == "ready"),
            ("optimiser", self.training.status == "running"),
        ):
            if is_so and what not in self._settled:
                self._settled.add(what)
                self._garbage.settle()

    @Slot()
    def save_state(self) -> None:
        """Save where a run stands, and go on: the session may end, or may not."""
        self.compute.save_state()

    def close(self) -> None:
        """Save what must be saved and end the compute thread."""
        self._started = True  # what is closed is not started any more
        self.download_controller.cancel()
        if self.compute.is_running:
            self.compute.resulted.disconnect()  # nobody looks at results any more
            self.compute.close()  # first: nothing else may come before what was trained
            self._garbage.stop()
        self.explore_controller.close()
        self.picture_controller.close()
        self.import_thread.close()

    def open_first(self, path: str | None) -> None:
        """Show the bundled map without torch, or remember to open ``path`` instead."""
        data = open_data(DEFAULT_DATA)
        self.session.set_data(data)
        self.compute.command(UseDataCommand(data))
        self._first_path = None if path in (None, DEFAULT_DATA, DEFAULT_MODEL) else path
        if self._first_path is not None and not is_data(Path(self._first_path)):
            try:
                check_plausible(read_model_header(Path(self._first_path).expanduser()))
                return  # the model to come will be shown, not the bundled one
            except LatentLabError:
                pass  # opening it says why it is refused; until then and after it, the bundled map
        try:
            file = read_model_header(model_path(DEFAULT_MODEL))
            preview = read_preview(file.path.with_name("preview.npz"))
        except LatentLabError as error:
            self.session_controller.noticed.emit("bad", error.sentence, error.details)
            return
        index = NeighbourIndex(preview.codes, preview.reference)
        self.map_view.set_codes(preview.codes, index)
        self.session.set_model(ModelOpened(0, DEFAULT_MODEL, file.path, file.document, True, True))
        for level, keys, images in preview.tiles:
            self.grid_controller.adopt(level, keys, images)
        first_z = np.array(preview.first_z, np.float32)
        self.explore_controller.move_to(first_z)
        self.noise_controller.use_data_image(int(index.query(first_z, 1).indices[0]))
        self.compute.command(OpenModelCommand(DEFAULT_MODEL))
