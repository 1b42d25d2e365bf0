"""What the window and the compute thread say to each other: frozen values only.

Arrays in messages are contiguous and read-only, and belong to the receiver. ``session_epoch``
counts changes of the open model; ``sequence`` orders what belongs together within it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentlab.core.image_set import ImageSet
from latentlab.core.latent_density import GaussianMixture
from latentlab.core.matrix_messages import (
    MatrixAdvanced,
    MatrixCell,
    MatrixRequest,
    MatrixRowOpened,
)
from latentlab.core.model_document import ModelDocument
from latentlab.core.neighbours import NeighbourIndex
from latentlab.core.noise_messages import (
    Denoised,
    DenoiseRefused,
    DenoiseRequest,
    StripAdvanced,
    StripRequest,
)
from latentlab.core.run_options import RunOptions
from latentlab.core.variation_messages import (
    CentroidsDecoded,
    CentroidsRequest,
    Varied,
    VaryRequest,
)
from latentlab.engine.jobs import JobReport

TrainAction = Literal["pause", "resume", "step", "stop"]
TrainStatus = Literal["idle", "preparing", "running", "paused", "finishing"]

# --- interactive requests: newest wins, one place for each kind --------------------------------


@dataclass(frozen=True)
class DecodeRequest:
    """Decode one code, float32 (d,), at the cursor.

    ``event_s`` is when it was asked for; ``by_hand`` tells a moved cursor from changed weights.
    """

    session_epoch: int
    sequence: int
    z: NDArray[np.float32]
    event_s: float
    by_hand: bool


@dataclass(frozen=True, eq=False)
class CompareRequest:
    """Compare the pictures of two codes, float32 (d,): at the cursor, and of the nearest image."""

    session_epoch: int
    sequence: int
    z: NDArray[np.float32]
    nearest_z: NDArray[np.float32]


@dataclass(frozen=True)
class ReconstructRequest:
    """Encode and decode one data image, uint8 (h, w, c); one of another shape is adapted."""

    session_epoch: int
    sequence: int
    index: int
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class TilesRequest:
    """Decode cells of the grid: ``keys`` int64 (n, 2) of a level, at codes float32 (n, d)."""

    session_epoch: int
    sequence: int
    level: int
    keys: NDArray[np.int64]
    z: NDArray[np.float32]


@dataclass(frozen=True)
class TraversalEndsRequest:
    """Decode small pictures of both ends of m sliders, at codes float32 (2m, d).

    ``numbers`` says which code numbers: for each the low end comes first, then the high one.
    """

    session_epoch: int
    sequence: int
    numbers: tuple[int, ...]
    z: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NoiseCodesRequest:
    """Encode what noise makes of an image, uint8 (h, w, c), at ``steps`` (name, amount).

    ``wants_path`` asks for growing amounts, ``wants_cloud`` for many seeds at the present ones;
    see :mod:`latentlab.core.noise_paths`. An image of another shape is adapted first.
    """

    session_epoch: int
    sequence: int
    image: NDArray[np.uint8]
    steps: tuple[tuple[str, float], ...]
    seed: int
    wants_path: bool
    wants_cloud: bool


@dataclass(frozen=True, eq=False)
class NoiseFieldRequest:
    """Corrupt data images, numbers int64 (n,), and tell where they and their denoised versions lie.

    It is long work in the order of ``indices``; a newer request ends it.
    """

    session_epoch: int
    sequence: int
    data: ImageSet
    indices: NDArray[np.int64]
    steps: tuple[tuple[str, float], ...]


InteractiveRequest = (
    DecodeRequest
    | CompareRequest
    | ReconstructRequest
    | TilesRequest
    | TraversalEndsRequest
    | NoiseCodesRequest
    | NoiseFieldRequest
    | DenoiseRequest
    | StripRequest
    | VaryRequest
    | CentroidsRequest
    | MatrixRequest
)

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
class TrainCommand:
    """Start a training run on the open data; ``name`` is what people read."""

    spec: RunOptions
    run_folder: Path
    name: str


@dataclass(frozen=True)
class TrainControlCommand:
    """Pause, resume, single-step or stop the training run."""

    action: TrainAction


@dataclass(frozen=True)
class EncodePictureCommand:
    """Encode a picture that is not among the data: the bytes of its file, or where it lies.

    ``name`` is what people read.
    """

    name: str
    content: bytes | Path


@dataclass(frozen=True)
class ForgetPictureCommand:
    """Stop encoding the picture that was brought in."""


@dataclass(frozen=True)
class WatchCommand:
    """Continue some work because somebody looks at what comes of it, or pause it."""

    job: str
    is_watched: bool


Command = (
    UseDataCommand
    | OpenDataCommand
    | OpenModelCommand
    | SaveModelCommand
    | UseDeviceCommand
    | TrainCommand
    | TrainControlCommand
    | EncodePictureCommand
    | ForgetPictureCommand
    | WatchCommand
)

# --- results -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decoded:
    """The picture of a :class:`DecodeRequest`: uint8 (h, w, c), at code ``z``."""

    session_epoch: int
    sequence: int
    z: NDArray[np.float32]
    image: NDArray[np.uint8]
    weights_version: int
    decode_ms: float
    event_s: float
    by_hand: bool


@dataclass(frozen=True)
class NearestCompared:
    """The RMSE between the two pictures of a :class:`CompareRequest`, 0 to 1."""

    session_epoch: int
    rmse: float


@dataclass(frozen=True)
class PictureScaleMeasured:
    """How far a held-out image usually is from the nearest training image, as RMSE; NaN unknown."""

    session_epoch: int
    scale: float


@dataclass(frozen=True)
class Reconstructed:
    """The reconstruction of a :class:`ReconstructRequest`, its code and its loss in nats."""

    session_epoch: int
    sequence: int
    index: int
    z: NDArray[np.float32]
    image: NDArray[np.uint8]
    recon_loss: float


@dataclass(frozen=True, eq=False)
class PictureEncoded:
    """What the model makes of the picture of an :class:`EncodePictureCommand`.

    It comes again when the weights or the model change. ``source`` is the file, ``None`` for
    bytes; ``source_size`` is (width, height) in pixels and ``source_mode`` the kind of pixels, in
    Pillow's words, before it was adapted. ``picture`` is what the model was given and ``image``
    its reconstruction, both uint8 (h, w, c); ``recon_loss`` is in nats. ``is_new`` is true once.
    """

    session_epoch: int
    name: str
    source: Path | None
    source_size: tuple[int, int]
    source_mode: str
    picture: NDArray[np.uint8]
    z: NDArray[np.float32]
    image: NDArray[np.uint8]
    recon_loss: float
    weights_version: int
    is_new: bool


@dataclass(frozen=True)
class TilesDecoded:
    """Cells of the grid: ``keys`` int64 (n, 2), ``images`` uint8 (n, h, w, c)."""

    session_epoch: int
    sequence: int
    level: int
    keys: NDArray[np.int64]
    images: NDArray[np.uint8]
    weights_version: int


@dataclass(frozen=True)
class TraversalEndsDecoded:
    """The pictures of a :class:`TraversalEndsRequest`, uint8 (2m, side, side, c)."""

    session_epoch: int
    sequence: int
    numbers: tuple[int, ...]
    images: NDArray[np.uint8]
    weights_version: int


@dataclass(frozen=True, eq=False)
class NoiseCodes:
    """The answer to a :class:`NoiseCodesRequest`.

    ``path`` is float32 (m, d), from the image itself to 100 %, with m = 0 where it was not wanted;
    ``cloud`` float32 (k, d), k ≥ 1: the first is the code at the present amounts and seed.
    """

    session_epoch: int
    sequence: int
    steps: tuple[tuple[str, float], ...]
    path: NDArray[np.float32]
    cloud: NDArray[np.float32]
    weights_version: int


@dataclass(frozen=True, eq=False)
class NoiseField:
    """Further arrows of a :class:`NoiseFieldRequest`.

    ``starts`` and ``ends`` are float32 (n, d): the codes of corrupted images and of what they are
    denoised to. ``complete`` says that no more will come.
    """

    session_epoch: int
    sequence: int
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    complete: bool
    weights_version: int


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
class TrainStatusChanged:
    """Training has started, paused, gone on, or ended; ``sentence`` says why where it matters."""

    status: TrainStatus
    sentence: str = ""
    spec: RunOptions | None = None
    run_folder: Path | None = None


@dataclass(frozen=True)
class TrainProgress:
    """Where training is. ``seconds_left`` is an estimate and never negative."""

    step: int
    total_steps: int
    epoch: int
    epochs: int
    images_per_s: float
    seconds_left: float
    weights_version: int


@dataclass(frozen=True)
class CurvePoint:
    """One point of the training curves, in nats per image.

    ``epochs_done`` counts passes with their fraction; ``penalties`` are what the objective adds,
    unweighted, by name.
    """

    step: int
    epoch: int
    epochs_done: float
    split: Literal["train", "held_out"]
    loss: float
    recon_loss: float
    kl: float
    penalties: Mapping[str, float] = field(default_factory=dict)

    def term(self, name: str) -> float:
        """Return ``loss``, ``recon_loss``, ``kl`` or a penalty by name; NaN where there is none."""
        if name in ("loss", "recon_loss", "kl"):
            return float(getattr(self, name))
        return self.penalties.get(name, math.nan)


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
        The name of the command's class, or a :data:`latentlab.core.failure.Job`; ``load``,
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


Result = (
    Decoded
    | NearestCompared
    | PictureScaleMeasured
    | Reconstructed
    | PictureEncoded
    | TilesDecoded
    | TraversalEndsDecoded
    | NoiseCodes
    | NoiseField
    | Denoised
    | DenoiseRefused
    | StripAdvanced
    | Varied
    | CentroidsDecoded
    | MatrixRowOpened
    | MatrixCell
    | MatrixAdvanced
    | Embedded
    | EngineReady
    | DeviceUsed
    | DataOpened
    | ModelOpened
    | ModelSaved
    | TrainStatusChanged
    | TrainProgress
    | CurvePoint
    | Warned
    | Failed
    | JobReport
)
