"""One program at a time on a run folder."""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from latentlab.base.errors import TrainingError
from latentlab.base.write_errors import why_not_written

# What the system answers for a disk that cannot lock files, as some network disks cannot.
_CANNOT_LOCK = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}

_MAX_MARK_BYTES = 4096


class RunLock:
    """Holds a run folder until :meth:`release`, or until the process ends, however it ends.

    The operating system keeps the lock, so one left behind by a killed program is free again. On
    a disk that cannot lock files, a file with the name of the program takes its place; it is
    recognised as left behind where that program ran on this machine and has ended.

    Raises
    ------
    TrainingError
        If another program holds it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._mark: Path | None = None
        # Each run has its own lock, also where two are opened by the same thread.
        self._lock = _system_lock(folder / "run.lock")
        try:
            if not self._acquire():
                self._make_mark(folder)
        except Timeout as error:
            raise TrainingError(
                f"The run folder “{folder}” is in use by another program that trains in it; wait "
                "until that ends, or choose another folder."
            ) from error
        except OSError as error:
            raise TrainingError(
                f"The run folder “{folder}” cannot be locked: {why_not_written(error)}."
            ) from error

    def release(self) -> None:
        """Let others use the folder."""
        self._lock.release()
        if self._mark is not None:
            self._mark.unlink(missing_ok=True)
            self._mark = None

    def _acquire(self) -> bool:
        """Take the lock of the system; return whether this disk has such locks."""
        try:
            self._lock.acquire(timeout=0)
        except NotImplementedError:  # as older versions of filelock put it
            return False
        except OSError as error:
            if isinstance(error, Timeout) or error.errno not in _CANNOT_LOCK:
                raise
            return False
        return True

    def _make_mark(self, folder: Path) -> None:
        mark = folder / "run.lock.held"
        owner = {"host": socket.gethostname(), "process": os.getpid()}
        for attempt in range(2):
            try:
                with mark.open("x", encoding="utf-8") as file:
                    json.dump(owner, file)
                self._mark = mark
                return
            except FileExistsError:
                holder = _owner_in(mark)
                if attempt or not _has_ended(holder):
                    raise TrainingError(
                        f"The run folder “{folder}” is in use by process "
                        f"{holder.get('process', '(unknown)')} on "
                        f"“{holder.get('host', 'an unknown machine')}”, and its disk cannot lock "
                        f"files; if that program has ended, remove “{mark.name}” from the folder."
                    ) from None
                mark.unlink(missing_ok=True)


def _system_lock(path: Path) -> BaseFileLock:
    try:
        # Newer versions of filelock would warn of such a disk, and lock it in a way of their own.
        return FileLock(path, thread_local=False, fallback_to_soft=False)
    except TypeError:
        return FileLock(path, thread_local=False)


def _owner_in(mark: Path) -> dict[str, object]:
    """Return what a mark says of the program that made it; nothing if it cannot be read."""
    try:
        with mark.open("rb") as file:
            said = json.loads(file.read(_MAX_MARK_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _has_ended(owner: dict[str, object]) -> bool:
    """Whether a program surely has ended: it ran on this machine, and is not among its processes.

    A process of another user counts as running, and so does one that has taken the same number.
    """
    process = owner.get("process")
    if owner.get("host") != socket.gethostname() or not isinstance(process, int) or process <= 0:
        return False
    if os.name == "nt":  # there os.kill would end the process
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False
