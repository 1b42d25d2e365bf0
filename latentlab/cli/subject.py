"""What most commands are about: a trained model, and some images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentlab.base.bundled import BUNDLED_MODELS, model_path
from latentlab.base.errors import DataError, UsageError
from latentlab.base.model_place import BEST_NAME, LAST_NAME
from latentlab.base.openmp import wait_briefly
from latentlab.cli.command_options import Split
from latentlab.cli.import_bar import ImportBar
from latentlab.cli.output import note
from latentlab.data.catalog import open_data
from latentlab.images.image_set import ImageSet
from latentlab.images.treatment import TreatmentOptions
from latentlab.models.family.described_model import held_out_share
from latentlab.models.model_document import ModelDocument

if TYPE_CHECKING:
    from latentlab.models.open_model import OpenedModel

_WHOLE_NUMBER = re.compile("0|-?[1-9][0-9]{0,17}")  # as Python writes it, within 64 bits


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
        return self.data.images[self.indices]

    @property
    def labels(self) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
        """Their classes, int64 (n,), and the names that these count, without which they are none.

        Classes that are whole numbers are given as such, and have no names.
        """
        if self.data.labels is None:
            return None, ()
        places, names = self.data.labels[self.indices].astype(np.int64), self.data.class_names
        if places.size and not 0 <= places.min() <= places.max() < len(names):
            return places, ()
        if all(_WHOLE_NUMBER.fullmatch(name) for name in names):
            return np.array([int(name) for name in names], np.int64)[places], ()
        return places, names


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
        path = model_path(run)
        is_there, is_folder = path.exists(), path.is_dir()
    except (OSError, RuntimeError, ValueError):  # too long a name, or an unknown ~user
        is_there = is_folder = False
    if not is_there:
        raise UsageError(
            f"There is no run or model “{run}”; bundled models are: {', '.join(BUNDLED_MODELS)}."
        )
    if is_folder and not any((path / name).exists() for name in (BEST_NAME, LAST_NAME)):
        raise UsageError(
            f"The folder “{run}” holds no model: a run folder has {BEST_NAME} or {LAST_NAME} in it."
        )
    wait_briefly()
    from latentlab.models.open_model import open_model

    return open_model(run, device=device)


def open_images(name: str, options: TreatmentOptions | None = None) -> ImageSet:
    """Open a data set; pictures are read and packed, which is shown on stderr.

    Parameters
    ----------
    options
        What to do with pictures, where it matters.

    Raises
    ------
    UsageError
        If it is missing or cannot be opened.
    """
    options = options or TreatmentOptions()
    options.validate()
    try:
        with ImportBar() as bar:
            data = open_data(name, options, bar.show)
    except DataError as error:
        raise UsageError(error.sentence, error.details) from error
    left_out = 0 if data.origin is None else len(data.origin.skipped)
    if left_out:
        note(
            f"{left_out:,} of the files in “{data.title}” are left out; “latentlab data info” on "
            "the same folder says why."
        )
    return data


def choose(model: OpenedModel, data: str | None, split: Split) -> Subject:
    """Return the images to work on.

    Parameters
    ----------
    model
        Says which images fit, and which ones it was trained on.
    data
        Name or path; ``None`` for the data that the model was trained on.
    split
        ``auto`` takes the held-out images of the model's own data, and all images of any other.

    Raises
    ------
    UsageError
        If the images are missing or do not fit the model.
    """
    document = model.document
    # Pictures that are not packed yet are read as the model takes them.
    treatment = treatment_of(document)
    images = own_images(document) if data is None else open_images(data, treatment)
    if images.image_shape != model.image_shape:
        raise UsageError(
            f"The images of “{images.title}” are {_size(images.image_shape)}; this model takes "
            f"{_size(model.image_shape)}."
        )
    held_out = held_out_of(document, images)
    if split == "auto" or data is None:
        is_own = images.fingerprint == document.data_fingerprint
        if data is None and not is_own:
            note(f"“{document.data_name}” has changed since this model was trained on it.")
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


def held_out_of(document: ModelDocument, data: ImageSet) -> NDArray[np.int64]:
    """Return which images of a set a model's run held out of training, sorted."""
    return data.held_out(held_out_share(document))


def treatment_of(document: ModelDocument) -> TreatmentOptions:
    """Return what makes pictures into images that a model takes, as it was trained on them."""
    return TreatmentOptions.stored(document.data_treatment, document.input_shape)


def own_images(document: ModelDocument) -> ImageSet:
    """Open the images that a model was trained on.

    Raises
    ------
    UsageError
        If they cannot be opened any more.
    """
    try:
        return open_images(document.data_name, treatment_of(document))
    except UsageError as error:
        raise UsageError(
            f"The images that this model was trained on (“{document.data_name}”) cannot be opened "
            "here; name some with --data.",
            error.sentence,
        ) from error


def trained_on(document: ModelDocument, data: ImageSet) -> ImageSet | None:
    """Return the set that a model was trained on: ``data`` itself, or opened by its name.

    ``None`` where it cannot be opened any more, or has changed.
    """
    if data.fingerprint == document.data_fingerprint:
        return data
    try:
        own = own_images(document)
    except UsageError:
        return None
    return own if own.fingerprint == document.data_fingerprint else None


def _size(shape: tuple[int, int, int]) -> str:
    return f"{shape[1]} × {shape[0]} {'grey' if shape[2] == 1 else 'colour'}"
