"""What the window and the compute thread say to each other: frozen values only.

Arrays in messages are contiguous and read-only, and belong to the receiver. ``session_epoch``
counts changes of the open model; ``sequence`` orders what belongs together within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from latentlab.images.image_set import ImageSet
from latentlab.latent.density import GaussianMixture
from latentlab.latent.neighbours import NeighbourIndex
from latentlab.models.model_document import ModelDocument


class InteractiveRequest(Protocol):
    """What is asked for while somebody interacts: of each kind, the newest alone is served."""

    @property
    def sequence(self) -> int:
        """Grows with each request of its kind."""


Command: TypeAlias = object
"""What is done in order and never dropped: a frozen value with a handler in the engine."""

Result: TypeAlias = object
"""What the compute thread says: a frozen value; who knows its kind takes it, others ignore it."""


# --- commands: kept in order, none is dropped --------------------------------------------------


@dataclass(frozen=True)
class UseDataCommand:
    """Work with an image set that is loaded already."""

    data: ImageSet


@dataclass(frozen=True)
class OpenDataCommand:
    """Load an image set by name or path and work with it."""

    name: str


@dataclass(frozen=True)
class OpenModelCommand:
    """Open a model file, run folder or bundled model."""

    name: str


@dataclass(frozen=True)
class SaveModelCommand:
    """Save the open model to a file."""

    path: Path


@dataclass(frozen=True)
class UseDeviceCommand:
    """Move the open model to a device, ``"auto"`` for the best one."""

    name: str


@dataclass(frozen=True)
class WatchCommand:
    """Continue some work because somebody looks at what comes of it, or pause it."""

    job: str
    is_watched: bool


# --- results -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Embedded:
    """Codes of the open data set, float32 (n, d); rows not known yet are NaN.

    ``index`` answers nearest-neighbour questions about them. ``complete`` says whether all rows
    were encoded with the same weights.
    """

    session_epoch: int
    codes: NDArray[np.float32]
    index: NeighbourIndex | None
    complete: bool
    weights_version: int


@dataclass(frozen=True)
class DeviceOption:
    """A device of this machine: name, title such as ``CPU · 8 threads``, and why."""

    name: str
    title: str
    reason: str


@dataclass(frozen=True)
class EngineReady:
    """The compute thread has loaded torch and serves."""

    devices: tuple[DeviceOption, ...]
    device: str
    import_s: float


@dataclass(frozen=True)
class DeviceUsed:
    """The device has changed."""

    device: str


@dataclass(frozen=True)
class DataOpened:
    """An image set is open."""

    data: ImageSet


@dataclass(frozen=True)
class ModelOpened:
    """A model is open under a new session epoch.

    ``name`` is what people read, ``path`` where it lies, ``None`` while it is only in memory.
    ``fits_data`` says whether the open images have its shape (others are adapted to it to be
    encoded, and never trained on so), ``knows_data`` whether it was trained on them. ``prior`` is
    the density fitted to the training codes, ``None`` where there is none.
    """

    session_epoch: int
    name: str
    path: Path | None
    document: ModelDocument
    fits_data: bool
    knows_data: bool
    prior: GaussianMixture | None = None


@dataclass(frozen=True)
class ModelSaved:
    """The open model was written to a file."""

    path: Path


@dataclass(frozen=True)
class Warned:
    """Something went wrong that work can go on without."""

    sentence: str


@dataclass(frozen=True)
class Failed:
    """A command or job failed; what was open stays open, and all other work continues.

    Attributes
    ----------
    origin
        The name of the command's class, or a :data:`latentlab.engine.failure.Job`; ``load``,
        ``turn`` and ``close`` for the compute thread itself.
    sequence
        Of the request that failed, -1 where there was none.
    is_repeated
        Whether the same failure was said already, and nothing that it depends on has changed.
    """

    origin: str
    sentence: str
    details: str = ""
    engine_is_dead: bool = False
    sequence: int = -1
    is_repeated: bool = False
