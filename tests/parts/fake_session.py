"""Stand-ins for the controllers beside the import: they note what they are asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from latentlab.features.importing.controller import ImportController
from latentlab.features.importing.import_thread import ImportThread
from latentlab.features.importing.store import Importing
from latentlab.images.image_set import ImageSet
from latentlab.models.family.train_spec import TrainSpec
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training


class FakeSessionController(QObject):
    picturesFound = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.used: list[ImageSet] = []

    def use_data(self, data: ImageSet) -> None:
        self.used.append(data)


class FakeTrainingController(QObject):
    def __init__(self, training: Training) -> None:
        super().__init__()
        self.training = training
        self.started: list[TrainSpec] = []

    def set_spec(self, spec: TrainSpec) -> None:
        self.training.set_spec(spec)

    def start(self) -> None:
        self.started.append(self.training.spec)


class ImportParts:
    """Stores and an import controller on a given thread."""

    def __init__(self, thread: ImportThread) -> None:
        self.thread = thread
        self.importing = Importing()
        self.session = Session()
        self.training = Training()
        self.sessions = FakeSessionController()
        self.trainings = FakeTrainingController(self.training)
        self.controller = ImportController(
            thread,
            self.importing,
            self.session,
            self.training,
            self.sessions,  # type: ignore[arg-type]
            self.trainings,  # type: ignore[arg-type]
        )
