"""What the import of pictures tells the window: frozen values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Skipped
from latentlab.images.treatment import Treatment, TreatmentOptions

ImportStage = Literal["scanning", "packing"]


@dataclass(frozen=True)
class ImportProgress:
    """How far an import has come.

    ``found`` counts files that may be pictures; ``done`` those read, of ``found`` once scanning
    has ended. ``seconds_left`` is ``None`` until it can be estimated.
    """

    stage: ImportStage
    found: int
    done: int
    num_skipped: int
    per_s: float
    seconds_left: float | None = None


@dataclass(frozen=True, eq=False)
class Survey:
    """What a quick look at some of the pictures says about all of them.

    Attributes
    ----------
    title
        What people read: the folder's or file's name.
    num_files
        Files that may be pictures.
    class_counts
        Class -> number of files, empty without classes.
    num_sampled
        How many pictures ``sizes`` and ``modes`` count.
    sizes
        (width, height) in pixels -> number.
    modes
        Kind of pixels, in Pillow's words -> number.
    has_colour, has_transparency
        Whether any of those looked at is colourful, or transparent somewhere.
    examples
        Some random files, at most 48, by name.
    treatment
        What suits the pictures and what was asked for.
    """

    title: str
    num_files: int
    class_counts: Mapping[str, int]
    num_sampled: int
    sizes: Mapping[tuple[int, int], int]
    modes: Mapping[str, int]
    has_colour: bool
    has_transparency: bool
    examples: tuple[str, ...]
    treatment: Treatment


@dataclass(frozen=True, eq=False)
class Surveyed:
    """A survey, and what it was asked with; comes again when the wishes change."""

    survey: Survey
    options: TreatmentOptions


@dataclass(frozen=True, eq=False)
class ExamplesTreated:
    """Examples as they will be: uint8 (n, h, w, c), for the first n examples of the survey.

    ``originals`` shows them untreated: uint8 (h, w, 3) each, at most 256 pixels a side.
    """

    treatment: Treatment
    names: tuple[str, ...]
    images: NDArray[np.uint8]
    originals: tuple[NDArray[np.uint8], ...] = field(default=())


@dataclass(frozen=True)
class FilesSkipped:
    """Files left out since the last message of this kind."""

    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, eq=False)
class Imported:
    """All pictures are read; ``seconds`` says how long it took, 0 from the cache."""

    data: ImageSet
    seconds: float


@dataclass(frozen=True)
class ImportFailed:
    """Nothing could be imported, and why."""

    sentence: str
    details: str = ""


ImportMessage = ImportProgress | Surveyed | ExamplesTreated | FilesSkipped | Imported | ImportFailed
