"""Settings that survive the program: window geometry, theme, recent files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRect, QSettings

from latentlab.core.folders import config_folder

MAX_RECENT = 10


class Settings:
    """An INI file in the application's folder; a damaged one is moved aside.

    Attributes
    ----------
    notice
        A sentence for the user if the file had to be moved aside, else empty.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "latentlab.ini"
        self.notice = ""
        self._settings = self._open()

    def geometry(self) -> tuple[QRect, bool] | None:
        """Return the window's place and whether it was maximised, ``None`` at the first start."""
        rect = self._settings.value("window/rect")
        if not isinstance(rect, QRect) or rect.isEmpty():
            return None
        return rect, self._settings.value("window/maximised", "false") in (True, "true")

    def docks(self) -> QByteArray | None:
        """Return the state of toolbar and docks, as Qt saved it."""
        state = self._settings.value("window/docks")
        return state if isinstance(state, QByteArray) else None

    def set_geometry(self, rect: QRect, maximised: bool, docks: QByteArray) -> None:
        """Keep the window's place and docks."""
        self._settings.setValue("window/rect", rect)
        self._settings.setValue("window/maximised", maximised)
        self._settings.setValue("window/docks", docks)

    def theme(self) -> str:
        """Return ``"system"``, ``"dark"`` or ``"light"``."""
        mode = str(self._settings.value("window/theme", "system"))
        return mode if mode in ("system", "dark", "light") else "system"

    def set_theme(self, mode: str) -> None:
        """Keep the theme."""
        self._settings.setValue("window/theme", mode)

    def recent(self) -> list[str]:
        """Return the paths opened last, newest first."""
        value = self._settings.value("recent/paths", [])
        # Qt gives back a list of one as a bare string.
        values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [path for path in values if isinstance(path, str) and path][:MAX_RECENT]

    def add_recent(self, path: str) -> None:
        """Put a path at the head of the recent list."""
        paths = [path, *(other for other in self.recent() if other != path)]
        self._settings.setValue("recent/paths", paths[:MAX_RECENT])

    def remove_recent(self, path: str) -> None:
        """Drop a path from the recent list."""
        self._settings.setValue("recent/paths", [p for p in self.recent() if p != path])

    def sync(self) -> None:
        """Write everything out."""
        self._settings.sync()

    def _open(self) -> QSettings:
        settings = self._load()
        if settings.status() == QSettings.Status.NoError and self._is_text():
            return settings
        bad = self.path.with_suffix(self.path.suffix + ".bad")
        try:
            self.path.replace(bad)
        except OSError:
            return settings
        self.notice = (
            f"The settings were damaged; they were moved to “{bad.name}” and the program "
            "starts with its defaults."
        )
        return self._load()

    def _load(self) -> QSettings:
        return QSettings(str(self.path), QSettings.Format.IniFormat)

    def _is_text(self) -> bool:
        """Qt takes any bytes for settings, so look for what no settings file contains."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return b"\0" not in content and (not content.strip() or content.lstrip()[:1] in b"[;#")
