"""A set of images in memory, with classes where there are any."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError
from latentlab.base.valid_text import valid_text
from latentlab.images.image_array import ImageArray
from latentlab.images.origin import SPLITS, Origin

_SPLIT_SEED = 0


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one size, as they are trained on and shown.

    Attributes
    ----------
    name
        What the command line and files call it: a bundled name or a path.
    title
        What people read.
    images
        uint8 (n, h, w, c), c is 1 or 3; may stay in a file. 0 is black, 255 white.
    labels
        int32 (n,), index into ``class_names``, or ``None`` without classes.
    class_names
        Names of the classes, may be empty; valid Unicode, whatever they were given as.
    origin
        The files behind the images, where there are any.
    known_fingerprint
        The fingerprint, where it is stored beside the images; empty to compute it.
    """

    name: str
    title: str
    images: ImageArray
    labels: NDArray[np.int32] | None = None
    class_names: tuple[str, ...] = ()
    origin: Origin | None = None
    known_fingerprint: str = ""

    def __post_init__(self) -> None:
        # Names go to files, to the console and into the window: none of them takes half a letter.
        valid = tuple(map(valid_text, self.class_names))
        object.__setattr__(self, "class_names", valid)
        object.__setattr__(self, "title", valid_text(self.title))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of each image, in pixels."""
        _, h, w, c = self.images.shape
        return (h, w, c)

    @cached_property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the pixels and their shape; labels do not count."""
        if self.known_fingerprint:
            return self.known_fingerprint
        digest = hashlib.blake2b(digest_size=16)
        digest.update(repr(self.images.shape).encode())
        for start in range(0, len(self.images), 4096):
            digest.update(np.ascontiguousarray(self.images[start : start + 4096]).data)
        return digest.hexdigest()

    def shown_image(self, index: int) -> NDArray[np.uint8]:
        """Return an image to look at, (h, w, c); grey where its file cannot be read any more.

        For widgets, which have nobody to tell: whatever computes with the images says it.
        """
        try:
            return np.ascontiguousarray(self.images[index])
        except DataError:
            return np.full(self.image_shape, 128, np.uint8)

    def class_name(self, index: int) -> str:
        """Return the class of an image in words, empty without classes."""
        if self.labels is None:
            return ""
        label = int(self.labels[index])
        return self.class_names[label] if 0 <= label < len(self.class_names) else str(label)

    def held_out(self, share: float) -> NDArray[np.int64]:
        """Return the images that are never trained on, sorted int64.

        Where folders name splits, these are the images for validation and test; elsewhere
        ``share`` of them, drawn by :func:`held_out_indices`. With a share of 0 there are none.
        """
        splits = None if self.origin is None else self.origin.splits
        if splits is None or share <= 0:
            return held_out_indices(len(self), share)
        found = np.flatnonzero(splits != SPLITS.index("train")).astype(np.int64)
        # Without any image on the other side the names do not say what to train on.
        return found if 0 < len(found) < len(self) else held_out_indices(len(self), share)


def held_out_indices(count: int, share: float) -> NDArray[np.int64]:
    """Return the images that are never trained on, sorted int64.

    The draw depends on the number of images and on nothing else, so that all models of a data set
    are measured on the same images. At least one image stays on either side where there are two.
    """
    if share <= 0 or count < 2:
        return np.empty(0, np.int64)
    wanted = min(max(1, round(count * share)), count - 1)
    order = np.random.default_rng(_SPLIT_SEED).permutation(count)
    return np.sort(order[:wanted]).astype(np.int64)
