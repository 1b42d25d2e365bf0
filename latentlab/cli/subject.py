"""What most commands are about: a trained model, and some images."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from latentlab.core.bundled import BUNDLED_MODELS, model_path
from latentlab.core.errors import DataError, UsageError
from latentlab.core.image_set import ImageSet, held_out_indices
from latentlab.core.openmp import wait_passively
from latentlab.data.catalog import open_data
from latentlab.family.described_model import run_spec

if TYPE_CHECKING:
    from latentlab.nn.open_model import OpenedModel

SPLITS = ("auto", "held-out", "train", "all")


@dataclass(frozen=True)
class Subject:
    """Images that a command works on.

    Attributes
    ----------
    data
        The whole set.
    indices
        int64, the images meant, sorted.
    split
        Which ones these are: ``held-out``, ``train`` or ``all``.
    """

    data: ImageSet
    indices: NDArray[np.int64]
    split: str

    @property
    def images(self) -> NDArray[np.uint8]:
        """The images meant, uint8 (n, h, w, c)."""
        return np.asarray(self.data.images)[self.indices]


def open_trained(run: str, device: str) -> OpenedModel:
    """Open a run folder, a model file or a bundled model.

    Raises
    ------
    UsageError
        If there is nothing of that name.
    ModelFileError
        If it cannot be opened.
    """
    try:
        is_there = model_path(run).exists()
    except (OSError, RuntimeError):  # a name that is too long, or an unknown ~user
        is_there = False
    if not is_there:
        raise UsageError(
            f"There is no run or model “{run}”; bundled models are: {', '.join(BUNDLED_MODELS)}."
        )
    wait_passively()
    from latentlab.nn.open_model import open_model

    return open_model(run, device=device)


def open_images(name: str) -> ImageSet:
    """Open a data set.

    Raises
    ------
    UsageError
        If it is missing or cannot be opened.
    """
    try:
        return open_data(name)
    except DataError as error:
        raise UsageError(error.sentence, error.details) from error


def choose(model: OpenedModel, data: str | None, split: str) -> Subject:
    """Return the images to work on.

    Parameters
    ----------
    model
        Says which images fit, and which ones it was trained on.
    data
        Name or path; ``None`` for the data that the model was trained on.
    split
        One of :data:`SPLITS`; ``auto`` takes the held-out images of the model's own data, and all
        images of any other.

    Raises
    ------
    UsageError
        If the images are missing or do not fit the model.
    """
    document = model.document
    images = open_images(document.data_name if data is None else data)
    if images.image_shape != model.image_shape:
        raise UsageError(
            f"The images of “{images.title}” are {_size(images.image_shape)}; this model takes "
            f"{_size(model.image_shape)}."
        )
    spec = run_spec(document)
    share = 0.1 if spec is None else spec.held_out
    is_own = images.fingerprint == document.data_fingerprint
    held_out = held_out_indices(len(images), share)
    if split == "auto":
        split = "held-out" if is_own and len(held_out) else "all"
    everything = np.arange(len(images))
    chosen = {
        "held-out": held_out,
        "train": np.setdiff1d(everything, held_out),
        "all": everything,
    }[split]
    if not len(chosen):
        raise UsageError(f"“{images.title}” has no {split} images.")
    return Subject(images, chosen, split)


def _size(shape: tuple[int, int, int]) -> str:
    return f"{shape[1]} × {shape[0]} {'grey' if shape[2] == 1 else 'colour'}"


def print_json(found: dict[str, Any]) -> None:
    """Write one JSON object; what is no number, such as an infinite PSNR, becomes null."""
    print(json.dumps(_plain(found), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def writable(path: Path) -> Path:
    """Return a path for a result after making sure that its folder is there.

    Raises
    ------
    UsageError
        If the folder cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"“{path.parent}” cannot be made: {error.strerror or error}.") from error
    return path
