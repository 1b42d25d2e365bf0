"""``latentlab data info``: what a data set holds, and what was left out and why."""

import time
from typing import Any

import numpy as np

from latentlab.base.options import applicable, options_of
from latentlab.cli.command_options import AsJson
from latentlab.cli.output import print_json, printable
from latentlab.cli.picture_options import NOTHING_ASKED, Pictures, asked_treatment
from latentlab.cli.subject import open_images
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import SPLITS, Origin
from latentlab.models.family.proposal import changed_options, proposed_spec, too_few
from latentlab.models.family.train_spec import TrainSpec

_FEW, _MANY = 5, 20
_ALWAYS_SHOWN = (
    "objective",
    "network",
    "hidden",
    "channels",
    "levels",
    "latent_dim",
    "epochs",
    "likelihood",
)


def info(
    data: str,
    *,
    json_: AsJson = False,
    pictures: Pictures = NOTHING_ASKED,
) -> int:
    """Say how many images of which size and class a data set holds, and what was left out and why.

    Parameters
    ----------
    data
        A folder or zip archive of pictures, a packed data set, a bundled or known name such as
        digits, an IDX file or folder, or a .npz, .npy or Parquet file.
    json_
        Write one JSON object.
    """
    begin_s = time.perf_counter()
    images = open_images(data, asked_treatment(pictures))
    origin = images.origin
    counts = _class_counts(images)
    found: dict[str, Any] = {
        "name": images.name,
        "title": images.title,
        "num_images": len(images),
        "num_skipped": 0 if origin is None else len(origin.skipped),
        "skipped": []
        if origin is None
        else [{"path": one.path, "reason": one.reason} for one in origin.skipped],
        "classes": list(images.class_names) or list(counts),
        "class_counts": counts,
        "image_shape": images.image_shape,
        "source_sizes": _sizes(images),
        "num_duplicates": 0 if origin is None else origin.num_duplicates,
        "splits": _splits(images),
        "fingerprint": images.fingerprint,
        "recommended": _recommended(images),
        "warning": too_few(len(images)),
        "seconds": time.perf_counter() - begin_s,
    }
    if json_:
        print_json(found)
    else:
        _print(images, counts)
    return 0


def _recommended(images: ImageSet) -> dict[str, Any]:
    """Return the settings that ``latentlab train`` takes of itself, by name, where they matter."""
    spec = proposed_spec(images.image_shape, len(images))
    usual = changed_options(spec, TrainSpec())
    shown = {name for name in applicable(spec) if name in usual or name in _ALWAYS_SHOWN}
    return {opt.name: getattr(spec, opt.name) for opt in options_of(TrainSpec) if opt.name in shown}


def _class_counts(images: ImageSet) -> dict[str, int]:
    if images.labels is None:
        return {}
    counts: dict[str, int] = {}
    values, numbers = np.unique(images.labels, return_counts=True)
    for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
        known = 0 <= value < len(images.class_names)
        counts[images.class_names[value] if known else str(value)] = number
    return counts


def _sizes(images: ImageSet) -> list[dict[str, int]]:
    """Return how many files have which size, the commonest first."""
    height, width, _ = images.image_shape
    sizes = {(width, height): len(images)} if images.origin is None else images.origin.source_sizes
    return [{"width": w, "height": h, "count": n} for (w, h), n in sizes.items()]


def _splits(images: ImageSet) -> dict[str, int]:
    splits = None if images.origin is None else images.origin.splits
    if splits is None:
        return {}
    return {name: int((splits == place).sum()) for place, name in enumerate(SPLITS)}


def _print(images: ImageSet, counts: dict[str, int]) -> None:
    height, width, channels = images.image_shape
    colour = "grey" if channels == 1 else "colour"
    title = printable(images.title)
    print(f"{title}: {_count(len(images), 'image')} of {width} × {height} pixels, {colour}")
    if counts:
        print(f"{len(counts):,} class{'' if len(counts) == 1 else 'es'}")
        for name, number in counts.items():
            print(f"  {printable(name):20} {number:>8,}")
    else:
        print("no classes")
    splits = _splits(images)
    if splits:
        print("splits")
        for name, number in splits.items():
            print(f"  {name:20} {number:>8,}")
    if images.origin is not None:
        _print_origin(images.origin)
    if warning := too_few(len(images)):
        print(warning)
    words = (
        f"{name.replace('_', ' ')} {_value(value)}" for name, value in _recommended(images).items()
    )
    print(f"recommended for training: {', '.join(words)}")
    print(f"fingerprint {images.fingerprint}")


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _print_origin(origin: Origin) -> None:
    sizes = list(origin.source_sizes.items())
    if not sizes:
        return
    shown = ", ".join(f"{w} × {h} ({n:,})" for (w, h), n in sizes[:_FEW])
    more = f" and {len(sizes) - _FEW:,} more" if len(sizes) > _FEW else ""
    print(f"sizes of the files: {shown}{more}")
    if origin.num_duplicates:
        print(f"{_count(origin.num_duplicates, 'file')} with the content of another one")
    if origin.skipped:
        print(f"{_count(len(origin.skipped), 'file')} skipped")
        for one in origin.skipped[:_MANY]:
            print(f"  {printable(one.path)}: {printable(one.reason)}")
        if len(origin.skipped) > _MANY:
            print(f"  … and {len(origin.skipped) - _MANY:,} more; --json lists all")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
