"""A quick look at some of the pictures of a listing, and what should be done to all of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentlab.data.pictures.decode_crew import DecodeCrew
from latentlab.data.pictures.import_messages import ExamplesTreated, Survey
from latentlab.data.pictures.listing import Listing
from latentlab.data.pictures.picture_viewer import views_of
from latentlab.images.treatment import Treatment, TreatmentOptions

NUM_EXAMPLES = 48
EXAMPLE_PX = 256

_NUM_SAMPLED = 400  # at most, of small pictures
_NUM_LARGE = 8  # at least, however large they are
_PIXELS_SAMPLED = 30_000_000
_LOOK_PX = 64
_AT_ONCE = 8
_USUAL_PX = 64  # larger pictures are made this large unless the user wants otherwise
_COLOURFUL = 12  # difference between channels of a pixel, of 255, that is colour
_COLOUR_SHARE = 0.002  # of the pixels


@dataclass(frozen=True, eq=False)
class Sample:
    """Some pictures of a listing, the same ones for the same listing."""

    sizes: Mapping[tuple[int, int], int]
    modes: Mapping[str, int]
    has_colour: bool
    has_transparency: bool
    examples: tuple[str, ...]

    @property
    def num_sampled(self) -> int:
        """How many pictures were looked at."""
        return sum(self.sizes.values())


def take_sample(listing: Listing, crew: DecodeCrew) -> Generator[None, None, Sample]:
    """Look at some pictures; those that cannot be opened do not count.

    How many depends on their size alone, so that the same pictures always give the same sample.
    Yields at least about every 20 ms.
    """
    entries = list(listing.entries)
    chosen = random.Random(0).sample(entries, min(len(entries), _NUM_SAMPLED))
    sizes: Counter[tuple[int, int]] = Counter()
    modes: Counter[str] = Counter()
    examples: list[str] = []
    is_transparent = has_colour = False
    looked_at = 0
    for start in range(0, len(chosen), _AT_ONCE):
        if sizes.total() >= _NUM_LARGE and looked_at > _PIXELS_SAMPLED:
            break
        part = chosen[start : start + _AT_ONCE]
        views = yield from views_of(part, crew, _LOOK_PX)
        for entry, view in zip(part, views, strict=True):
            if isinstance(view, str):
                continue
            looked_at += view.width * view.height
            sizes[view.width, view.height] += 1
            modes[view.mode] += 1
            is_transparent |= view.transparent
            has_colour = has_colour or _is_colourful(view.original)
            if len(examples) < NUM_EXAMPLES:
                examples.append(entry.name)
        yield
    return Sample(
        dict(sizes.most_common()),
        dict(modes.most_common()),
        has_colour,
        is_transparent,
        tuple(examples),
    )


def _is_colourful(pixels: NDArray[np.uint8]) -> bool:
    spread = pixels.max(2).astype(np.int16) - pixels.min(2)
    return bool((spread > _COLOURFUL).mean() > _COLOUR_SHARE)


def suitable_treatment(sample: Sample, options: TreatmentOptions) -> Treatment:
    """Return what to do with pictures: what was asked for, and what suits them where it was not."""
    width, height = _usual_size(sample.sizes)
    if options.width and options.height:
        width, height = options.width, options.height
    elif options.width:
        width, height = options.width, max(1, round(height * options.width / width))
    elif options.height:
        width, height = max(1, round(width * options.height / height)), options.height
    in_colour = sample.has_colour if options.colour == "auto" else options.colour == "colour"
    return Treatment(width, height, 3 if in_colour else 1, options.fit, options.background)


def _usual_size(sizes: Mapping[tuple[int, int], int]) -> tuple[int, int]:
    """Return the commonest size if it is small and common, else one that suits most pictures."""
    if not sizes:
        return (_USUAL_PX, _USUAL_PX)
    total = sum(sizes.values())
    (width, height), count = max(sizes.items(), key=_by_count)
    if count >= total / 2 and max(width, height) <= _USUAL_PX:
        return (width, height)
    ratios = np.repeat([w / h for w, h in sizes], list(sizes.values()))
    longest = np.repeat([max(size) for size in sizes], list(sizes.values()))
    shortest = np.repeat([min(size) for size in sizes], list(sizes.values()))
    ratio = float(np.median(ratios))
    if np.mean(np.abs(np.log(ratios / ratio)) < 0.03) >= 0.8 and 0.25 <= ratio <= 4:
        side = min(_USUAL_PX, float(np.median(longest)))
        scale = side / max(ratio, 1.0)
        return (max(1, round(scale * ratio)), max(1, round(scale)))
    side = max(8, min(_USUAL_PX, int(np.median(shortest))))
    return (side, side)


def _by_count(item: tuple[tuple[int, int], int]) -> tuple[int, tuple[int, int]]:
    return (item[1], item[0])


def survey(listing: Listing, sample: Sample, options: TreatmentOptions) -> Survey:
    """Return what is known of the pictures before all of them are read."""
    counts: dict[str, int] = {}
    if listing.labels is not None:
        numbers = np.bincount(listing.labels, minlength=len(listing.class_names))
        counts = dict(zip(listing.class_names, numbers.tolist(), strict=True))
    return Survey(
        title=listing.title,
        num_files=len(listing.entries),
        class_counts=counts,
        num_sampled=sample.num_sampled,
        sizes=sample.sizes,
        modes=sample.modes,
        has_colour=sample.has_colour,
        has_transparency=sample.has_transparency,
        examples=sample.examples,
        treatment=suitable_treatment(sample, options),
    )


def treat_examples(
    listing: Listing, names: Sequence[str], treatment: Treatment, crew: DecodeCrew
) -> Generator[None, None, ExamplesTreated]:
    """Return some pictures as they will be; those that cannot be opened are left out.

    Yields about every 20 ms.
    """
    wanted = set(names)
    by_name = {entry.name: entry for entry in listing.entries if entry.name in wanted}
    entries = [by_name[name] for name in names if name in by_name]
    views = yield from views_of(entries, crew, EXAMPLE_PX, treatment)
    seen = [(e.name, v) for e, v in zip(entries, views, strict=True) if not isinstance(v, str)]
    images = [view.treated for _, view in seen if view.treated is not None]
    return ExamplesTreated(
        treatment,
        tuple(name for name, _ in seen),
        np.stack(images) if images else np.empty((0, *treatment.image_shape), np.uint8),
        tuple(view.original for _, view in seen),
    )
