"""An import without files: it says what it is told to, and notes how it was asked and ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from latentlab.data.pictures.import_messages import (
    ExamplesTreated,
    FilesSkipped,
    Imported,
    ImportMessage,
    ImportProgress,
    Survey,
    Surveyed,
)
from latentlab.images.image_set import ImageSet
from latentlab.images.origin import Origin, Skipped
from latentlab.images.treatment import Treatment, TreatmentOptions

NAMES = ("cats/a.png", "cats/<b>.png", "dogs/\u202egnp.png", "dogs/\udcff\n.png")
SKIPPED = (Skipped("=cmd().png", "not a picture"), Skipped("cats/half.png", "truncated"))


def treatment_of(options: TreatmentOptions) -> Treatment:
    return Treatment(
        options.width or 12,
        options.height or 10,
        1 if options.colour == "grey" else 3,
        options.fit,
        options.background,
    )


def survey_of(options: TreatmentOptions) -> Survey:
    return Survey(
        title="pets",
        num_files=40,
        class_counts={"cats": 30, "dogs": 10},
        num_sampled=20,
        sizes={(12, 10): 15, (30, 30): 5},
        modes={"RGB": 18, "P": 2},
        has_colour=True,
        has_transparency=False,
        examples=NAMES,
        treatment=treatment_of(options),
    )


def examples_of(options: TreatmentOptions) -> ExamplesTreated:
    treatment = treatment_of(options)
    images = np.full((len(NAMES), *treatment.image_shape), 90, np.uint8)
    originals = tuple(np.full((20, 30, 3), 40 * i, np.uint8) for i in range(len(NAMES)))
    return ExamplesTreated(treatment, NAMES, images, originals)


def images_of(options: TreatmentOptions, count: int = 40) -> ImageSet:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, *treatment_of(options).image_shape), np.uint8)
    labels = (np.arange(count) % 4 == 0).astype(np.int32)
    files = [f"{('cats', 'dogs')[label]}/{i}.png" for i, label in enumerate(labels)]
    origin = Origin("/pets", files, SKIPPED, {(12, 10): count}, {"RGB": count}, num_duplicates=3)
    return ImageSet("/pets", "pets", images, labels, ("cats", "dogs"), origin)


class FakeImport:
    """Scans, surveys and packs 40 pictures that do not exist; stays where the factory holds it."""

    def __init__(
        self,
        factory: FakeFactory,
        paths: Sequence[Path],
        options: TreatmentOptions,
        listing: Any,
        sample: Any,
    ) -> None:
        self.factory = factory
        self.paths = tuple(paths)
        self.options = options
        self.given = (listing, sample)
        self.listing, self.sample = listing, sample
        self.closed = self.ended = False

    def run(self) -> Iterator[ImportMessage | None]:
        try:
            yield from self._run()
            self.ended = True
        finally:
            self.closed = True

    def _run(self) -> Iterator[ImportMessage | None]:
        if self.listing is None:
            for found in range(0, 41, 10):
                yield ImportProgress("scanning", found, 0, 0, 1000.0)
            while self.factory.hold == "scanning":
                yield None
            self.listing = "listing"
        yield from self.factory.before_survey
        self.sample = "sample"
        yield Surveyed(survey_of(self.options), self.options)
        yield examples_of(self.options)
        while self.factory.hold == "surveyed":
            yield None
        for done in range(0, 41, 5):
            yield ImportProgress("packing", 40, done, 0, 500.0, 1.0 - done / 40)
            if done == 20:
                yield FilesSkipped(SKIPPED)
            while done == 20 and self.factory.hold == "packing":
                yield None
        if self.factory.error is not None:
            raise self.factory.error
        yield Imported(images_of(self.options), 0.1)


class FakeFactory:
    """Makes imports and keeps them; ``hold`` names the phase in which they stay."""

    def __init__(self, hold: str = "") -> None:
        self.hold = hold
        self.error: Exception | None = None
        self.before_survey: tuple[ImportMessage, ...] = ()
        self.made: list[FakeImport] = []

    def __call__(
        self,
        paths: Sequence[Path],
        options: TreatmentOptions,
        *,
        listing: Any = None,
        sample: Any = None,
    ) -> FakeImport:
        made = FakeImport(self, paths, options, listing, sample)
        self.made.append(made)
        return made
