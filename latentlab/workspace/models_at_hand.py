"""The models that people have used or trained lately."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from latentlab.base.folders import runs_folder
from latentlab.base.model_place import weights_file

_MOST_RUNS = 4


def models_at_hand(recent: Iterable[str]) -> list[Path]:
    """Return absolute paths of model files and run folders, each once.

    Parameters
    ----------
    recent
        What was opened last, newest first; what holds no model is left out. After it come the
        latest runs of the window.
    """
    found = [Path(path).absolute() for path in recent]
    return list(dict.fromkeys(p for p in (*found, *_latest_runs()) if weights_file(p) is not None))


def _latest_runs() -> list[Path]:
    try:
        folders = [path.absolute() for path in runs_folder().iterdir()]
        weights = [(file, path) for path in folders if (file := weights_file(path)) is not None]
        weights.sort(key=_changed_ns, reverse=True)
    except OSError:
        return []
    return [folder for _, folder in weights[:_MOST_RUNS]]


def _changed_ns(found: tuple[Path, Path]) -> int:
    return found[0].stat().st_mtime_ns
