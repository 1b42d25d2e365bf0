"""What ``manifest.json`` of a packed data set may say, checked before anything believes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec

from latentlab.base.errors import DataError, UsageError
from latentlab.base.shown_name import shown_name
from latentlab.data.regular_file import RegularFile
from latentlab.images.treatment import TreatmentOptions

VERSION = 1

_MAX_BYTES = 1 << 28

Text = Annotated[str, msgspec.Meta(max_length=1 << 16)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Side = Annotated[int, msgspec.Meta(ge=1, le=2**31)]


class OriginEntry(msgspec.Struct, frozen=True):
    """The files behind the images, as in ``images.origin.Origin``."""

    root: Text
    skipped: list[tuple[Text, Text]]
    source_sizes: list[tuple[Count, Count, Count]]
    source_modes: dict[Text, Count]
    num_duplicates: Count
    treatment: TreatmentOptions | None


class Manifest(msgspec.Struct, frozen=True):
    """Everything about a set but its arrays.

    Attributes
    ----------
    version
        :data:`VERSION` of the program that wrote it.
    title, fingerprint, class_names
        As in ``images.image_set.ImageSet``.
    image_shape
        (height, width, channels) of each image.
    origin
        The files behind the images, where there are any.
    """

    version: Annotated[int, msgspec.Meta(ge=1, le=VERSION)]
    title: Text
    image_shape: tuple[Side, Side, Side]
    class_names: tuple[str, ...]
    fingerprint: Text
    origin: OriginEntry | None


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises
    ------
    DataError
        If it is damaged, or made by a newer version.
    """
    folder = shown_name(path.parent.name)
    try:
        file = RegularFile(path)
        if file.num_bytes > _MAX_BYTES:
            raise ValueError(f"it has {file.num_bytes:,} bytes")
        # The JSON of Python: names of files need not be valid Unicode, which others refuse.
        said: Any = json.loads(file.read(0, file.num_bytes))
        file.close()
        version = said.get("version") if isinstance(said, dict) else None
        if isinstance(version, int) and version > VERSION:
            raise DataError(
                f"“{folder}” was made by a newer version of LatentLab; update to open it."
            )
        manifest = msgspec.convert(said, Manifest)
        if manifest.origin is not None and manifest.origin.treatment is not None:
            manifest.origin.treatment.validate()
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError, UsageError) as error:
        raise DataError(
            f"“{shown_name(path.name)}” in the packed data set “{folder}” cannot be read; it is "
            "damaged. Pack the data again.",
            str(error),
        ) from error
    return manifest
