"""LatentLab: a desktop lab for latent spaces.

``latentlab.open_model(path)`` opens a trained model for use from Python; ``latentlab.app`` holds
the window. Importing this package imports neither torch nor Qt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from latentlab.models.open_model import OpenedModel

__version__ = "0.1.0"
__all__ = ["__version__", "open_model"]


def open_model(path: str | Path, *, device: str = "auto") -> OpenedModel:
    """Open a trained model for encoding, decoding and reconstruction. Imports torch, never Qt.

    Parameters
    ----------
    path
        A ``.safetensors`` model file, a run folder, or the name of a bundled model
        (``"digits-vae"``).
    device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Raises
    ------
    latentlab.base.errors.ModelFileError
        If the file is missing, damaged, foreign, or made by a newer version.
    """
    from latentlab.models.open_model import open_model as _open

    return _open(path, device=device)
