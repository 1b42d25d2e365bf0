"""A file under its final name is complete, whatever fails and whenever."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from latentlab.base.atomic_write import atomic_write, previous_path, remove_stale_temporaries

OLD = b"old content"
NEW = b"new content, " * 3000  # longer than the write buffer: several writes


def write_new(file: BinaryIO) -> None:
    for start in range(0, len(NEW), 5000):
        file.write(NEW[start : start + 5000])


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(OLD)
    return path


class SystemCalls:
    """Records the system calls of a write and fails the n-th of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self.fail_at = 0
        self.error = errno.ENOSPC
        calls = self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                calls.count("write")
                return super().write(data)

        def open_file(path: Path, mode: str) -> BinaryIO:
            calls.count("create" if mode == "xb" else "open")
            raw = File(path, mode.replace("b", ""))
            return io.BufferedWriter(raw) if mode == "xb" else io.BufferedReader(raw)

        monkeypatch.setattr(Path, "open", open_file)
        for name in ("fsync", "replace", "link", "open"):
            monkeypatch.setattr(os, name, self.counted(name, getattr(os, name)))

    def counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.count(name if name != "open" else "open folder")
            return function(*args, **kwargs)

        return call

    def count(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.fail_at:
            raise OSError(self.error, os.strerror(self.error))


def test_creates_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "new.bin"
    atomic_write(path, lambda file: None)
    assert path.read_bytes() == b""
    atomic_write(path, write_new)
    assert path.read_bytes() == NEW
    assert names(tmp_path) == {"new.bin"}


def test_keeps_the_usual_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    path = tmp_path / "written"
    atomic_write(path, write_new)
    assert path.stat().st_mode == usual.stat().st_mode


def test_flushes_before_and_after_the_rename(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = SystemCalls(monkeypatch)
    atomic_write(path, write_new)
    order = [name for name in calls.names if name != "write"]
    assert order == ["create", "fsync", "replace", "open folder", "fsync"]
    assert "write" not in calls.names[calls.names.index("fsync") :]


def test_keeps_the_previous_file(path: Path) -> None:
    atomic_write(path, write_new, keep_previous=True)
    assert path.read_bytes() == NEW
    assert previous_path(path).read_bytes() == OLD
    atomic_write(path, lambda file: None, keep_previous=True)
    assert path.read_bytes() == b""
    assert previous_path(path).read_bytes() == NEW
    assert len(names(path.parent)) == 2


def test_has_nothing_to_keep_at_first(tmp_path: Path) -> None:
    atomic_write(tmp_path / "new.bin", write_new, keep_previous=True)
    assert names(tmp_path) == {"new.bin"}


def test_previous_may_already_be_the_same_file(path: Path) -> None:
    # What a kill between the two renames leaves behind.
    os.link(path, previous_path(path))
    atomic_write(path, write_new, keep_previous=True)
    assert previous_path(path).read_bytes() == OLD
    assert len(names(path.parent)) == 2


def test_the_path_is_complete_at_each_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    calls = SystemCalls(monkeypatch)

    def look(name: str) -> None:
        with io.FileIO(path) as file:
            seen.append(file.readall())

    monkeypatch.setattr(calls, "count", look)
    atomic_write(path, write_new, keep_previous=True)
    assert set(seen) == {OLD, NEW}
    assert seen == sorted(seen, key=(OLD, NEW).index)


def test_copies_where_there_are_no_hard_links(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*args: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", link)
    atomic_write(path, write_new, keep_previous=True)
    assert previous_path(path).read_bytes() == OLD
    assert path.read_bytes() == NEW
    assert len(names(path.parent)) == 2


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("keep_previous", [False, True])
def test_each_call_may_fail(path: Path, error: int, keep_previous: bool) -> None:
    fail_at = num_calls = 0
    failed = []
    while fail_at <= num_calls:
        fail_at += 1
        with pytest.MonkeyPatch.context() as monkeypatch:
            calls = SystemCalls(monkeypatch)
            calls.fail_at, calls.error = fail_at, error
            try:
                atomic_write(path, write_new, keep_previous=keep_previous)
                raised = False
            except OSError as caught:
                assert caught.errno == error
                raised = True
        num_calls = len(calls.names)
        renamed = path.read_bytes() == NEW
        assert renamed or path.read_bytes() == OLD
        if fail_at <= num_calls:
            failed.append(calls.names[fail_at - 1])
            flushing_folder = "open folder" in calls.names
            assert renamed == (not raised or flushing_folder)
            assert raised or failed[-1] == "link"  # then it is copied
        kept = {previous_path(path).name} & names(path.parent)
        assert names(path.parent) == {path.name, *kept}
        if kept:
            assert previous_path(path).read_bytes() in (OLD, NEW)
        path.write_bytes(OLD)
        previous_path(path).unlink(missing_ok=True)
    assert {"create", "write", "fsync", "replace", "open folder"} <= set(failed)
    assert ("link" in failed) == keep_previous


def test_a_folder_that_cannot_be_flushed_is_no_failure(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_folder(*args: object) -> int:
        raise OSError(errno.EINVAL, "cannot flush")

    monkeypatch.setattr(os, "open", open_folder)
    atomic_write(path, write_new)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_an_error_of_the_writer_passes_through(path: Path, error: BaseException) -> None:
    def write(file: BinaryIO) -> None:
        file.write(NEW)
        raise error

    with pytest.raises(type(error)) as caught:
        atomic_write(path, write, keep_previous=True)
    assert caught.value is error
    assert path.read_bytes() == OLD
    assert names(path.parent) == {path.name}


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "none" / "file", write_new)


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "line\nbreak", ".hidden", "a b.c"])
def test_any_name_the_system_allows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    left: list[str] = []

    def write(file: BinaryIO) -> None:
        left.extend(names(tmp_path))
        file.write(OLD)

    atomic_write(path, write)
    assert path.read_bytes() == OLD
    (tmp_path / left[0]).touch()  # as if killed while writing
    assert remove_stale_temporaries(tmp_path) == [tmp_path / left[0]]
    assert names(tmp_path) == {name}


def test_removes_only_temporaries(path: Path) -> None:
    stale = path.with_name(".model.safetensors.0123456789abcdef.tmp")
    stale.touch()
    folder = path.with_name(".folder.0123456789abcdef.tmp")
    folder.mkdir()
    for name in (".hidden", "mine.tmp", ".notes.txt.tmp", "model.0123456789abcdef.tmp"):
        path.with_name(name).touch()
    before = names(path.parent)
    assert remove_stale_temporaries(path.parent) == [stale]
    assert names(path.parent) == before - {stale.name}
