"""Where the weights of a model lie, found without opening anything."""

from __future__ import annotations

from pathlib import Path

BEST_NAME = "model.safetensors"
LAST_NAME = "last.safetensors"
RUN_NAME = "run.json"  # beside them: what the run was asked for
SUFFIX = ".safetensors"


def weights_file(path: Path) -> Path | None:
    """Return the file that holds the weights of a model file or run folder.

    ``None`` if there is none, as far as one can tell: of a run folder it is the best weights, or
    else the latest.
    """
    try:
        if path.is_dir():
            return next((f for n in (BEST_NAME, LAST_NAME) if (f := path / n).is_file()), None)
        return path if path.suffix == SUFFIX and path.is_file() else None
    except (OSError, ValueError):  # ValueError: a null character in the name
        return None


def model_title(path: Path) -> str:
    """Return what people call a model file or run folder."""
    if path.name in (BEST_NAME, LAST_NAME) and path.parent.name:
        return path.parent.name
    return path.stem if path.suffix == SUFFIX else path.name
