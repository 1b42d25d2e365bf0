"""Open and save data sets and models, and keep what is open in the stores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.base.bundled import BUNDLED_MODELS
from latentlab.base.errors import LatentLabError
from latentlab.base.folders import cache_folder
from latentlab.base.model_place import RUN_NAME
from latentlab.data.catalog import is_data, is_known_name
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.messages import (
    DataOpened,
    DeviceUsed,
    EngineReady,
    Failed,
    ModelOpened,
    ModelSaved,
    OpenDataCommand,
    OpenModelCommand,
    SaveModelCommand,
    UseDataCommand,
    UseDeviceCommand,
    Warned,
)
from latentlab.images.image_set import ImageSet
from latentlab.models.family.described_model import check_plausible
from latentlab.models.model_file import read_model_header
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.settings import Settings
from latentlab.workspace.training_state import Training

_LOOKED_AT = 50


class SessionController(QObject):
    """Between menus, drops and the command line on one side and the compute thread on the other."""

    noticed = Signal(str, str, str)
    """kind (``info``, ``good``, ``warn``, ``bad``), a sentence, and details that may be empty."""

    extentChanged = Signal()
    """Other data or another model is open, so the codes will lie elsewhere."""

    picturesFound = Signal(object)
    """Paths, a list of strings, that hold pictures to import, together."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        training: Training,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._training = training
        self._settings = settings
        self._asked_for = ""
        thread.resulted.connect(self._take)

    # --- intents -------------------------------------------------------------------------------

    def open_path(self, path: str) -> None:
        """Open whatever a path or bundled name is: a model, a run folder or a data set."""
        if path in BUNDLED_MODELS:
            self._open_model(path)
        elif is_known_name(path) or is_data(Path(path)):
            self.open_data(path)
        elif _leads_to_pictures(path):
            self.picturesFound.emit([path])
        else:
            self.open_model(path)

    def open_paths(self, paths: Sequence[str]) -> None:
        """Open what was chosen or dropped together.

        Pictures, and whatever lies among them, are imported together; of anything else two are
        opened, such as a model and its data, because more would only replace each other.
        """
        looked_at = paths[:_LOOKED_AT]  # what thousands are is seen from some of them
        known = [path for path in looked_at if _is_known(path)]
        others = [path for path in paths if path not in known]
        if any(_leads_to_pictures(path) for path in looked_at):
            self.picturesFound.emit(others)
            others = []
        for path in [*known, *others][:2]:
            self.open_path(path)

    def use_data(self, data: ImageSet) -> None:
        """Use images that are read already."""
        self._asked_for = data.name
        self._thread.command(UseDataCommand(data))
        self._take_data(DataOpened(data))

    def open_model(self, path: str) -> None:
        """Open a model file or run folder; refused here already if it is damaged or foreign."""
        try:
            # Refuse within a moment even while the compute thread is busy or still loading; it
            # alone reads weights.
            check_plausible(read_model_header(Path(path).expanduser()))
        except LatentLabError as error:
            self._settings.remove_recent(path)
            self.noticed.emit("bad", error.sentence, error.details)
            return
        self._open_model(str(Path(path).expanduser().absolute()))

    def open_data(self, name: str) -> None:
        """Open a data set."""
        if not is_known_name(name):
            name = str(Path(name).expanduser().absolute())
        self._asked_for = name
        self._thread.command(OpenDataCommand(name))

    def save_model(self, path: str) -> None:
        """Save the open model."""
        target = Path(path)
        if target.suffix != ".safetensors":
            target = target.with_name(target.name + ".safetensors")
        self._thread.command(SaveModelCommand(target))

    def use_device(self, name: str) -> None:
        """Compute on another device."""
        self._thread.command(UseDeviceCommand(name))

    def recent(self) -> list[str]:
        """Return the paths opened last, newest first."""
        return self._settings.recent()

    def _open_model(self, name: str) -> None:
        self._asked_for = name
        self._thread.command(OpenModelCommand(name))

    # --- answers -------------------------------------------------------------------------------

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case EngineReady():
                self._session.set_devices(result.devices, result.device)
                self._session.set_engine_status("ready")
            case DeviceUsed():
                self._session.set_devices(self._session.devices, result.device)
            case DataOpened():
                self._take_data(result)
            case ModelOpened():
                self._take_model(result)
            case ModelSaved():
                self._session.set_saved(time.monotonic())
                self._settings.add_recent(str(result.path))
                self.noticed.emit("good", self.tr("Saved “{}”.").format(result.path.name), "")
            case Warned():
                self.noticed.emit("warn", result.sentence, "")
            case Failed():
                if result.engine_is_dead:
                    self._session.set_engine_status("failed")
                if not result.is_repeated:
                    self.noticed.emit("bad", result.sentence, result.details)

    def _take_data(self, result: DataOpened) -> None:
        if result.data is self._session.data:
            return
        self._explorer.set_selected(None)
        self._explorer.set_hovered(None)
        self._map_view.set_dimmed_classes(frozenset())
        dims = self._map_view.plane.latent_dim
        self._map_view.set_codes(np.empty((0, dims), np.float32), None)
        self._session.set_data(result.data)
        self.extentChanged.emit()
        is_own = Path(result.data.name).is_relative_to(cache_folder())  # a selection of files
        if not (is_own or is_known_name(result.data.name)):
            self._settings.add_recent(result.data.name)

    def _take_model(self, result: ModelOpened) -> None:
        before = self._session.model
        is_new = before is None or result.session_epoch != before.session_epoch
        # The bundled map is shown before the compute thread opens the very same model.
        is_same = before is not None and before.document == result.document
        if is_new and not is_same:
            dims = result.document.latent_dim
            self._map_view.set_codes(np.empty((0, dims), np.float32), None)
            self._explorer.set_decoded(None)
        self._session.set_model(result)
        if is_new and not is_same:
            if self._asked_for and not self._training.is_active:
                self._settings.add_recent(self._asked_for)
            self.extentChanged.emit()
        data = self._session.data
        fit = (result.fits_data, result.knows_data)
        changed = before is None or fit != (before.fits_data, before.knows_data)
        if (is_new or changed) and data is not None and not self._training.is_active:
            self._say_what_fits(result, data.title)

    def _say_what_fits(self, model: ModelOpened, data_title: str) -> None:
        trained_on = model.document.data_title or model.document.data_name
        if not model.fits_data:
            h, w, c = model.document.input_shape
            colour = self.tr("grey") if c == 1 else self.tr("colour")
            self.noticed.emit(
                "info",
                self.tr(
                    "“{0}” was trained on {1}: the images of {2} are shown as {3} × {4} {5}, as "
                    "it takes them. A new run trains on them as they are."
                ).format(model.name, trained_on, data_title, w, h, colour),
                "",
            )
        elif not model.knows_data:
            self.noticed.emit(
                "info",
                self.tr(
                    "“{0}” was trained on {1}; the points are those of {2}, which it has never "
                    "seen."
                ).format(model.name, trained_on, data_title),
                "",
            )


def _is_known(path: str) -> bool:
    """Whether a path is a name, a data set, a model file or a run folder, and no pictures."""
    if path in BUNDLED_MODELS or is_known_name(path) or is_data(Path(path)):
        return True
    return path.endswith(".safetensors") or (Path(path) / RUN_NAME).is_file()


def _leads_to_pictures(path: str) -> bool:
    # Pillow is loaded by this module, and not before somebody has pictures.
    from latentlab.data.pictures.picture_paths import is_pictures

    return not _is_known(path) and is_pictures(Path(path).expanduser())
