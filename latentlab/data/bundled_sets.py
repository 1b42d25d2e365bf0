"""The data sets that come with the program: opened, and told about without opening them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.base.resources import resource
from latentlab.data.shapes import DEFAULT_COUNT, SIDE_PX, open_shapes
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Origin


@dataclass(frozen=True)
class BundledSet:
    """What a list says of a bundled set.

    Attributes
    ----------
    name, title
        As in its ``ImageSet``.
    num_images
        How many images it has.
    image_shape
        (height, width, channels) of each, in pixels.
    """

    name: str
    title: str
    num_images: int
    image_shape: tuple[int, int, int]


BUNDLED_SETS = (
    BundledSet("digits", "Digits", 10_000, (28, 28, 1)),
    BundledSet("emoji", "Emoji", 1_892, (32, 32, 3)),
    BundledSet("shapes", "Shapes", DEFAULT_COUNT, (SIDE_PX, SIDE_PX, 3)),
)


def open_bundled(name: str) -> ImageSet:
    """Return the images of a bundled set; the name must be one of ``BUNDLED_DATA``."""
    if name == "shapes":  # made, and not stored
        return open_shapes()
    about = next(known for known in BUNDLED_SETS if known.name == name)
    path = resource("data", name, f"{name}.npz")
    with np.load(path, allow_pickle=False) as file:
        # The digits are their own classes.
        classes = file["class_names"].tolist() if "class_names" in file else "0123456789"
        names = file["names"].tolist() if "names" in file else None
        return ImageSet(
            name=name,
            title=about.title,
            images=file["images"],
            labels=file["labels"].astype(np.int32),
            class_names=tuple(classes),
            origin=None if names is None else Origin(str(path), tuple(names)),
        )
