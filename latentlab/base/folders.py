"""The application's own folders; nothing is written anywhere else unless the user names it."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def _root() -> Path | None:
    home = os.environ.get("LATENTLAB_HOME")
    return Path(home).expanduser() if home else None


def data_folder() -> Path:
    """Return where runs and data are kept. ``LATENTLAB_HOME`` overrides all of these folders."""
    root = _root()
    return root / "data" if root else Path(platformdirs.user_data_dir("LatentLab", False))


def config_folder() -> Path:
    """Return where settings are kept."""
    root = _root()
    return root / "config" if root else Path(platformdirs.user_config_dir("LatentLab", False))


def log_folder() -> Path:
    """Return where the log is kept."""
    root = _root()
    return root / "log" if root else Path(platformdirs.user_log_dir("LatentLab", False))


def runs_folder() -> Path:
    """Return where the window's training runs are kept."""
    return data_folder() / "runs"


def cache_folder() -> Path:
    """Return where pictures are kept packed; all of it can be made again."""
    root = _root()
    return root / "cache" if root else Path(platformdirs.user_cache_dir("LatentLab", False))


def downloads_folder() -> Path:
    """Return where known data sets go when somebody asks for their download."""
    return data_folder() / "downloads"
