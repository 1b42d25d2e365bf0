"""``latentlab data``: what there is to train on, and what is in it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from cyclopts import App

from latentlab.cli.options import AsJson
from latentlab.cli.say import print_json, printable
from latentlab.cli.subject import open_images
from latentlab.core.bundled import BUNDLED_DATA
from latentlab.core.errors import UsageError

data = App(name="data", help="List data sets, and say what is in one.")


@data.default
def _nothing() -> int:
    raise UsageError("Say which: latentlab data list, or latentlab data info DATA.")


@data.command(name="list")
def list_data(*, json_: AsJson = False) -> int:
    """List the data sets that come with the program.

    Parameters
    ----------
    json_
        Write one JSON object.
    """
    found: list[dict[str, Any]] = []
    for name in BUNDLED_DATA:
        images = open_images(name)
        found.append(
            {
                "name": name,
                "title": images.title,
                "num_images": len(images),
                "image_shape": images.image_shape,
            }
        )
    if json_:
        print_json({"data": found})
        return 0
    for row in found:
        height, width, _ = row["image_shape"]
        print(f"{row['name']:12} {row['num_images']:>8,} images of {width} × {height}")
    print("Any .npz, .npy, IDX file or IDX folder can be named by its path.")
    return 0


@data.command(name="info")
def info(data: str, *, json_: AsJson = False) -> int:
    """Say how many images of which size and class a data set holds.

    Parameters
    ----------
    data
        A bundled name (digits), an IDX file or folder, or a .npz or .npy file.
    json_
        Write one JSON object.
    """
    begin_s = time.perf_counter()
    images = open_images(data)
    counts: dict[str, int] = {}
    if images.labels is not None:
        values, numbers = np.unique(images.labels, return_counts=True)
        for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
            known = 0 <= value < len(images.class_names)
            counts[images.class_names[value] if known else str(value)] = number
    height, width, channels = images.image_shape
    found: dict[str, Any] = {
        "name": images.name,
        "title": images.title,
        "num_images": len(images),
        "num_skipped": 0,
        "skipped": [],
        "classes": list(images.class_names) or list(counts),
        "class_counts": counts,
        "image_shape": images.image_shape,
        "fingerprint": images.fingerprint,
        "seconds": time.perf_counter() - begin_s,
    }
    if json_:
        print_json(found)
        return 0
    colour = "grey" if channels == 1 else "colour"
    title = printable(images.title)
    print(f"{title}: {_count(len(images), 'image')} of {width} × {height} pixels, {colour}")
    if counts:
        print(f"{len(counts):,} class{'' if len(counts) == 1 else 'es'}")
        for name, number in counts.items():
            print(f"  {printable(name):20} {number:>8,}")
    else:
        print("no classes")
    print(f"fingerprint {images.fingerprint}")
    return 0


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
