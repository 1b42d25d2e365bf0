"""The import of pictures as the window sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QObject, Signal

from latentlab.data.pictures.import_messages import (
    ExamplesTreated,
    ImportFailed,
    ImportProgress,
    Survey,
)
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Skipped
from latentlab.images.treatment import TreatmentOptions
from latentlab.models.family.estimate import TrainEstimate
from latentlab.models.family.train_spec import TrainSpec

ImportStatus = Literal["idle", "scanning", "packing", "done", "failed"]
ImportWish = Literal["", "train", "open"]


class Importing(QObject):
    """Store of one import: what is found, what was asked for, and what came of it."""

    statusChanged = Signal()
    progressChanged = Signal()
    surveyChanged = Signal()
    optionsChanged = Signal()
    examplesChanged = Signal()
    skippedChanged = Signal()
    proposalChanged = Signal()
    wishChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._status: ImportStatus = "idle"
        self._title = ""
        self._progress: ImportProgress | None = None
        self._survey: Survey | None = None
        self._options = TreatmentOptions()
        self._examples: ExamplesTreated | None = None
        self._skipped: list[Skipped] = []
        self._proposal: tuple[TrainSpec, TrainEstimate] | None = None
        self._wish: ImportWish = ""
        self._result: ImageSet | None = None
        self._failure: ImportFailed | None = None

    # --- where it is ---------------------------------------------------------------------------

    @property
    def status(self) -> ImportStatus:
        """What goes on; ``idle`` while nothing is imported."""
        return self._status

    @property
    def result(self) -> ImageSet | None:
        """The images, once all are read."""
        return self._result

    @property
    def failure(self) -> ImportFailed | None:
        """Why nothing could be imported, where that is so."""
        return self._failure

    def begin(self, title: str) -> None:
        """Note that an import begins; all that is known of another one is forgotten."""
        self._become("scanning", title)

    def restart_packing(self) -> None:
        """Note that the pictures are read anew, because something else is wanted of them."""
        self._result = self._failure = self._progress = None
        self._status = "scanning" if self._survey is None else "packing"
        self.clear_skipped()
        self.set_wish("")
        self.progressChanged.emit()
        self.statusChanged.emit()

    def finish(self, result: ImageSet) -> None:
        """Note that all pictures are read."""
        self._result = result
        self._set_status("done")

    def fail(self, failure: ImportFailed) -> None:
        """Note that nothing can be imported, and why."""
        self._failure = failure
        self._proposal = None
        self._set_status("failed")
        self.set_wish("")
        self.proposalChanged.emit()

    def end(self) -> None:
        """Note that the import is over, used or cancelled."""
        self._become("idle", "")

    def _set_status(self, status: ImportStatus) -> None:
        if status == self._status:
            return
        self._status = status
        self.statusChanged.emit()

    def _become(self, status: ImportStatus, title: str) -> None:
        """Be as at first, and say so; a large image set is not kept for nothing."""
        self._status, self._title = status, title
        self._result = self._failure = self._progress = None
        self._survey = self._examples = self._proposal = None
        self.clear_skipped()
        self.set_options(TreatmentOptions())
        self.set_wish("")
        for signal in (
            self.progressChanged,
            self.surveyChanged,
            self.examplesChanged,
            self.proposalChanged,
            self.statusChanged,
        ):
            signal.emit()

    # --- what is known -------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What is imported, in words."""
        return self._title if self._survey is None else self._survey.title

    @property
    def progress(self) -> ImportProgress | None:
        """How far it has come."""
        return self._progress

    def set_progress(self, progress: ImportProgress) -> None:
        """Note how far it has come."""
        self._progress = progress
        if self._status in ("scanning", "packing"):
            self._set_status(progress.stage)
        self.progressChanged.emit()

    @property
    def survey(self) -> Survey | None:
        """What a quick look said."""
        return self._survey

    def set_survey(self, survey: Survey) -> None:
        """Note what a quick look says."""
        self._survey = survey
        if self._status == "scanning":
            self._set_status("packing")
        self.surveyChanged.emit()

    @property
    def num_images(self) -> int | None:
        """How many images there are, as far as is known; ``None`` before the quick look."""
        if self._result is not None:
            return len(self._result)
        return None if self._survey is None else self._survey.num_files

    @property
    def options(self) -> TreatmentOptions:
        """What is wanted done to the pictures."""
        return self._options

    def set_options(self, options: TreatmentOptions) -> None:
        """Note what is wanted done to the pictures."""
        if options == self._options:
            return
        self._options = options
        self.optionsChanged.emit()

    @property
    def examples(self) -> ExamplesTreated | None:
        """Some pictures before and after."""
        return self._examples

    def set_examples(self, examples: ExamplesTreated) -> None:
        """Show other pictures, or the same ones treated otherwise.

        Originals do not change with the treatment; a message without them keeps those of before.
        """
        before = self._examples
        if not examples.originals and before is not None and before.names == examples.names:
            examples = ExamplesTreated(
                examples.treatment, examples.names, examples.images, before.originals
            )
        self._examples = examples
        self.examplesChanged.emit()

    @property
    def skipped(self) -> Sequence[Skipped]:
        """What is left out so far, in the order in which it was found; it only grows or empties."""
        return self._skipped

    def add_skipped(self, skipped: Sequence[Skipped]) -> None:
        """Note what else is left out."""
        if not skipped:
            return
        self._skipped.extend(skipped)
        self.skippedChanged.emit()

    def clear_skipped(self) -> None:
        """Forget what was left out; it will be found again."""
        if not self._skipped:
            return
        self._skipped = []
        self.skippedChanged.emit()

    # --- what comes next -----------------------------------------------------------------------

    @property
    def proposal(self) -> TrainSpec | None:
        """Settings that suit the pictures."""
        return None if self._proposal is None else self._proposal[0]

    @property
    def estimate(self) -> TrainEstimate | None:
        """What a run with the proposed settings needs."""
        return None if self._proposal is None else self._proposal[1]

    def set_proposal(self, spec: TrainSpec, estimate: TrainEstimate) -> None:
        """Note settings that suit the pictures, and what a run with them needs."""
        if (spec, estimate) == self._proposal:
            return
        self._proposal = (spec, estimate)
        self.proposalChanged.emit()

    @property
    def wish(self) -> ImportWish:
        """What to do as soon as all pictures are read."""
        return self._wish

    def set_wish(self, wish: ImportWish) -> None:
        """Note what to do as soon as all pictures are read; empty to wait for a hand."""
        if wish == self._wish:
            return
        self._wish = wish
        self.wishChanged.emit()
