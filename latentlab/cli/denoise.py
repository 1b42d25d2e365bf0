"""``latentlab denoise``: corrupt images, or take noisy ones, and let a model clean them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from latentlab.cli.destination import folder_to_write
from latentlab.cli.options import AsJson, Out, Seed, Split
from latentlab.cli.pictures import write_pngs
from latentlab.cli.say import note, print_json, printable
from latentlab.cli.subject import Subject, choose, held_out_of, open_trained, own_images
from latentlab.core.corruptions import CORRUPTIONS, checked_corruption, corrupt, derived_seed
from latentlab.core.errors import UsageError
from latentlab.core.linear_denoiser import LinearDenoiser
from latentlab.core.pixel_metrics import mean_psnr_db, ssim

if TYPE_CHECKING:
    from latentlab.nn.open_model import OpenedModel

    CorruptionName = str
else:
    CorruptionName = Literal[tuple(CORRUPTIONS)]

_AMOUNT_HELP = (
    "How strong the corruption is; its usual amount, here in brackets, if not given. "
    + "; ".join(
        f"{c.name}: {c.amount_meaning}, {c.minimum:g} to {c.maximum:g} ({c.default_amount:g})"
        for c in CORRUPTIONS.values()
    )
    + "."
)


def denoise(
    run: str,
    data: str,
    *,
    corruption: CorruptionName | None = None,
    amount: Annotated[float | None, Parameter(help=_AMOUNT_HELP)] = None,
    seed: Seed = 0,
    out: Out | None = None,
    split: Split = "auto",
    device: str = "auto",
    json_: AsJson = False,
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
        How strong the corruption is.
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
    if corruption is not None:
        amount = CORRUPTIONS[corruption].default_amount if amount is None else amount
        checked_corruption(corruption, amount)
    if out is not None:
        folder_to_write(out)
    model = open_trained(run, device)
    subject = choose(model, data, split)
    clean = subject.images
    found: dict[str, Any] = {
        "data": subject.data.name,
        "split": subject.split,
        "num_images": len(clean),
    }
    if corruption is None or amount is None:
        shown: list[NDArray[Any]] = [clean, model.reconstruct(clean)]
    else:
        # Unclipped, as denoisers are trained: clipped Gaussian noise would be weaker.
        noisy = corrupt(clean, corruption, amount, seed, clip=False)
        denoised = model.denoise(noisy)
        linear = _linear(model, subject, noisy, corruption, amount, seed)
        found |= {
            "corruption": corruption,
            "amount": amount,
            "seed": seed,
            "psnr_corrupted_db": mean_psnr_db(clean, noisy),
            "psnr_denoised_db": mean_psnr_db(clean, denoised),
            "psnr_linear_db": None if linear is None else mean_psnr_db(clean, linear),
            "ssim_corrupted": float(ssim(clean, noisy).mean()),
            "ssim_denoised": float(ssim(clean, denoised).mean()),
        }
        shown = [clean, noisy, denoised]
    if out is not None:
        write_pngs(out, subject.indices.tolist(), _side_by_side(shown))
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
    document, data = model.document, subject.data
    if data.fingerprint != document.data_fingerprint:
        try:
            data = own_images(document)
        except UsageError:
            data = subject.data
        if data.fingerprint != document.data_fingerprint:
            note(
                f"The images that the model was trained on (“{document.data_name}”) are not here, "
                "so there is no linear denoiser to compare with."
            )
            return None
    training = np.setdiff1d(np.arange(len(data)), held_out_of(document, data))
    return LinearDenoiser.fit(
        np.asarray(data.images)[training], corruption, amount, derived_seed(seed, 1), clip=False
    ).apply(noisy, limit=False)


def _side_by_side(columns: list[NDArray[Any]]) -> Iterable[NDArray[np.float64]]:
    """Yield for each image one picture (h, k · w, c) of its k versions."""
    for row in zip(*columns, strict=True):
        yield np.concatenate([p / 255.0 if p.dtype == np.uint8 else p for p in row], 1)


def _print(found: dict[str, Any]) -> None:
    print(f"{found['num_images']:,} {found['split']} images of {printable(found['data'])}")
    if "corruption" in found:
        for which in ("corrupted", "denoised", "linear"):
            psnr_db, similarity = found[f"psnr_{which}_db"], found.get(f"ssim_{which}")
            if psnr_db is not None:
                shown = "" if similarity is None else f"   SSIM {similarity:.3f}"
                print(f"  {which:10}{psnr_db:7.2f} dB{shown}")
    if "out" in found:
        print(found["out"])
