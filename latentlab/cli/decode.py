"""``latentlab decode``: codes to images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from latentlab.cli.code_file import read_codes
from latentlab.cli.destination import file_to_write, folder_to_write
from latentlab.cli.options import AsJson, Out
from latentlab.cli.pictures import as_uint8, write_npz, write_png, write_pngs
from latentlab.cli.say import print_json
from latentlab.cli.subject import open_trained
from latentlab.core.code_text import parse_code
from latentlab.core.errors import UsageError

if TYPE_CHECKING:
    from latentlab.nn.open_model import OpenedModel

_ENDINGS = (".png", ".npz")
_CHUNK_VALUES = 2**24  # of pictures as float32 at the same time


def decode(
    run: str,
    *,
    z: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    codes: Path | None = None,
    out: Out,
    device: str = "auto",
    json_: AsJson = False,
) -> int:
    """Draw what lives at points of latent space.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    z
        One code, such as "0.1,-1.2".
    codes
        A file with an array z of codes: .npz, .npy, .csv or .parquet, as encode writes them.
    out
        A .png for one code, a .npz with an array images (n, h, w, c), or a folder of PNG files.
    device
        auto, cpu, cuda or mps.
    json_
        Write what was done as one JSON object.
    """
    if (z is None) == (codes is None):
        raise UsageError("Give either --z with one code, or --codes with a file of them.")
    to_folder = out.suffix.lower() not in _ENDINGS
    if not to_folder:
        file_to_write(out, _ENDINGS)
    elif out.suffix and not out.is_dir():
        raise UsageError(f"“{out.name}” must end with .png or .npz, or be a folder.")
    else:
        folder_to_write(out)
    model = open_trained(run, device)
    if z is not None:
        points = parse_code(z, model.latent_dim)[None]
    else:
        assert codes is not None
        points = read_codes(codes, model.latent_dim)
    if out.suffix.lower() == ".png" and len(points) != 1:
        raise UsageError(
            f"One .png holds one picture and there are {len(points):,} codes; give a folder or a "
            ".npz file."
        )
    pictures = _pictures(model, points)
    if to_folder:
        numbers = range(len(points))
        write_pngs(out, numbers, (picture for part in pictures for picture in part))
    elif out.suffix.lower() == ".png":
        write_png(out, next(pictures)[0])
    else:
        write_npz(out, images=np.concatenate(list(pictures)), z=points)
    if json_:
        print_json({"out": out, "num_images": len(points), "image_shape": model.image_shape})
    else:
        print(out)
    return 0


def _pictures(model: OpenedModel, points: NDArray[np.float32]) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of codes, uint8 (k, h, w, c), some at a time."""
    step = max(1, _CHUNK_VALUES // int(np.prod(model.image_shape)))
    for start in range(0, len(points), step):
        images = model.decode(points[start : start + step])
        if not np.isfinite(images).all():
            raise UsageError("Some of the codes lie too far out to be decoded.")
        yield as_uint8(images)
