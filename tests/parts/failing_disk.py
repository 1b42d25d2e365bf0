"""A disk that refuses one step of a write: the n-th call of all that write, flush or rename."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import pytest


class FailingDisk:
    """Lets ``fail_at`` steps pass and refuses the next one, and all after it if ``for_good``.

    Parameters
    ----------
    monkeypatch
        Puts everything back.
    modules
        Whose ``atomic_write`` is watched.
    fail_at
        Steps that succeed; ``None`` to count them only.
    code
        The error number.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        modules: tuple[ModuleType, ...],
        fail_at: int | None,
        code: int,
        *,
        for_good: bool = True,
    ) -> None:
        self.steps = 0
        self._fail_at = fail_at
        self._code = code
        self._for_good = for_good
        for name in ("fsync", "replace"):
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))
        for module in modules:
            monkeypatch.setattr(module, "atomic_write", self._atomic_write(module.atomic_write))

    def step(self) -> None:
        """Count a step, or refuse it."""
        number = self.steps
        self.steps += 1
        if self._fail_at is None:
            return
        if number == self._fail_at or (self._for_good and number > self._fail_at):
            raise OSError(self._code, os.strerror(self._code))

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **more: Any) -> Any:
            self.step()
            return call(*args, **more)

        return watched

    def _atomic_write(self, real: Callable[..., None]) -> Callable[..., None]:
        def watched(path: Path, write: Callable[[BinaryIO], None], **more: Any) -> None:
            real(path, lambda file: write(_WatchedFile(file, self)), **more)  # type: ignore[arg-type]

        return watched


class _WatchedFile:
    """A file whose writes are steps."""

    def __init__(self, file: BinaryIO, disk: FailingDisk) -> None:
        self._file = file
        self._disk = disk

    def write(self, content: Any) -> int:
        self._disk.step()
        return self._file.write(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
