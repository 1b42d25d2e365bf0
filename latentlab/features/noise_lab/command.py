"""``latentlab denoise``: corrupt images, or take noisy ones, and let a model clean them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.cli.command_options import AsJson, Out, Overwrite, Seed, Split
from latentlab.cli.destination import folder_to_write
from latentlab.cli.output import note, print_json, printable
from latentlab.cli.picture_folder import spare_files
from latentlab.cli.pictures import number_names, write_named_pngs
from latentlab.cli.subject import Subject, choose, held_out_of, open_trained, trained_on
from latentlab.features.noise_lab.corruption_steps import Steps, corruption_steps
from latentlab.images.corruptions import CORRUPTIONS, corrupt_stack, derived_seed
from latentlab.images.export_names import export_names
from latentlab.images.linear_denoiser import LinearDenoiser
from latentlab.images.pixel_metrics import mse_as_db, ssim

if TYPE_CHECKING:
    from latentlab.models.open_model import OpenedModel

_CORRUPTION_HELP = (
    "What is done to the images first, as NAME or NAME=AMOUNT; given several times, they are done "
    "one after the other. Without it the images are taken as they are, and nothing can be "
    f"measured. NAME is one of: {', '.join(CORRUPTIONS)}."
)
_AMOUNT_HELP = (
    "How strong a single corruption is; its usual amount, here in brackets, if not given. "
    + "; ".join(
        f"{c.name}: {c.amount_meaning}, {c.minimum:g} to {c.maximum:g} ({c.default_amount:g})"
        for c in CORRUPTIONS.values()
    )
    + "."
)
_VALUES_AT_ONCE = 2**24  # of images in work; each takes about 40 bytes
_MEASURED = (
    "psnr_corrupted_db",
    "psnr_denoised_db",
    "psnr_linear_db",
    "ssim_corrupted",
    "ssim_denoised",
)


def denoise(
    run: str,
    data: str,
    *,
    corruption: Annotated[list[str] | None, Parameter(help=_CORRUPTION_HELP)] = None,
    amount: Annotated[float | None, Parameter(help=_AMOUNT_HELP)] = None,
    seed: Seed = 0,
    out: Out | None = None,
    side_by_side: Annotated[bool, Parameter(show_default=False)] = False,
    overwrite: Overwrite = False,
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
        What is done to the images first.
    amount
        How strong the corruption is.
    seed
        Of the corruption.
    out
        A folder for the cleaned images as PNG files, named like the files that they come from or
        else by their numbers.
    side_by_side
        Write clean, corrupted and denoised, or noisy and denoised, side by side instead.
    overwrite
        Replace files that are there.
    split
        Which images: auto takes the held-out ones of the model's own data, and all of any other.
    device
        auto, cpu, cuda or mps.
    json_
        Write one JSON object.
    """
    steps = corruption_steps(corruption or [], amount)
    if not steps and out is None:
        raise UsageError("Give a --corruption to measure with, or -o FOLDER to write to.")
    if side_by_side and out is None:
        raise UsageError("--side-by-side needs -o FOLDER to write to.")
    if out is not None:
        folder_to_write(out)
    model = open_trained(run, device)
    subject = choose(model, data, split)
    names = [] if out is None else _names(subject)
    if out is not None:
        spare_files(out, names, overwrite=overwrite, data=subject.data)
    # The same keys always, so that a program that reads them need not ask which are there.
    found: dict[str, Any] = {
        "data": subject.data.name,
        "split": subject.split,
        "num_images": len(subject.indices),
        "corruptions": [{"name": name, "amount": amount} for name, amount in steps],
        "corruption": steps[0][0] if len(steps) == 1 else None,
        "amount": steps[0][1] if len(steps) == 1 else None,
        "seed": seed,
        **dict.fromkeys(_MEASURED),
    }
    linear = _linear(model, subject, steps, seed) if steps else None
    sums = _Sums()
    columns = _columns(model, subject, steps, seed, linear, sums)
    if out is None:
        for _ in columns:
            pass
    else:
        write_named_pngs(out, names, (_picture(column, side_by_side) for column in columns))
        found["out"] = out
    if steps:
        found |= sums.measured(has_linear=linear is not None)
    if json_:
        print_json(found)
    else:
        _print(found)
    return 0


def _names(subject: Subject) -> list[str]:
    """Return names of the files to write: like those of the data, or numbers."""
    origin, indices = subject.data.origin, subject.indices.tolist()
    if origin is None or len(origin.files) != len(subject.data):
        return number_names(indices)
    return export_names(origin.files[index] for index in indices)


def _linear(model: OpenedModel, subject: Subject, steps: Steps, seed: int) -> LinearDenoiser | None:
    """Return the best linear denoiser, fitted on training images.

    ``None`` where the images that the model was trained on cannot be found.
    """
    document = model.document
    data = trained_on(document, subject.data)
    if data is None:
        note(
            f"The images that the model was trained on (“{document.data_name}”) are not here, "
            "so there is no linear denoiser to compare with."
        )
        return None
    training = np.setdiff1d(np.arange(len(data)), held_out_of(document, data))
    return LinearDenoiser.fit_for_others(data.images[training], steps, derived_seed(seed, 1))


class _Sums:
    """Errors and similarities of all images so far."""

    def __init__(self) -> None:
        self._num_images = self._num_values = 0
        self._errors = dict.fromkeys(("corrupted", "denoised", "linear"), 0.0)
        self._similar = dict.fromkeys(("corrupted", "denoised"), 0.0)

    def add(self, clean: NDArray[np.uint8], versions: dict[str, NDArray[np.float32]]) -> None:
        """Note what was made of some images."""
        self._num_images += len(clean)
        self._num_values += clean.size
        wanted = clean / np.float32(255.0)
        for name, images in versions.items():
            self._errors[name] += float(np.square(images - wanted).sum(dtype=np.float64))
            if name in self._similar:
                self._similar[name] += float(ssim(clean, images).sum())

    def measured(self, *, has_linear: bool) -> dict[str, float | None]:
        """Return what is known of all of them."""
        psnr = {n: mse_as_db(error / self._num_values) for n, error in self._errors.items()}
        return {
            "psnr_corrupted_db": psnr["corrupted"],
            "psnr_denoised_db": psnr["denoised"],
            "psnr_linear_db": psnr["linear"] if has_linear else None,
            "ssim_corrupted": self._similar["corrupted"] / self._num_images,
            "ssim_denoised": self._similar["denoised"] / self._num_images,
        }


def _columns(
    model: OpenedModel,
    subject: Subject,
    steps: Steps,
    seed: int,
    linear: LinearDenoiser | None,
    sums: _Sums,
) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield for each image its versions (h, w, c): clean, corrupted and denoised.

    Without corruptions it is given and denoised. So many images are in work at once as memory has
    room for.
    """
    indices = subject.indices
    at_once = max(1, _VALUES_AT_ONCE // int(np.prod(model.image_shape)))
    for number, start in enumerate(range(0, len(indices), at_once)):
        clean = np.asarray(subject.data.images[indices[start : start + at_once]])
        if not steps:
            yield from zip(clean, model.reconstruct(clean), strict=True)
            continue
        # Unclipped, as denoisers are trained: clipped Gaussian noise would be weaker.
        own_seed = seed if number == 0 else derived_seed(seed, 1 + number)
        noisy = corrupt_stack(clean, steps, own_seed, clip=False)
        versions = {"corrupted": noisy, "denoised": model.denoise(noisy)}
        if linear is not None:
            versions["linear"] = linear.apply(noisy)
        sums.add(clean, versions)
        yield from zip(clean, noisy, versions["denoised"], strict=True)


def _picture(versions: tuple[NDArray[Any], ...], side_by_side: bool) -> NDArray[Any]:
    """Return the last of the versions, or all of them in one picture (h, k · w, c)."""
    if not side_by_side:
        return versions[-1]
    return np.concatenate([p / 255.0 if p.dtype == np.uint8 else p for p in versions], 1)


def _print(found: dict[str, Any]) -> None:
    print(f"{found['num_images']:,} {found['split']} images of {printable(found['data'])}")
    for which in ("corrupted", "denoised", "linear"):
        psnr_db, similarity = found[f"psnr_{which}_db"], found.get(f"ssim_{which}")
        if psnr_db is not None:
            shown = "" if similarity is None else f"   SSIM {similarity:.3f}"
            print(f"  {which:10}{psnr_db:7.2f} dB{shown}")
    if "out" in found:
        print(found["out"])
