"""What tests of the command line share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

SHAPE = (8, 7, 1)  # height, width, channels of the pictures that the small models are of
NUM_IMAGES = 160
NUM_HELD_OUT = 16
LABELS = (3, 7, 9)


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)


Shell = Callable[..., Answer]
Refused = Callable[..., str]


def pictures_of(count: int, shape: tuple[int, int, int], seed: int = 0) -> Any:
    """Soft blobs at random places, uint8 (n, h, w, c)."""
    h, w, c = shape
    rng = np.random.default_rng(seed)
    y, x = rng.uniform(1, h - 2, (count, 1, 1, 1)), rng.uniform(1, w - 2, (count, 1, 1, 1))
    rows, columns = np.arange(h)[None, :, None, None], np.arange(w)[None, None, :, None]
    blob = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 4)
    return (255 * np.repeat(blob, c, 3)).astype(np.uint8)
