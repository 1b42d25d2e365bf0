"""Progress is told seldom enough, and the last of it always."""

from __future__ import annotations

from latentlab.data.pictures.import_messages import (
    FilesSkipped,
    ImportFailed,
    ImportMessage,
    ImportProgress,
)
from latentlab.features.importing.telling import Telling
from latentlab.images.origin import Skipped


class Clocked:
    """A telling, what it told, and its clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.told: list[ImportMessage] = []
        self.telling = Telling(self.told.append, lambda: self.now_s)


def progress(done: int, stage: str = "packing") -> ImportProgress:
    return ImportProgress(stage, 1000, done, 0, 1.0)  # type: ignore[arg-type]


def test_at_most_thirty_a_second_and_the_newest_of_them() -> None:
    c = Clocked()
    for i in range(1000):
        c.now_s = i / 1000
        c.telling.take(progress(i))
    assert 25 <= len(c.told) <= 31
    c.telling.flush()
    assert c.told[-1] == progress(999)


def test_no_file_left_out_is_lost_and_none_told_twice() -> None:
    c = Clocked()
    files = [Skipped(str(i), "empty") for i in range(5000)]
    for i, one in enumerate(files):
        c.now_s = i / 1000
        c.telling.take(FilesSkipped((one,)))
    c.telling.take(ImportFailed("none is left"))
    told = [one for m in c.told if isinstance(m, FilesSkipped) for one in m.skipped]
    assert told == files
    assert len(c.told) < 200
    assert isinstance(c.told[-1], ImportFailed)


def test_what_is_kept_is_told_when_it_is_time_though_nothing_is_new() -> None:
    c = Clocked()
    c.telling.take(progress(1))
    c.telling.take(progress(2))
    assert c.told == [progress(1)]
    c.now_s = 1.0
    c.telling.take(None)
    assert c.told == [progress(1), progress(2)]
    c.telling.take(None)
    assert len(c.told) == 2


def test_the_last_of_a_stage_is_told_before_the_next_stage() -> None:
    c = Clocked()
    for done in (1, 2, 3):
        c.telling.take(progress(done, "scanning"))
    c.telling.take(progress(0))
    assert progress(3, "scanning") in c.told


def test_what_is_forgotten_is_never_told() -> None:
    c = Clocked()
    c.telling.take(progress(1))
    c.telling.take(progress(2))
    c.telling.take(FilesSkipped((Skipped("a", "b"),)))
    c.telling.forget()
    c.telling.flush()
    assert c.told == [progress(1)]
