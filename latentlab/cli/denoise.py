"""``latentlab denoise``: corrupt images, or take noisy ones, and let a model clean them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number
from numpy.typing import NDArray

from latentlab.cli.pictures import write_png
from latentlab.cli.subject import Subject, choose, open_trained, print_json, writable
from latentlab.core.corruptions import CORRUPTIONS, corrupt
from latentlab.core.errors import DataError, UsageError
from latentlab.core.image_set import held_out_indices
from latentlab.core.pixel_metrics import mean_psnr_db, ssim
from latentlab.data.catalog import open_data
from latentlab.family.described_model import run_spec

if TYPE_CHECKING:
    from latentlab.nn.open_model import OpenedModel

    CorruptionName = str
else:
    CorruptionName = Literal[tuple(CORRUPTIONS)]


def denoise(
    run: str,
    data: str,
    *,
    corruption: CorruptionName | None = None,
    amount: float | None = None,
    seed: Annotated[int, Parameter(validator=Number(gte=0, lt=2**63))] = 0,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    split: Literal["auto", "held-out", "train", "all"] = "auto",
    device: str = "auto",
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Clean images with a model, and measure it against the best linear denoiser.

    Parameters
    ----------
    run
        A run folder, a model file or a bundled model.
    data
        A data set of images that fit the model.
    corruption
        What is done to the images first; without it they are taken as they are, and nothing can be
        measured.
    amount
        How strong the corruption is; its usual amount if not given.
    seed
        Of the corruption.
    out
        A folder for PNG files: clean, corrupted and denoised side by side, or noisy and denoised.
    split
        Which images: auto takes the held-out ones of the model's own data, and all of any other.
    device
        auto, cpu, cuda or mps.
    json_
        Write one JSON object.
    """
    if corruption is None and amount is not None:
        raise UsageError("--amount needs a --corruption.")
    if corruption is None and out is None:
        raise UsageError("Give a --corruption to measure with, or -o FOLDER to write to.")
    if corruption is not None and amount is None:
        amount = CORRUPTIONS[corruption].default_amount
    if corruption is not None:
        corrupt(np.zeros((1, 1, 1, 1), np.float32), corruption, amount or 0.0, seed)  # checks it
    model = open_trained(run, device)
    subject = choose(model, data, split)
    clean = subject.images
    found: dict[str, Any] = {
        "data": subject.data.name,
        "split": subject.split,
        "num_images": len(clean),
    }
    if corruption is None:
        denoised = model.reconstruct(clean)
        shown: list[NDArray[Any]] = [clean, denoised]
    else:
        amount = float(amount or 0.0)
        # Unclipped, as denoisers are trained: clipped Gaussian noise would be weaker.
        noisy = corrupt(clean, corruption, amount, seed, clip=False)
        denoised = model.denoise(noisy)
        linear = _linear(model, subject, noisy, corruption, amount, seed)
        found |= {"corruption": corruption, "amount": amount, "seed": seed}
        found |= {
            "psnr_corrupted_db": mean_psnr_db(clean, noisy),
            "psnr_denoised_db": mean_psnr_db(clean, denoised),
            "psnr_linear_db": None if linear is None else mean_psnr_db(clean, linear),
            "ssim_corrupted": float(ssim(clean, noisy).mean()),
            "ssim_denoised": float(ssim(clean, denoised).mean()),
        }
        shown = [clean, noisy, denoised]
    if out is not None:
        _write_sheets(out, shown, subject.indices)
        found["out"] = out
    if json_:
        print_json(found)
    else:
        _print(found)
    return 0


def _linear(
    model: OpenedModel,
    subject: Subject,
    noisy: NDArray[np.float32],
    corruption: str,
    amount: float,
    seed: int,
) -> NDArray[np.float32] | None:
    """Return what the best linear denoiser makes of the images, fitted on training images.

    ``None`` where the images that the model was trained on cannot be found.
    """
    from latentlab.core.linear_denoiser import LinearDenoiser

    document, data = model.document, subject.data
    if data.fingerprint != document.data_fingerprint:
        try:
            data = open_data(document.data_name)
        except DataError:
            data = subject.data
        if data.fingerprint != document.data_fingerprint:
            print(
                f"The images that the model was trained on (“{document.data_name}”) are not here, "
                "so there is no linear denoiser to compare with.",
                file=sys.stderr,
            )
            return None
    spec = run_spec(document)
    held_out = held_out_indices(len(data), 0.1 if spec is None else spec.held_out)
    training = np.asarray(data.images)[np.setdiff1d(np.arange(len(data)), held_out)]
    return LinearDenoiser.fit(training, corruption, amount, seed + 1, clip=False).apply(
        noisy, limit=False
    )


def _write_sheets(folder: Path, columns: list[NDArray[Any]], indices: NDArray[np.int64]) -> None:
    digits = len(str(int(indices.max())))
    for number, *row in zip(indices.tolist(), *columns, strict=True):
        pictures = [p / 255.0 if p.dtype == np.uint8 else p for p in row]
        write_png(writable(folder / f"{number:0{digits}d}.png"), np.concatenate(pictures, 1))


def _print(found: dict[str, Any]) -> None:
    print(f"{found['num_images']:,} {found['split']} images of {found['data']}")
    if "corruption" in found:
        print(
            f"  corrupted {found['psnr_corrupted_db']:7.2f} dB   SSIM {found['ssim_corrupted']:.3f}"
        )
        print(
            f"  denoised  {found['psnr_denoised_db']:7.2f} dB   SSIM {found['ssim_denoised']:.3f}"
        )
        if found["psnr_linear_db"] is not None:
            print(f"  linear    {found['psnr_linear_db']:7.2f} dB")
    if "out" in found:
        print(found["out"])
