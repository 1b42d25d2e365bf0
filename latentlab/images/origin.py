"""Where the images of a set come from: their files, what was left out, and their splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from latentlab.images.treatment import TreatmentOptions

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Skipped:
    """A file that is not among the images, and why not, in words."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Origin:
    """The files behind an image set.

    Attributes
    ----------
    root
        Folder, archive or file that was opened; files are named relative to it.
    files
        File of each image, n names with ``/`` between folders; read as needed.
    skipped
        What was found and left out.
    source_sizes
        (width, height) in pixels -> number of files, before anything was done to them.
    source_modes
        Kind of pixels, in Pillow's words -> number of files.
    num_duplicates
        How many files have exactly the content of another one.
    splits
        int8 (n,), index into :data:`SPLITS`, or ``None`` where the folders name no splits.
    treatment
        What was done to the pictures, nothing left open.
    """

    root: str
    files: Sequence[str]
    skipped: tuple[Skipped, ...] = ()
    source_sizes: Mapping[tuple[int, int], int] = field(default_factory=dict)
    source_modes: Mapping[str, int] = field(default_factory=dict)
    num_duplicates: int = 0
    splits: NDArray[np.int8] | None = None
    treatment: TreatmentOptions | None = None
