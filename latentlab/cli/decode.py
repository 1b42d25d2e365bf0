"""``latentlab decode``: codes to images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.cli.code_file import read_codes
from latentlab.cli.command_options import WHOLE, AsJson, Out, Seed
from latentlab.cli.destination import file_to_write, folder_to_write
from latentlab.cli.output import note, print_json
from latentlab.cli.pictures import as_uint8, write_npz, write_png, write_pngs
from latentlab.cli.subject import open_trained
from latentlab.latent.code_text import parse_code
from latentlab.models.prior_samples import prior_words, sample_prior

if TYPE_CHECKING:
    from latentlab.models.open_model import OpenedModel

_ENDINGS = (".png", ".npz")
_NumSamples = Annotated[int, WHOLE, Parameter(validator=Number(gte=1, lte=1_000_000))]
_CHUNK_VALUES = 2**24  # of pictures as float32 at the same time


def decode(
    run: str,
    *,
    z: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    codes: Path | None = None,
    prior: _NumSamples | None = None,
    seed: Seed = 0,
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
    prior
        How many random codes of the model's own prior to decode instead: of the standard normal
        distribution, or of the density that was fitted to the training codes.
    seed
        Of the random codes.
    out
        A .png for one code, a .npz with an array images (n, h, w, c), or a folder of PNG files.
    device
        auto, cpu, cuda or mps.
    json_
        Write what was done as one JSON object.
    """
    if [z, codes, prior].count(None) != 2:
        raise UsageError(
            "Give either --z with one code, --codes with a file of them, or --prior with a number "
            "of random ones."
        )
    to_folder = out.suffix.lower() not in _ENDINGS
    if not to_folder:
        file_to_write(out, _ENDINGS)
    elif out.suffix and not out.is_dir():
        raise UsageError(f"“{out.name}” must end with .png or .npz, or be a folder.")
    else:
        folder_to_write(out)
    model = open_trained(run, device)
    points = _codes(model, z, codes, prior, seed)
    if out.suffix.lower() == ".png" and len(points) != 1:
        raise UsageError(
            f"One .png holds one picture and there are {len(points):,} codes; give a folder or a "
            ".npz file."
        )
    _write(out, to_folder, _pictures(model, points), points)
    source = None if prior is None else prior_words(model.document, model.prior)
    if json_:
        print_json(
            {
                "out": out,
                "num_images": len(points),
                "image_shape": model.image_shape,
                "prior": source,
                "seed": None if prior is None else seed,
            }
        )
    else:
        if source is not None:
            note(f"Random codes of the {source}, seed {seed}.")
        print(out)
    return 0


def _write(
    out: Path, to_folder: bool, pictures: Iterator[NDArray[np.uint8]], points: NDArray[np.float32]
) -> None:
    if to_folder:
        numbers = range(len(points))
        write_pngs(out, numbers, (picture for part in pictures for picture in part))
    elif out.suffix.lower() == ".png":
        write_png(out, next(pictures)[0])
    else:
        write_npz(out, images=np.concatenate(list(pictures)), z=points)


def _codes(
    model: OpenedModel, z: str | None, codes: Path | None, prior: int | None, seed: int
) -> NDArray[np.float32]:
    """Return the codes that were asked for, float32 (n, d)."""
    if z is not None:
        return parse_code(z, model.latent_dim)[None]
    if codes is not None:
        return read_codes(codes, model.latent_dim)
    assert prior is not None
    return sample_prior(model.document, model.prior, prior, seed)


def _pictures(model: OpenedModel, points: NDArray[np.float32]) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of codes, uint8 (k, h, w, c), some at a time."""
    step = max(1, _CHUNK_VALUES // int(np.prod(model.image_shape)))
    for start in range(0, len(points), step):
        images = model.decode(points[start : start + step])
        if not np.isfinite(images).all():
            raise UsageError("Some of the codes lie too far out to be decoded.")
        yield as_uint8(images)
