"""Settings that survive the program: window geometry, theme, recent files.

They are plain text, numbers and lists in a JSON file. Qt's own settings are not used: they turn
text of a certain form into objects, and unpickle those of Python.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import msgspec
from filelock import FileLock, Timeout
from PySide6.QtCore import QRect

from latentlab.base.atomic_write import atomic_write
from latentlab.base.folders import config_folder
from latentlab.workspace.old_settings import old_settings

MAX_RECENT = 10

_MAX_BYTES = 1 << 20
_LOCK_S = 0.5  # another window writes for a few milliseconds

_Place = Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)]
_Side = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
_Path = Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]

DockArea = Literal["left", "right", "top", "bottom"]


@dataclass(frozen=True)
class DockPlace:
    """Where a dock is.

    Attributes
    ----------
    area
        Where it is docked, or goes when it no longer floats.
    rect
        x, y, width and height in pixels; within the window unless it floats.
    is_visible, is_floating
        Whether it is shown, and whether it is a window of its own.
    tabbed_with
        Names of the docks that it shares a place with.
    """

    area: DockArea
    rect: tuple[_Place, _Place, _Side, _Side]
    is_visible: bool = True
    is_floating: bool = False
    tabbed_with: tuple[str, ...] = ()


_FIELDS: dict[str, Any] = {
    "theme": Literal["system", "dark", "light"],
    "window_rect": tuple[_Place, _Place, _Side, _Side],  # x, y, width, height
    "window_maximised": bool,
    "docks": dict[str, DockPlace],
    "recent": list[_Path],
}

log = logging.getLogger(__name__)


class Settings:
    """A JSON file in the application's folder; a damaged one is moved aside.

    Each change is written at once, into what the file holds by then: several windows may have the
    same one, and of a field the last to write wins. Fields of a newer version stay as they are.

    Attributes
    ----------
    notice
        A sentence for the user if the file had to be moved aside, else empty.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "settings.json"
        self.notice = ""
        self._values: dict[str, Any] = {}
        self._seen: tuple[int, ...] = ()  # the file that the values are from
        if not os.path.lexists(self.path):
            self._values = _checked(old_settings(self.path.with_name("latentlab.ini")))[0]
        self._refresh()

    def geometry(self) -> tuple[QRect, bool] | None:
        """Return the window's place and whether it was maximised, ``None`` at the first start."""
        rect = self._values.get("window_rect")
        if rect is None:
            return None
        return QRect(*rect), self._values.get("window_maximised", False)

    def docks(self) -> dict[str, DockPlace]:
        """Return the places of the docks by name, none at the first start."""
        return msgspec.convert(self._values.get("docks", {}), dict[str, DockPlace])

    def set_geometry(self, rect: QRect, maximised: bool, docks: Mapping[str, DockPlace]) -> None:
        """Keep the window's place and docks."""
        place = {
            "window_rect": [rect.x(), rect.y(), rect.width(), rect.height()],
            "window_maximised": maximised,
            "docks": {name: asdict(dock) for name, dock in docks.items()},
        }
        self._change(lambda values: values.update(place))

    def theme(self) -> str:
        """Return ``"system"``, ``"dark"`` or ``"light"``."""
        return str(self._values.get("theme", "system"))

    def set_theme(self, mode: str) -> None:
        """Keep the theme."""
        self._change(lambda values: values.update(theme=mode))

    def recent(self) -> list[str]:
        """Return the paths opened last, in any window, newest first."""
        self._refresh()
        return list(self._values.get("recent", []))[:MAX_RECENT]

    def add_recent(self, path: str) -> None:
        """Put a path at the head of the recent list."""
        self._change_recent(path, [path])

    def remove_recent(self, path: str) -> None:
        """Drop a path from the recent list."""
        self._change_recent(path, [])

    def _change_recent(self, path: str, head: list[str]) -> None:
        def change(values: dict[str, Any]) -> None:
            others = [other for other in values.get("recent", []) if other != path]
            values["recent"] = [*head, *others][:MAX_RECENT]

        self._change(change)

    def _change(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Apply a change to what the file holds now; where it cannot be written, for this run."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked():
                self._refresh()
                change(self._values)
                atomic_write(self.path, self._write)
                self._seen = self._signature()
        except OSError as error:
            change(self._values)
            log.info("settings are not written: %s", error)

    def _write(self, file: BinaryIO) -> None:
        # ASCII: paths need not be valid UTF-8.
        file.write(json.dumps(self._values, indent=1).encode())

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold off other windows; a file system without locks, or a stuck window, does not."""
        lock = FileLock(self.path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=_LOCK_S, poll_interval=0.01)
        except (Timeout, OSError, NotImplementedError) as error:
            log.info("settings are written without a lock: %s", error)
        try:
            yield
        finally:
            lock.release()

    def _refresh(self) -> None:
        """Take over what is in the file, if anybody has written it since."""
        signature = self._signature()
        if signature == self._seen:
            return
        self._seen = signature
        if not signature:  # there is none, or not any more
            return
        found = _object_in(self.path)
        if found is None:
            self._move_aside("The settings were damaged; they were moved to “{}” and are not used.")
            return
        self._values, wrong = _checked(found)
        if wrong:
            names = ", ".join(wrong)
            self._move_aside(
                f"Some settings were damaged ({names}) and are not used; they are kept in “{{}}”."
            )

    def _move_aside(self, sentence: str) -> None:
        bad = self.path.with_name(f"{self.path.name}.bad")
        try:
            self.path.replace(bad)
        except OSError as error:
            log.info("settings are not moved aside: %s", error)
            return
        self._seen = ()
        self.notice = sentence.format(bad.name)

    def _signature(self) -> tuple[int, ...]:
        try:
            status = self.path.lstat()
        except OSError:
            return ()
        return (status.st_ino, status.st_size, status.st_mtime_ns)


def _object_in(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file, ``None`` if it holds none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            return None
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        found = json.loads(content) if len(content) <= _MAX_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _checked(values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the fields that are as they should be or unknown, and the names of the others."""
    good, wrong = {}, []
    for name, value in values.items():
        if name in _FIELDS:
            try:
                msgspec.convert(value, _FIELDS[name])
            except msgspec.ValidationError:
                wrong.append(name)
                continue
        good[name] = value
    return good, wrong
