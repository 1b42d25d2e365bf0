"""Intents of the import view, on a thread that answers when the test wants it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fake_import import SKIPPED, examples_of, images_of, survey_of
from fake_session import ImportParts
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.data.pictures.import_messages import (
    FilesSkipped,
    Imported,
    ImportFailed,
    ImportProgress,
    Surveyed,
)
from latentlab.engine.training_messages import TrainStatusChanged
from latentlab.images.treatment import TreatmentOptions

OPTIONS = TreatmentOptions()


class FakeThread(QObject):
    resulted = Signal(int, object)
    measured = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.asked: list[tuple[object, ...]] = []
        self.num_measured = 0

    def begin(self, paths: Sequence[Path], options: TreatmentOptions) -> int:
        self.number += 1
        self.asked.append(("begin", tuple(paths), options))
        return self.number

    def change(self, options: TreatmentOptions) -> int:
        self.number += 1
        self.asked.append(("change", options))
        return self.number

    def cancel(self) -> None:
        self.number += 1
        self.asked.append(("cancel",))

    @Slot()
    def measure(self) -> None:
        self.num_measured += 1


class Parts(ImportParts):
    thread: FakeThread  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(FakeThread())  # type: ignore[arg-type]

    def tell(self, *messages: object, number: int | None = None) -> None:
        for message in messages:
            self.thread.resulted.emit(self.thread.number if number is None else number, message)

    def read_all(self) -> None:
        options = self.importing.options
        self.tell(Surveyed(survey_of(options), options), examples_of(options))
        self.tell(Imported(images_of(options), 1.0))


@pytest.fixture
def parts() -> Parts:
    made = Parts()
    made.controller.begin(["/some/pets"])
    return made


def test_pictures_that_were_dropped_are_imported_together(parts: Parts) -> None:
    parts.sessions.picturesFound.emit(["/a/x.png", "/b/y.png"])
    paths = (Path("/a/x.png").absolute(), Path("/b/y.png").absolute())
    assert parts.thread.asked[-1] == ("begin", paths, OPTIONS)
    assert parts.importing.title == "2 files"


def test_what_was_open_stays_until_it_is_used(parts: Parts) -> None:
    parts.read_all()
    assert parts.importing.status == "done"
    assert parts.sessions.used == [] and parts.trainings.started == []


def test_train_uses_the_pictures_with_settings_that_suit_them(parts: Parts) -> None:
    parts.read_all()
    data, spec = parts.importing.result, parts.importing.proposal
    parts.controller.train()
    assert parts.sessions.used == [data]
    assert parts.trainings.started == [spec]
    assert parts.importing.status == "idle" and parts.importing.result is None


def test_open_only_trains_nothing(parts: Parts) -> None:
    parts.read_all()
    parts.controller.open_only()
    assert len(parts.sessions.used) == 1 and parts.trainings.started == []
    assert parts.importing.status == "idle"


def test_train_pressed_early_waits_for_the_last_picture(parts: Parts) -> None:
    parts.controller.train()
    assert parts.importing.wish == "train"
    parts.controller.train()
    assert parts.importing.wish == ""  # pressed again, it is taken back
    parts.controller.open_only()
    parts.controller.train()  # the other button changes the mind
    assert parts.sessions.used == []
    parts.read_all()
    assert len(parts.sessions.used) == 1 and len(parts.trainings.started) == 1
    assert parts.importing.status == "idle"


def test_a_run_that_goes_on_is_not_disturbed(parts: Parts) -> None:
    parts.controller.train()
    parts.training.set_status(TrainStatusChanged("running"))
    parts.read_all()
    assert parts.importing.status == "done" and parts.importing.wish == ""
    parts.controller.train()
    parts.controller.open_only()
    assert parts.sessions.used == [] and parts.importing.status == "done"


def test_cancel_forgets_everything_and_hears_nothing_more(parts: Parts) -> None:
    parts.tell(Surveyed(survey_of(OPTIONS), OPTIONS), FilesSkipped(SKIPPED))
    number = parts.thread.number
    parts.controller.cancel()
    assert parts.thread.asked[-1] == ("cancel",)
    parts.tell(Imported(images_of(OPTIONS), 1.0), number=number)
    assert parts.importing.status == "idle" and parts.importing.result is None
    parts.controller.cancel()
    assert parts.thread.asked.count(("cancel",)) == 1


def test_nothing_of_older_options_is_shown(parts: Parts) -> None:
    parts.read_all()
    old = parts.thread.number
    grey = TreatmentOptions(colour="grey")
    parts.controller.change_options(grey)
    assert parts.importing.status == "packing"
    parts.tell(Imported(images_of(OPTIONS), 1.0), FilesSkipped(SKIPPED), number=old)
    assert parts.importing.status == "packing" and not parts.importing.skipped
    parts.read_all()
    result = parts.importing.result
    assert result is not None and result.image_shape == (10, 12, 1)


def test_the_same_options_again_change_nothing(parts: Parts) -> None:
    parts.read_all()
    parts.controller.change_options(TreatmentOptions())
    assert len(parts.thread.asked) == 1 and parts.importing.status == "done"


def test_options_without_an_import_are_nothing(parts: Parts) -> None:
    parts.controller.cancel()
    parts.controller.change_options(TreatmentOptions(width=4))
    assert parts.importing.options == OPTIONS and parts.thread.asked[-1] == ("cancel",)


def test_the_proposal_follows_pictures_and_machine(parts: Parts) -> None:
    assert parts.importing.proposal is None
    parts.tell(Surveyed(survey_of(OPTIONS), OPTIONS))
    assert parts.importing.estimate is not None and parts.importing.estimate.seconds is None
    parts.thread.measured.emit(100.0)
    seconds = parts.importing.estimate.seconds
    assert seconds is not None and seconds > 0
    assert parts.importing.proposal is not None and parts.importing.proposal.network == "conv"
    grey = TreatmentOptions(colour="grey")
    parts.controller.change_options(grey)
    parts.tell(Surveyed(survey_of(grey), grey))
    assert parts.importing.proposal.network == "mlp"
    parts.tell(Imported(images_of(grey, 4), 1.0))
    assert parts.importing.estimate.disk_bytes == 4 * 120


def test_a_failure_ends_the_wish_and_can_be_closed(parts: Parts) -> None:
    parts.controller.train()
    parts.tell(ImportProgress("scanning", 0, 0, 0, 0.0), ImportFailed("Nothing there.", "why"))
    assert parts.importing.status == "failed" and parts.importing.wish == ""
    parts.controller.train()
    assert parts.importing.wish == "" and parts.sessions.used == []
    parts.controller.cancel()
    assert parts.importing.status == "idle"


def test_the_machine_is_measured_again_once_torch_is_there(parts: Parts) -> None:
    parts.session.set_engine_status("ready")
    assert parts.thread.num_measured == 1
