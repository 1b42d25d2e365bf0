"""``latentlab properties``: what can be measured in each image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter

from latentlab.cli.command_options import AsJson
from latentlab.cli.destination import file_to_write, write_table_result
from latentlab.cli.output import print_json, printable
from latentlab.cli.picture_options import NOTHING_ASKED, Pictures, asked_treatment
from latentlab.cli.subject import open_images
from latentlab.features.properties.measure import NAMES, PROPERTIES, measure
from latentlab.images.table_file import ENDINGS, check_table_file, identity_columns

_AT_ONCE = 512


def properties(
    data: str,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    json_: AsJson = False,
    pictures: Pictures = NOTHING_ASKED,
) -> int:
    """Measure area, brightness, contrast, sharpness, aspect and orientation of images.

    No model is needed. The foreground is what differs from the median of the border by more than
    half of what the most different pixel does; area is its share of the pixels, aspect its length
    along the longest axis by that across (1 or more), orientation the angle of that axis (−90 to 90
    degrees, counter-clockwise from the horizontal). Brightness is the mean luma (0 to 1), contrast
    its standard deviation, sharpness the variance of its Laplacian. What an image does not have is
    left empty.

    Parameters
    ----------
    data
        A folder or zip archive of pictures, a packed data set, a bundled or known name such as
        digits, an IDX file or folder, or a .npz, .npy or Parquet file.
    out
        A .csv or .parquet file with one row an image.
    json_
        Write one JSON object, with one row an image.
    """
    if out is not None:
        check_table_file(file_to_write(out, ENDINGS))
    images = open_images(data, asked_treatment(pictures))
    starts = range(0, len(images), _AT_ONCE)
    parts = [measure(np.asarray(images.images[start : start + _AT_ONCE])) for start in starts]
    found = np.concatenate(parts) if parts else np.empty((0, len(NAMES)), np.float32)
    columns = identity_columns(images) | dict(zip(NAMES, found.T, strict=True))
    said: dict[str, Any] = {"data": images.name, "num_images": len(images)}
    if out is not None:
        write_table_result(out, columns)
        said["out"] = str(out)
    if json_:
        rows = zip(*(list(column) for column in columns.values()), strict=True)
        said["properties"] = {one.name: one.sentence for one in PROPERTIES}
        said["images"] = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
        print_json(said)
        return 0
    print(f"{len(images):,} images of {printable(images.name)}")
    print(f"  {'':12}{'least':>10}{'median':>10}{'most':>10}")
    for one, values in zip(PROPERTIES, found.T, strict=True):
        known = values[np.isfinite(values)]
        cells = np.quantile(known, (0.0, 0.5, 1.0)) if len(known) else []
        shown = "".join(f"{value:10.{one.decimals}f}" for value in cells) or f"{'–':>10}"
        print(f"  {one.title:12}{shown} {one.unit}".rstrip())
    if out is not None:
        print(out)
    return 0


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a float32 with the digits that it has."""
    if isinstance(value, np.floating):
        return float(f"{value:.9g}")
    return value.item() if isinstance(value, np.generic) else value
