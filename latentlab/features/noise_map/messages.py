"""What is asked for to show noise on the map, and what comes back.

As in :mod:`latentlab.engine.messages`, arrays are contiguous and read-only and belong to
the receiver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.images.image_set import ImageSet


@dataclass(frozen=True, eq=False)
class NoiseCodesRequest:
    """Encode what noise makes of an image, uint8 (h, w, c), at ``steps`` (name, amount).

    ``wants_path`` asks for growing amounts, ``wants_cloud`` for many seeds at the present ones;
    see :mod:`latentlab.features.noise_map.paths`. An image of another shape is adapted first.
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
