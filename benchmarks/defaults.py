"""Which settings are good: the table of ``README.md`` beside this, and the recommendation.

Trains the recommended settings of an image set, and those settings changed by what is asked for,
each with several seeds, and measures them on the held-out images: loss, and PSNR beside that of the
principal components of the training images with as many dimensions as the code has. Which settings
are better is decided on these; ``--test`` measures other images too, on which nothing was chosen.

Each ``--change`` is one candidate, of options as on the command line:

    python benchmarks/defaults.py digits --change learning_rate=0.001 adam_beta2=0.999 \\
        --change learning_rate=0.005 --test FOLDER/t10k-images-idx3-ubyte

A run has one processor thread, and ``cpu_ms_per_step`` is the time of that, so the machine may be
busy; still compare only what one call has measured in turn.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from family import train_with
from figures import ROOT, own_home, parser, report

sys.path.insert(0, str(ROOT))

import torch
from PIL import Image

from latentlab.base.openmp import wait_briefly
from latentlab.base.options import options_of
from latentlab.data.catalog import open_data
from latentlab.images.image_set import ImageSet
from latentlab.images.pixel_metrics import mse_as_db
from latentlab.images.principal_components import PrincipalComponents, principal_components
from latentlab.models.family.proposal import changed_options, proposed_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.open_model import OpenedModel
from latentlab.training.evaluation import evaluate

CPU = torch.device("cpu")
SHOWN = 16  # images of a row of the sheet


def some_of(data: ImageSet, count: int | None) -> ImageSet:
    """Return so many images of a set, drawn with a seed of their own."""
    if count is None or count >= len(data):
        return data
    kept = np.sort(np.random.default_rng(1).permutation(len(data))[:count])
    return ImageSet(f"{data.name}:{count}", data.title, np.ascontiguousarray(data.images[kept]))


def changes_of(words: Sequence[str]) -> dict[str, Any]:
    """Return options and their values from words like ``learning_rate=0.003``."""
    usual = {opt.name: opt.default for opt in options_of(TrainSpec)}
    found: dict[str, Any] = {}
    for word in words:
        name, text = word.split("=", 1)
        kind = type(usual[name])
        found[name] = tuple(map(int, text.split(","))) if kind is tuple else kind(text)
    return found


def components(data: ImageSet, count: int) -> PrincipalComponents:
    """Return the principal components of the training images."""
    held_out = data.held_out(TrainSpec().held_out)
    work = principal_components(data.images, np.setdiff1d(np.arange(len(data)), held_out), count)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: PrincipalComponents = end.value
            return found


def rebuilt(found: PrincipalComponents, images: np.ndarray) -> np.ndarray:
    """Return images (n, h, w, c) uint8 as their components rebuild them, float in [0, 1]."""
    x = images.transpose(0, 3, 1, 2).reshape(len(images), -1) / 255.0 - found.mean
    flat = x @ found.components.T @ found.components + found.mean
    n, h, w, c = images.shape
    return np.clip(flat.reshape(n, c, h, w).transpose(0, 2, 3, 1), 0.0, 1.0)


def measured(spec: TrainSpec, data: ImageSet, test: ImageSet | None, sheet: Path | None) -> Any:
    """Train, and return the figures."""
    began_s = time.process_time()
    model, run = train_with(spec, data, threads=1)
    used_s = time.process_time() - began_s
    found = evaluate(model.network, data.images, run.held_out, CPU)
    pca = components(data, run.latent_dim)
    held_out = data.images[run.held_out]
    pca_mse = float(np.square(rebuilt(pca, held_out) - held_out / 255.0).mean())
    row = {
        "seed": spec.seed,
        "held_out": round(found.loss, 2),
        "reconstruction": round(found.recon_loss, 2),
        "kl": round(found.kl, 2),
        "psnr_db": round(found.psnr_db, 2),
        "pca_psnr_db": round(mse_as_db(pca_mse), 2),
        "best_epoch": None if run.best_metrics is None else run.best_metrics.epoch,
        "steps": run.step,
        "cpu_ms_per_step": round(1e3 * used_s / max(1, run.step), 2),
    }
    if test is not None:
        other = evaluate(model.network, test.images, np.arange(len(test)), CPU)
        row["test"] = round(other.loss, 2)
    if sheet is not None:
        write_sheet(sheet, model, held_out[:SHOWN], pca)
    return row


def write_sheet(
    path: Path, model: OpenedModel, images: np.ndarray, pca: PrincipalComponents
) -> None:
    """Write rows of images, their reconstructions, those of PCA, and samples of the prior."""
    z = np.random.default_rng(0).standard_normal((len(images), model.latent_dim))
    rows = [
        images / 255.0,
        model.reconstruct(images),
        rebuilt(pca, images),
        model.decode(z.astype(np.float32)),
    ]
    rows = [np.concatenate(list(row), axis=1) for row in rows]
    pixels = np.rint(255 * np.clip(np.concatenate(rows), 0, 1)).astype(np.uint8)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST).save(path)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("data", help="a bundled set, a folder of pictures, or any other data")
    options.add_argument("--count", type=int, help="take so many of the images")
    options.add_argument("--change", nargs="+", action="append", default=[], metavar="OPTION=VALUE")
    options.add_argument("--base", nargs="+", default=[], metavar="OPTION=VALUE")
    options.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    options.add_argument("--test", help="images that nothing was chosen on")
    options.add_argument("--sheets", type=Path, help="folder for sheets of reconstructions")
    args = options.parse_args()
    wait_briefly()
    with own_home():
        data = some_of(open_data(args.data), args.count)
        test = None if args.test is None else open_data(args.test)
        base = changes_of(args.base)
        found = []
        for change in [{}, *map(changes_of, args.change)]:
            spec = proposed_spec(data.image_shape, len(data), {**base, **change})
            rows = []
            for seed in args.seeds:
                sheet = args.sheets and args.sheets / f"{len(found)}-{seed}.png"
                rows.append(measured(dataclasses.replace(spec, seed=seed), data, test, sheet))
                print(json.dumps({"change": change, **rows[-1]}), file=sys.stderr)
            found.append(
                {"change": change, "spec": changed_options(spec, TrainSpec()), "runs": rows}
            )
    report("defaults", data=args.data, num_images=len(data), candidates=found)


if __name__ == "__main__":
    main()
