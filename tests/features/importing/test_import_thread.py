"""The import thread: order of messages, newest wins, cancel in each phase, clean end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_import import SKIPPED, FakeFactory
from pytestqt.qtbot import QtBot
from qt_turns import settle

from latentlab.base.errors import DataError
from latentlab.data.pictures.import_messages import (
    ExamplesTreated,
    FilesSkipped,
    Imported,
    ImportFailed,
    ImportProgress,
    Surveyed,
)
from latentlab.features.importing.import_thread import ImportThread
from latentlab.images.treatment import TreatmentOptions

PATHS = (Path("/pets"),)


class Heard:
    """A thread with a fake import, and what it said."""

    def __init__(self, qtbot: QtBot, hold: str = "", rest_s: float = 0.0) -> None:
        self.qtbot = qtbot
        self.factory = FakeFactory(hold)
        self.thread = ImportThread(self.factory, rest_s=rest_s)
        self.told: list[tuple[int, object]] = []
        self.speeds: list[float] = []
        self.thread.resulted.connect(self._hear)
        self.thread.measured.connect(self.speeds.append)

    def _hear(self, number: int, message: object) -> None:
        self.told.append((number, message))

    def of(self, number: int) -> list[object]:
        return [message for told, message in self.told if told == number]

    def wait_for(self, kind: type, number: int) -> None:
        self.qtbot.waitUntil(
            lambda: any(isinstance(m, kind) for m in self.of(number)), timeout=10_000
        )


@pytest.fixture
def heard(qtbot: QtBot) -> Iterator[Heard]:
    made = Heard(qtbot)
    yield made
    made.thread.close()


def test_it_starts_with_the_first_import_only(heard: Heard) -> None:
    assert not heard.thread.is_running
    heard.thread.measure()
    heard.thread.begin(PATHS, TreatmentOptions())
    assert heard.thread.is_running


def test_a_whole_import_in_its_order(heard: Heard) -> None:
    number = heard.thread.begin(PATHS, TreatmentOptions())
    heard.wait_for(Imported, number)
    kinds = [type(message) for message in heard.of(number)]
    first = [kinds.index(k) for k in (ImportProgress, Surveyed, ExamplesTreated, Imported)]
    assert first == sorted(first)
    assert kinds[-1] is Imported
    progress = [m for m in heard.of(number) if isinstance(m, ImportProgress)]
    assert progress[-1].done == 40  # the last one always
    skipped = [one for m in heard.of(number) if isinstance(m, FilesSkipped) for one in m.skipped]
    assert tuple(skipped) == SKIPPED
    assert heard.speeds and heard.speeds[0] > 0
    heard.qtbot.waitUntil(lambda: heard.factory.made[0].ended)


def test_other_options_do_not_search_again_and_come_after_nothing_old(heard: Heard) -> None:
    first = heard.thread.begin(PATHS, TreatmentOptions())
    heard.wait_for(Imported, first)
    second = heard.thread.change(TreatmentOptions(width=7))
    heard.wait_for(Imported, second)
    assert heard.factory.made[1].given == ("listing", "sample")
    kinds = [type(m) for m in heard.of(second)]
    assert kinds[:2] == [Surveyed, ExamplesTreated]
    result = heard.of(second)[-1]
    assert isinstance(result, Imported) and result.data.image_shape == (10, 7, 3)
    places = [number for number, _ in heard.told]
    assert places == sorted(places)


def test_the_newest_of_a_storm_of_options_wins(qtbot: QtBot) -> None:
    heard = Heard(qtbot, hold="packing", rest_s=0.05)
    heard.thread.begin(PATHS, TreatmentOptions())
    for width in range(1, 300):
        last = heard.thread.change(TreatmentOptions(width=width))
        if width % 60 == 0:
            settle()
    heard.factory.hold = ""
    heard.wait_for(Imported, last)
    result = heard.of(last)[-1]
    assert isinstance(result, Imported) and result.data.image_shape[1] == 299
    assert len(heard.factory.made) < 100  # a queue of one
    assert [n for n, m in heard.told if isinstance(m, Imported)] == [last]
    heard.thread.close()
    assert all(made.closed for made in heard.factory.made if made.options.width < 299)


def test_nothing_is_read_while_options_still_change(qtbot: QtBot) -> None:
    heard = Heard(qtbot, rest_s=30.0)
    first = heard.thread.begin(PATHS, TreatmentOptions())
    heard.wait_for(Imported, first)  # the first import does not rest
    second = heard.thread.change(TreatmentOptions(colour="grey"))
    heard.wait_for(ExamplesTreated, second)
    third = heard.thread.change(TreatmentOptions(fit="pad"))
    heard.wait_for(ExamplesTreated, third)  # and a rest keeps nobody waiting
    assert not any(isinstance(m, ImportProgress) for m in heard.of(second) + heard.of(third))
    heard.thread.close()


def test_options_changed_while_it_searches_wait_for_the_files(qtbot: QtBot) -> None:
    heard = Heard(qtbot, hold="scanning")
    first = heard.thread.begin(PATHS, TreatmentOptions())
    heard.wait_for(ImportProgress, first)
    second = heard.thread.change(TreatmentOptions(height=5))
    qtbot.waitUntil(lambda: heard.factory.made[0].paths == PATHS)
    qtbot.wait(60)
    assert len(heard.factory.made) == 1 and not heard.factory.made[0].closed
    heard.factory.hold = ""
    heard.wait_for(Imported, second)
    assert not any(isinstance(m, (Surveyed, Imported)) for m in heard.of(first))
    assert heard.factory.made[1].given[0] == "listing"
    heard.thread.close()


@pytest.mark.parametrize("hold", ["scanning", "surveyed", "packing"])
def test_cancel_in_each_phase_ends_the_import_at_once(qtbot: QtBot, hold: str) -> None:
    heard = Heard(qtbot, hold)
    number = heard.thread.begin(PATHS, TreatmentOptions())
    heard.wait_for(ImportProgress, number)
    heard.thread.cancel()
    qtbot.waitUntil(lambda: heard.factory.made[0].closed, timeout=1000)
    assert not heard.factory.made[0].ended
    count = len(heard.told)
    qtbot.wait(30)
    assert len(heard.told) == count
    # And it can be used again.
    heard.factory.hold = ""
    heard.wait_for(Imported, heard.thread.begin(PATHS, TreatmentOptions()))
    heard.thread.close()


@pytest.mark.parametrize("hold", ["scanning", "surveyed", "packing", ""])
def test_closing_in_each_phase_leaves_nothing_running(qtbot: QtBot, hold: str) -> None:
    heard = Heard(qtbot, hold)
    heard.thread.begin(PATHS, TreatmentOptions())
    qtbot.waitUntil(lambda: bool(heard.factory.made))
    heard.thread.close()
    assert not heard.thread.is_running
    assert heard.factory.made[0].closed


def test_closing_at_once_and_closing_twice(qtbot: QtBot) -> None:
    heard = Heard(qtbot)
    heard.thread.close()
    heard.thread.begin(PATHS, TreatmentOptions())
    heard.thread.close()
    heard.thread.close()
    assert not heard.thread.is_running


def test_what_cannot_be_imported_is_a_sentence(heard: Heard) -> None:
    heard.factory.error = DataError("“pets” holds no pictures.", "cats: empty")
    number = heard.thread.begin(PATHS, TreatmentOptions())
    heard.wait_for(ImportFailed, number)
    failed = heard.of(number)[-1]
    assert failed == ImportFailed("“pets” holds no pictures.", "cats: empty")


def test_a_defect_is_logged_and_the_next_import_works(
    heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    heard.factory.error = RuntimeError("odd")
    number = heard.thread.begin(PATHS, TreatmentOptions())
    heard.wait_for(ImportFailed, number)
    failed = heard.of(number)[-1]
    assert isinstance(failed, ImportFailed) and "RuntimeError" in failed.sentence
    assert "Traceback" in failed.details and "odd" in caplog.text
    heard.factory.error = None
    heard.wait_for(Imported, heard.thread.begin(PATHS, TreatmentOptions()))


def test_impossible_options_are_a_sentence(qtbot: QtBot) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DataError("Width cannot be −1.")

    thread = ImportThread(refuse)  # type: ignore[arg-type]
    told: list[object] = []
    thread.resulted.connect(lambda _, message: told.append(message))
    thread.begin(PATHS, TreatmentOptions())
    qtbot.waitUntil(lambda: told == [ImportFailed("Width cannot be −1.")])
    thread.close()
