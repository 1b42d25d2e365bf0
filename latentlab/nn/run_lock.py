"""One program at a time on a run folder."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from latentlab.core.errors import TrainingError


class RunLock:
    """Holds a run folder until :meth:`release`, or until the process ends, however it ends.

    The operating system keeps the lock, so one left behind by a killed program is free again.

    Raises
    ------
    TrainingError
        If another program holds it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        # Each run has its own lock, also where two are opened by the same thread.
        self._lock = FileLock(folder / "run.lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise TrainingError(
                f"The run folder “{folder}” is in use by another program that trains in it; wait "
                "until that ends, or choose another folder."
            ) from error
        except OSError as error:
            raise TrainingError(
                f"The run folder “{folder}” cannot be locked: {error.strerror or error}."
            ) from error

    def release(self) -> None:
        """Let others use the folder."""
        self._lock.release()
