"""Start, pause, step, resume and stop training, and take what it reports."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.base.bundled import BUNDLED_MODELS
from latentlab.base.errors import LatentLabError
from latentlab.base.folders import runs_folder
from latentlab.engine.compute_thread import ComputeThread
from latentlab.engine.messages import Embedded, Failed, ModelOpened
from latentlab.engine.training_messages import (
    CurvePoint,
    TrainCommand,
    TrainControlCommand,
    TrainProgress,
    TrainStatusChanged,
)
from latentlab.models.family.described_model import run_spec
from latentlab.models.family.presets import preset_of
from latentlab.models.family.proposal import changed_options, proposed_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training


class TrainingController(QObject):
    """Between the training panel and the compute thread."""

    refused = Signal(str)
    """The settings cannot be trained with; the sentence says why."""

    def __init__(
        self,
        thread: ComputeThread,
        session: Session,
        training: Training,
        map_view: MapView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._session = session
        self._training = training
        self._map_view = map_view
        self._session_epoch = -1  # of the model whose settings the form has taken
        thread.resulted.connect(self._take)
        session.dataChanged.connect(self._fill_for_data)

    def set_spec(self, spec: TrainSpec) -> None:
        """Change the settings of the next run."""
        self._training.set_spec(spec)

    def fill(self, spec: TrainSpec) -> None:
        """Fill the form with settings that are not the user's own, such as recommended ones."""
        self._training.fill(spec)

    @Slot()
    def _fill_for_data(self) -> None:
        """Recommend settings for other images; what the user has chosen stays.

        A preset, and the settings of an opened run beside its own images, stay as a whole.
        """
        data, model = self._session.data, self._session.model
        spec = self._training.spec
        if data is None or self._training.is_active or preset_of(spec):
            return
        run = None if model is None or model.name in BUNDLED_MODELS else run_spec(model.document)
        if run is not None and model is not None and model.document.data_name == data.name:
            return
        chosen = changed_options(spec, self._training.filled)
        images = (data.image_shape, len(data))
        self._training.fill(replace(proposed_spec(*images), data=data.name))
        if chosen:
            self._training.set_spec(replace(proposed_spec(*images, chosen), data=data.name))

    @Slot()
    def train_or_pause(self) -> None:
        """Start a run, or pause the one that runs, or go on with the one that is paused."""
        match self._training.status:
            case "idle":
                self.start()
            case "running":
                self._thread.command(TrainControlCommand("pause"))
            case "paused":
                self._thread.command(TrainControlCommand("resume"))

    @Slot()
    def start(self) -> None:
        """Start a new run with the settings of the form."""
        data = self._session.data
        if self._training.is_active:
            return
        if data is None:
            self.refused.emit(
                self.tr("Open a data set first; then there is something to train on.")
            )
            return
        spec = replace(self._training.spec, data=data.name)
        try:
            spec.validate(data.image_shape)
        except LatentLabError as error:
            self.refused.emit(error.sentence)
            return
        self._training.set_status(TrainStatusChanged("preparing", spec=spec))
        stamp = time.strftime("%Y%m%d-%H%M%S")
        name = f"{spec.objective} {time.strftime('%H:%M')}"
        words = f"{stamp}-{name_for_files(data.title)}-{spec.objective}"
        folder = new_run_folder(runs_folder(), words)
        self._thread.command(TrainCommand(spec, folder, name))

    @Slot()
    def single_step(self) -> None:
        """Do one optimiser step and stay paused."""
        if self._training.status in ("running", "paused"):
            self._thread.command(TrainControlCommand("step"))

    @Slot()
    def stop(self) -> None:
        """End the run and keep its best model."""
        if self._training.status in ("running", "paused"):
            self._thread.command(TrainControlCommand("stop"))

    @Slot(object)
    def _take(self, result: object) -> None:
        match result:
            case TrainStatusChanged():
                self._training.set_status(result)
                if result.status == "idle" and result.sentence:
                    self._session.set_saved(time.monotonic())
            case TrainProgress():
                self._training.set_progress(result)
            case CurvePoint():
                self._training.add_curve_point(result)
            case Embedded():
                is_current = result.session_epoch == self._session.session_epoch
                if is_current and not self._knows_more(result):
                    self._map_view.set_codes(result.codes, result.index)
            case Failed(origin="TrainCommand") if self._training.status == "preparing":
                self._training.set_status(TrainStatusChanged("idle"))
            case ModelOpened():
                spec = run_spec(result.document)
                # Of the same model there may come news, as when other data are opened.
                is_new = result.session_epoch != self._session_epoch
                self._session_epoch = result.session_epoch
                is_own = result.name not in BUNDLED_MODELS
                if is_new and is_own and spec is not None and not self._training.is_active:
                    self.fill(replace(spec, data=self._training.spec.data))

    def _knows_more(self, result: Embedded) -> bool:
        """Whether the map has codes of all images already, and these are of some of them."""
        view = self._map_view
        return (
            result.index is None
            and view.index is not None
            and view.codes.shape == result.codes.shape
            and bool(np.isfinite(view.codes).all())
            and not np.isfinite(result.codes).all()
        )


def name_for_files(title: str) -> str:
    """Return a title, which may hold anything, as part of a file's name on any system."""
    return re.sub(r"[^\w.-]+", "-", title)[:40].strip("-. ") or "data"


def new_run_folder(root: Path, name: str) -> Path:
    """Make a folder under ``root`` that nobody else has, also not another window just now.

    Where it cannot be made, its path is returned all the same: the run says why.
    """
    folder, number = root / name, 2
    while True:
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            folder = root / f"{name}-{number}"
            number += 1
        except OSError:
            return folder
        else:
            return folder
