"""Open and save data sets and models, and keep what is open in the stores."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.bundled import BUNDLED_DATA, BUNDLED_MODELS
from latentlab.core.errors import LatentLabError
from latentlab.core.messages import (
    DataOpened,
    DeviceUsed,
    EngineReady,
    Failed,
    ModelOpened,
    ModelSaved,
    OpenDataCommand,
    OpenModelCommand,
    SaveModelCommand,
    UseDeviceCommand,
    Warned,
)
from latentlab.core.model_document import ModelDocument
from latentlab.core.model_file import read_model_file
from latentlab.core.plane import AxisPlane, most_informative_axes
from latentlab.data.catalog import is_data
from latentlab.services.engine.compute_thread import ComputeThread
from latentlab.services.settings import Settings
from latentlab.state.explorer import ExplorerModel
from latentlab.state.map_view import MapViewModel
from latentlab.state.session import SessionModel
from latentlab.state.training import TrainingModel


class SessionController(QObject):
    """Between menus, drops and the command line on one side and the compute thread on the other."""

    noticed = Signal(str, str, str)
    """kind (``info``, ``good``, ``warn``, ``bad``), a sentence, and details that may be empty."""

    extentChanged = Signal()
    """Other data or another model is open, so the codes will lie elsewhere."""

    def __init__(
        self,
        thread: ComputeThread,
        session: SessionModel,
        explorer: ExplorerModel,
        map_view: MapViewModel,
        training: TrainingModel,
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
        elif path in BUNDLED_DATA or is_data(Path(path)):
            self.open_data(path)
        else:
            self.open_model(path)

    def open_model(self, path: str) -> None:
        """Open a model file or run folder; refused here already if it is damaged or foreign."""
        try:
            # Refuse within a moment even while the compute thread is busy or still loading.
            read_model_file(Path(path).expanduser())
        except LatentLabError as error:
            self._settings.remove_recent(path)
            self.noticed.emit("bad", error.sentence, error.details)
            return
        self._open_model(str(Path(path).expanduser().absolute()))

    def open_data(self, name: str) -> None:
        """Open a data set."""
        if name not in BUNDLED_DATA:
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
        if result.data.name not in BUNDLED_DATA:
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
        # What a code number says is known only at the end of a run.
        measured = before is None or before.document.latent_std != result.document.latent_std
        self._session.set_model(result)
        if (is_new and not is_same) or measured:
            self._show_informative_axes(result.document)
        if is_new and not is_same:
            if self._asked_for and not self._training.is_active:
                self._settings.add_recent(self._asked_for)
            self.extentChanged.emit()
        data = self._session.data
        fit = (result.fits_data, result.knows_data)
        changed = before is None or fit != (before.fits_data, before.knows_data)
        if (is_new or changed) and data is not None and not self._training.is_active:
            self._say_what_fits(result, data.title)

    def _show_informative_axes(self, document: ModelDocument) -> None:
        """Let the map show the two code numbers that say most, through the place of the cursor."""
        axes = most_informative_axes(document.latent_kl, document.latent_std)
        z = self._explorer.z
        if axes == self._map_view.plane.axes and len(z) == document.latent_dim:
            return
        anchor = z if len(z) == document.latent_dim else np.zeros(document.latent_dim, np.float32)
        self._map_view.set_plane(AxisPlane(anchor, axes))
        self.extentChanged.emit()

    def _say_what_fits(self, model: ModelOpened, data_title: str) -> None:
        trained_on = model.document.data_title or model.document.data_name
        if not model.fits_data:
            h, w, c = model.document.input_shape
            self.noticed.emit(
                "warn",
                self.tr(
                    "“{0}” takes {1}×{2} images with {3} channel(s) and was trained on {4}; the "
                    "open data, {5}, do not fit. The map decodes, but shows no points."
                ).format(model.name, w, h, c, trained_on, data_title),
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
