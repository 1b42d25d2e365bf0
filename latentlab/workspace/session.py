"""What is open: data, model, device."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import DeviceOption, ModelOpened
from latentlab.images.image_set import ImageSet

EngineStatus = Literal["loading", "ready", "failed"]


class Session(QObject):
    """Store of what is open in the window."""

    dataChanged = Signal()
    modelChanged = Signal()
    engineChanged = Signal()
    deviceChanged = Signal()
    savedChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data: ImageSet | None = None
        self._model: ModelOpened | None = None
        self._engine_status: EngineStatus = "loading"
        self._devices: tuple[DeviceOption, ...] = ()
        self._device = ""
        self._saved_s: float | None = None

    @property
    def data(self) -> ImageSet | None:
        """The open image set."""
        return self._data

    def set_data(self, data: ImageSet) -> None:
        """Show another image set."""
        if data is self._data:
            return
        self._data = data
        self.dataChanged.emit()

    @property
    def model(self) -> ModelOpened | None:
        """The open model."""
        return self._model

    def set_model(self, model: ModelOpened) -> None:
        """Show another model, or what has become of this one."""
        if model == self._model:
            return
        self._model = model
        self.modelChanged.emit()

    @property
    def session_epoch(self) -> int:
        """Number of the open model; messages of another one are dropped."""
        return -1 if self._model is None else self._model.session_epoch

    @property
    def engine_status(self) -> EngineStatus:
        """Whether the compute thread serves."""
        return self._engine_status

    def set_engine_status(self, status: EngineStatus) -> None:
        """Note that the compute thread serves, or never will."""
        if status == self._engine_status:
            return
        self._engine_status = status
        self.engineChanged.emit()

    @property
    def devices(self) -> tuple[DeviceOption, ...]:
        """The devices of this machine, the best one first."""
        return self._devices

    @property
    def device(self) -> DeviceOption | None:
        """The device in use."""
        return next((d for d in self._devices if d.name == self._device), None)

    def set_devices(self, devices: tuple[DeviceOption, ...], device: str) -> None:
        """Note which devices there are and which one is used."""
        if (devices, device) == (self._devices, self._device):
            return
        self._devices, self._device = devices, device
        self.deviceChanged.emit()

    @property
    def saved_s(self) -> float | None:
        """When something was last saved, on the monotonic clock, ``None`` before the first."""
        return self._saved_s

    def set_saved(self, time_s: float) -> None:
        """Note that something was saved."""
        self._saved_s = time_s
        self.savedChanged.emit()
