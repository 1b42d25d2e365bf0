"""Import pictures, and use them once they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from latentlab.data.pictures.import_messages import (
    ExamplesTreated,
    FilesSkipped,
    Imported,
    ImportFailed,
    ImportProgress,
    Surveyed,
)
from latentlab.data.pictures.picture_cache import PictureCache
from latentlab.features.importing.import_thread import ImportThread
from latentlab.features.importing.store import Importing, ImportWish
from latentlab.features.training.controller import TrainingController
from latentlab.images.treatment import TreatmentOptions
from latentlab.models.family.estimate import train_estimate
from latentlab.models.family.proposal import proposed_spec
from latentlab.workspace.session import Session
from latentlab.workspace.session_controller import SessionController
from latentlab.workspace.training_state import Training


class ImportController(QObject):
    """Between the import view and the import thread.

    What is open stays open until the user trains on the pictures or opens them.
    """

    def __init__(
        self,
        thread: ImportThread,
        importing: Importing,
        session: Session,
        training: Training,
        session_controller: SessionController,
        training_controller: TrainingController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._importing = importing
        self._training = training
        self._session_controller = session_controller
        self._training_controller = training_controller
        self._number = -1
        self._gflops: float | None = None
        thread.resulted.connect(self._take)
        thread.measured.connect(self._take_speed)
        # Loading PyTorch keeps the machine busy, which made it seem slower than it is.
        session.engineChanged.connect(thread.measure)
        session_controller.picturesFound.connect(self.begin)

    # --- intents -------------------------------------------------------------------------------

    @Slot(object)
    def begin(self, paths: Sequence[str]) -> None:
        """Look at pictures, instead of those that are imported now."""
        files = [Path(path).expanduser().absolute() for path in paths]
        title = (
            files[0].name or str(files[0])
            if len(files) == 1
            else self.tr("{:,} files").format(len(files))
        )
        self._importing.begin(title)
        self._number = self._thread.begin(files, self._importing.options)

    @Slot(object)
    def change_options(self, options: TreatmentOptions) -> None:
        """Treat the pictures otherwise."""
        importing = self._importing
        if options == importing.options or importing.status == "idle":
            return
        importing.set_options(options)
        importing.restart_packing()
        self._number = self._thread.change(options)

    @Slot()
    def cancel(self) -> None:
        """Import nothing; what was open is open still."""
        if self._importing.status == "idle":
            return
        self._number = -1
        self._thread.cancel()
        self._importing.end()

    @Slot()
    def train(self) -> None:
        """Use the pictures and train on them, now or as soon as all are read."""
        self._use_or_wish("train")

    @Slot()
    def open_only(self) -> None:
        """Use the pictures without training, now or as soon as all are read."""
        self._use_or_wish("open")

    @Slot()
    def clear_cache(self) -> None:
        """Remove the packed copies of pictures; those that are open stay open."""
        if self._importing.status in ("scanning", "packing"):
            self._session_controller.noticed.emit(
                "warn", self.tr("Pictures are being read; clear the cache when that is over."), ""
            )
            return
        freed = PictureCache().clear()
        self._session_controller.noticed.emit(
            "good",
            self.tr("The picture cache is empty; {:,.0f} MB freed.").format(freed / 2**20),
            "",
        )

    def _use_or_wish(self, wish: ImportWish) -> None:
        importing = self._importing
        if importing.status == "done":
            self._use(wish)
        elif importing.status in ("scanning", "packing"):
            # The same button again takes the wish back.
            importing.set_wish("" if importing.wish == wish else wish)

    def _use(self, wish: ImportWish) -> None:
        data, spec = self._importing.result, self._importing.proposal
        importing = self._importing
        importing.set_wish("")
        if data is None or self._training.is_active:
            return  # the view says why
        self._session_controller.use_data(data)
        if wish == "train" and spec is not None:
            self._training.fill(spec)
            self._training_controller.start()
        self._number = -1
        importing.end()

    # --- answers -------------------------------------------------------------------------------

    @Slot(int, object)
    def _take(self, number: int, message: object) -> None:
        if number != self._number:
            return  # of something that is no longer wanted
        importing = self._importing
        match message:
            case ImportProgress():
                importing.set_progress(message)
            case Surveyed():
                importing.set_survey(message.survey)
                self._propose()
            case ExamplesTreated():
                importing.set_examples(message)
            case FilesSkipped():
                importing.add_skipped(message.skipped)
            case Imported():
                importing.finish(message.data)
                self._propose()
                if importing.wish:
                    self._use(importing.wish)
            case ImportFailed():
                importing.fail(message)

    @Slot(float)
    def _take_speed(self, gflops: float) -> None:
        self._gflops = gflops
        self._propose()

    def _propose(self) -> None:
        """Put together settings that suit the pictures, and what a run with them will need."""
        survey, data = self._importing.survey, self._importing.result
        if data is not None:
            shape, count = data.image_shape, len(data)
        elif survey is not None:
            shape, count = survey.treatment.image_shape, survey.num_files
        else:
            return
        spec = proposed_spec(shape, count)
        self._importing.set_proposal(spec, train_estimate(spec, shape, count, self._gflops))
