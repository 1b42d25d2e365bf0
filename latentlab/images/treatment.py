"""What is done to pictures so that all of a set have one size and one number of channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from latentlab.base.errors import UsageError
from latentlab.base.options import check, option

MAX_SIDE_PX = 1024

FITS = {"crop": "Crop to fill", "pad": "Show whole, with borders", "stretch": "Stretch"}
BACKGROUNDS = {"black": "Black", "white": "White", "grey": "Grey"}
BACKGROUND_VALUES = {"black": 0, "grey": 128, "white": 255}


@dataclass(frozen=True)
class TreatmentOptions:
    """What the user wants done to pictures; what is left open follows from the pictures."""

    width: int = option(
        0,
        "Width",
        "Width that all pictures get; 0 takes the usual one, or what suits the pictures.",
        unit="px",
        minimum=0,
        maximum=MAX_SIDE_PX,
    )
    height: int = option(
        0,
        "Height",
        "Height that all pictures get; 0 takes the usual one, or what suits the pictures.",
        unit="px",
        minimum=0,
        maximum=MAX_SIDE_PX,
    )
    colour: str = option(
        "auto",
        "Colour",
        "Whether pictures become grey or stay in colour; automatic keeps it where there is any.",
        choices={"auto": "Automatic", "grey": "Grey", "colour": "Colour"},
    )
    fit: str = option(
        "crop",
        "Shape",
        "What happens to pictures of another shape: cut to the middle, shown whole with "
        "borders, or stretched.",
        choices=FITS,
    )
    background: str = option(
        "black",
        "Background",
        "What shows through transparent places, and in borders.",
        choices=BACKGROUNDS,
    )
    duplicates: str = option(
        "keep",
        "Duplicates",
        "Whether files with exactly the same content are all kept, or only the first of them.",
        choices={"keep": "Keep all", "drop": "Keep the first"},
    )

    def validate(self) -> None:
        """Raise ``UsageError`` if a value is out of range."""
        check(self)

    @classmethod
    def stored(
        cls, values: Mapping[str, Any] | None, image_shape: tuple[int, int, int]
    ) -> TreatmentOptions:
        """Return what was stored of the treatment behind images of some shape.

        Values that cannot be understood, as of a foreign file, give what the shape alone says.
        """
        height, width, channels = image_shape
        usual = cls(width, height, "grey" if channels == 1 else "colour")
        try:
            found = msgspec.convert(dict(values or {}), cls)
            found.validate()
        except (msgspec.ValidationError, UsageError):
            return usual
        return found if values else usual


@dataclass(frozen=True)
class Treatment:
    """What is done to each picture, nothing left open.

    Attributes
    ----------
    width, height
        Size in pixels, 1 to 1,024.
    channels
        1 (grey) or 3 (colour).
    fit
        A key of :data:`FITS`.
    background
        A key of :data:`BACKGROUNDS`.
    """

    width: int
    height: int
    channels: int
    fit: str = "crop"
    background: str = "black"

    @property
    def as_options(self) -> TreatmentOptions:
        """The wishes that lead to this treatment whatever the pictures are."""
        colour = "grey" if self.channels == 1 else "colour"
        return TreatmentOptions(self.width, self.height, colour, self.fit, self.background)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of each image."""
        return (self.height, self.width, self.channels)
