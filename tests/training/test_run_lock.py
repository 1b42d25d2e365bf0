"""One program at a time, also on disks that cannot lock files."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from latentlab.base.errors import TrainingError
from latentlab.training import run_lock
from latentlab.training.run_lock import RunLock

fcntl = pytest.importorskip("fcntl")

CODES = [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK]


def refuse_locks(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_the_second_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first = RunLock(tmp_path)
    with pytest.raises(TrainingError, match="in use by another program"):
        RunLock(tmp_path)
    first.release()
    RunLock(tmp_path).release()


@pytest.mark.parametrize("code", CODES)
def test_a_disk_without_locks_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    refuse_locks(monkeypatch, code)
    first = RunLock(tmp_path)
    with pytest.raises(TrainingError, match=f"in use by process {os.getpid()} on"):
        RunLock(tmp_path)
    first.release()
    first.release()
    RunLock(tmp_path).release()
    assert not (tmp_path / "run.lock.held").exists()


def test_older_locks_that_are_not_implemented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OldLock:
        def __init__(self, path: Path, thread_local: bool = True) -> None:
            del path, thread_local

        def acquire(self, timeout: float) -> None:
            raise NotImplementedError("FileSystem does not appear to support flock")

        def release(self) -> None:
            pass

    monkeypatch.setattr(run_lock, "FileLock", OldLock)
    first = RunLock(tmp_path)
    with pytest.raises(TrainingError, match="in use"):
        RunLock(tmp_path)
    first.release()
    RunLock(tmp_path).release()


def test_a_mark_left_by_a_program_that_has_ended_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_locks(monkeypatch, errno.ENOSYS)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mark = tmp_path / "run.lock.held"
    mark.write_text(json.dumps({"host": socket.gethostname(), "process": ended.pid}))
    lock = RunLock(tmp_path)
    assert json.loads(mark.read_text())["process"] == os.getpid()
    lock.release()


@pytest.mark.parametrize(
    "mark",
    [
        json.dumps({"host": "elsewhere", "process": 1 << 22}),
        json.dumps({"host": socket.gethostname(), "process": "1"}),
        json.dumps({"host": socket.gethostname(), "process": -1}),
        "",
        "[" * 3000,
        "[]",
        "\x00",
    ],
)
def test_a_mark_that_may_be_of_a_running_program_is_respected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    refuse_locks(monkeypatch, errno.ENOSYS)
    (tmp_path / "run.lock.held").write_text(mark)
    with pytest.raises(TrainingError, match=r"remove “run\.lock\.held”"):
        RunLock(tmp_path)
    assert (tmp_path / "run.lock.held").read_text() == mark


def test_a_lock_that_fails_otherwise_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_locks(monkeypatch, errno.EIO)
    with pytest.raises(TrainingError, match="cannot be locked: input/output error"):
        RunLock(tmp_path)
