"""``latentlab data list``: the data sets that have a name."""

from __future__ import annotations

from latentlab.cli.command_options import AsJson
from latentlab.cli.output import print_json
from latentlab.data.bundled_sets import BUNDLED_SETS, BundledSet
from latentlab.data.downloads.known import KNOWN_SETS, KnownSet


def list_data(*, json_: AsJson = False) -> int:
    """List the data sets that have a name: those of the program, and those to download.

    Parameters
    ----------
    json_
        Write one JSON object.
    """
    # None of them is opened: a list must not take seconds.
    rows: list[tuple[BundledSet | KnownSet, str, bool]] = [
        *((found, "bundled", True) for found in BUNDLED_SETS),
        *((found, "known", found.is_here) for found in KNOWN_SETS),
    ]
    if json_:
        print_json(
            {
                "data": [
                    {
                        "name": found.name,
                        "title": found.title,
                        "num_images": found.num_images,
                        "image_shape": found.image_shape,
                        "kind": kind,
                        "is_here": is_here,
                    }
                    for found, kind, is_here in rows
                ]
            }
        )
        return 0
    for about in BUNDLED_SETS:
        print(_line(about))
    print("shapes:COUNT and shapes:COUNT:SEED draw other numbers of shapes, and other ones.")
    print("To download:")
    for known in KNOWN_SETS:
        wanted = f"latentlab data get {known.name} ({known.num_bytes / 1e6:.0f} MB)"
        print(f"{_line(known)}: {'is here' if known.is_here else wanted}")
    print("Pictures in folders or zip archives, .npz, .npy, Parquet and IDX are named by path.")
    return 0


def _line(about: BundledSet | KnownSet) -> str:
    height, width, channels = about.image_shape
    colour = "grey" if channels == 1 else "colour"
    return f"{about.name:14} {about.num_images:>8,} images of {width} × {height}, {colour}"
