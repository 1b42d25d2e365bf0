"""``latentlab decode``: codes to images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from latentlab.cli.pictures import as_uint8, write_npz, write_png
from latentlab.cli.subject import open_trained, print_json, writable
from latentlab.core.code_text import parse_code
from latentlab.core.errors import UsageError


def decode(
    run: str,
    *,
    z: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    codes: Path | None = None,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    device: str = "auto",
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Draw what lives at points of latent space.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    z
        One code, such as "0.1,-1.2".
    codes
        A file with an array z of codes: .npz, .npy or .csv, as encode writes them.
    out
        A .png for one code, a .npz with an array images (n, h, w, c), or a folder of PNG files.
    device
        auto, cpu, cuda or mps.
    json_
        Write what was done as one JSON object.
    """
    if (z is None) == (codes is None):
        raise UsageError("Give either --z with one code, or --codes with a file of them.")
    model = open_trained(run, device)
    points = (
        parse_code(z, model.latent_dim)[None] if z is not None else _read_codes(codes or Path())
    )
    if points.shape[1] != model.latent_dim:
        raise UsageError(
            f"A code of this model has {model.latent_dim} numbers; {points.shape[1]} were given."
        )
    images = model.decode(points)
    suffix = out.suffix.lower()
    if suffix == ".npz":
        write_npz(writable(out), images=as_uint8(images), z=points)
    elif suffix == ".png":
        if len(images) != 1:
            raise UsageError(
                f"One .png holds one picture and there are {len(images)} codes; give a folder or a "
                ".npz file."
            )
        write_png(writable(out), images[0])
    elif suffix:
        raise UsageError(f"“{out.name}” must end with .png or .npz, or be a folder.")
    else:
        digits = len(str(max(0, len(images) - 1)))
        for number, image in enumerate(images):
            write_png(writable(out / f"{number:0{digits}d}.png"), image)
    if json_:
        print_json({"out": out, "num_images": len(images), "image_shape": model.image_shape})
    else:
        print(out)
    return 0


def _read_codes(path: Path) -> NDArray[np.float32]:
    if not path.is_file():
        raise UsageError(f"There is no file “{path}”.")
    wrong = UsageError(f"“{path.name}” holds no codes: an array z of numbers (n, d) is needed.")
    try:
        found: Any
        if path.suffix.lower() == ".csv":
            found = _read_csv(path)
        else:
            # NumPy leaves a file open that it cannot read, so it is opened here.
            with path.open("rb") as file:
                loaded = np.load(file, allow_pickle=False)
                found = loaded["z"] if path.suffix.lower() == ".npz" else loaded
        points = np.asarray(found, np.float32)
    except Exception as error:
        raise wrong from error
    if points.ndim == 1:
        points = points[None]
    if points.ndim != 2 or not np.isfinite(points).all() or not len(points):
        raise wrong
    return points


def _read_csv(path: Path) -> NDArray[np.float64]:
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        columns = [i for i, name in enumerate(names) if name.startswith("z_")]
        return np.loadtxt(file, delimiter=",", usecols=columns, ndmin=2)
