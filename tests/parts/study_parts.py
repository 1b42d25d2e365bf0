"""Stores and controllers of the studying tabs on an engine that is turned over by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QObject, Signal

from latentlab.base.trace import NullTracer
from latentlab.engine.engine import Engine
from latentlab.engine.jobs import JobRequest
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import (
    Command,
    DataOpened,
    Embedded,
    InteractiveRequest,
    ModelOpened,
    OpenModelCommand,
    UseDataCommand,
)
from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.workspace.explore_controller import ExploreController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.job_client import JobDesk
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.studies import Studies
from latentlab.workspace.trail import Trail
from latentlab.workspace.training_state import Training


class EngineThread(QObject):
    """Stands in for the compute thread: work is done when a test says so."""

    resulted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.mailbox = Mailbox()
        self.asked: list[InteractiveRequest] = []
        self.asked_for: list[Any] = []  # options of jobs
        self.engine = Engine(self.mailbox, self.resulted.emit, NullTracer())

    def request(self, request: InteractiveRequest) -> None:
        self.asked.append(request)
        self.mailbox.put(request)

    def command(self, command: Command) -> None:
        self.mailbox.put_command(command)

    def ask(self, request: JobRequest) -> None:
        if request.options is not None:
            self.asked_for.append(request.options)
        self.mailbox.put_job(request)

    def touch(self) -> None:
        """Nobody counts the touches here."""

    def rest(self, most: int = 20_000) -> None:
        """Turn until there is nothing to do."""
        for _ in range(most):
            if not self.engine.turn():
                return
        raise AssertionError(f"still busy after {most} turns")

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in (*self.asked, *self.asked_for) if isinstance(one, kind)]


class StudyParts:
    """What a window has of it, without a window; at the end a test calls :meth:`end_all`."""

    _made: ClassVar[list[StudyParts]] = []

    def __init__(self, recent: list[str] | None = None) -> None:
        self._made.append(self)
        self.thread = EngineThread()
        self.session, self.explorer = Session(), Explorer()
        self.map_view, self.trail = MapView(), Trail()
        self.training = Training()
        self.recent = recent or []
        self.thread.resulted.connect(self._take)
        self.explore = ExploreController(
            self.thread,  # type: ignore[arg-type]
            self.session,
            self.explorer,
            self.map_view,
            self.trail,
        )
        self.studies = Studies(
            self.thread,  # type: ignore[arg-type]
            self.session,
            self.training,
            self.explorer,
            self.map_view,
            self.explore,
            self._recent,
            JobDesk(self.thread, self.session, self.training),  # type: ignore[arg-type]
        )

    def _recent(self) -> list[str]:
        return self.recent

    @classmethod
    def end_all(cls) -> None:
        """Nobody looks any more, as when windows are closed."""
        while cls._made:
            cls._made.pop().studies.variation_controller.set_shown(False)

    def open(self, data: ImageSet | None, model: str | Path = "digits-vae") -> None:
        self.session.set_engine_status("ready")
        if data is not None:
            self.thread.command(UseDataCommand(data))
        self.thread.command(OpenModelCommand(str(model)))
        self.thread.rest()

    def _take(self, result: object) -> None:
        match result:
            case ModelOpened():
                self.session.set_model(result)
            case DataOpened():
                self.session.set_data(result.data)
            case Embedded():
                self.map_view.set_codes(result.codes, result.index)


def pictures(count: int, shape: tuple[int, int, int] = (6, 5, 3), seed: int = 0) -> ImageSet:
    """Pictures in colour without classes."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)
    return ImageSet("noise", "Noise", pixels)


def trained_model(folder: Path, data: ImageSet, **options: Any) -> Path:
    """Train a tiny model and return its run folder."""
    import torch

    from latentlab.training.run import TrainingRun
    from latentlab.training.run_folder import RunFolder

    spec = TrainSpec(**{"hidden": (8,), "epochs": 1, "batch_size": 20, **options})
    run = TrainingRun(spec, data, device=torch.device("cpu"))
    kept = RunFolder(folder, run)
    for _ in run.run():
        pass
    kept.finish()
    return folder
