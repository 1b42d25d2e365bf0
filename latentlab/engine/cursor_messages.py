"""What is said about the cursor, the selected image and the query image.

As in :mod:`latentlab.engine.messages`, arrays are contiguous and read-only and belong to
the receiver.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


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
class TraversalEndsRequest:
    """Decode small pictures of both ends of m sliders, at codes float32 (2m, d).

    ``numbers`` says which code numbers: for each the low end comes first, then the high one.
    """

    session_epoch: int
    sequence: int
    numbers: tuple[int, ...]
    z: NDArray[np.float32]


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
class TraversalEndsDecoded:
    """The pictures of a :class:`TraversalEndsRequest`, uint8 (2m, side, side, c)."""

    session_epoch: int
    sequence: int
    numbers: tuple[int, ...]
    images: NDArray[np.uint8]
    weights_version: int
