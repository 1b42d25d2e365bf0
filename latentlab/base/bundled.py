"""The models and data sets that come with the program, by name."""

from __future__ import annotations

from pathlib import Path

from latentlab.base.model_place import BEST_NAME
from latentlab.base.resources import resource

BUNDLED_MODELS = ("digits-vae", "digits-denoiser")
BUNDLED_DATA = ("digits", "emoji", "shapes")
DEFAULT_MODEL = "digits-vae"
DEFAULT_DATA = "digits"


def model_path(name_or_path: str | Path) -> Path:
    """Return the file of a bundled model by name, and any other path as it is.

    A file or folder of that name in the current folder does not hide a bundled model; write
    ``./digits-vae`` for it.
    """
    if str(name_or_path) in BUNDLED_MODELS:
        return resource("models", str(name_or_path), BEST_NAME)
    return Path(name_or_path).expanduser()
