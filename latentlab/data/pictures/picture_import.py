"""The whole way from a folder, archive or selection of pictures to a packed data set."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from latentlab.base.errors import DataError, LatentLabError
from latentlab.data.packed import open_packed
from latentlab.data.pictures.background import in_background
from latentlab.data.pictures.decode_crew import DecodeCrew
from latentlab.data.pictures.import_messages import (
    FilesSkipped,
    Imported,
    ImportFailed,
    ImportMessage,
    ImportProgress,
    ImportStage,
    Surveyed,
)
from latentlab.data.pictures.listing import Listing, list_pictures, readable
from latentlab.data.pictures.packing import pack_pictures
from latentlab.data.pictures.picture_cache import PictureCache
from latentlab.data.pictures.picture_paths import is_pictures
from latentlab.data.pictures.survey import (
    Sample,
    suitable_treatment,
    survey,
    take_sample,
    treat_examples,
)
from latentlab.images.image_set import ImageSet
from latentlab.images.treatment import Treatment, TreatmentOptions

__all__ = ["PictureImport", "import_pictures", "is_pictures", "treat_examples"]

_FIRST_EXAMPLES = 8  # shown before the others
_MANY_FILES = 3000  # that take longer to find than processes to start
_FIRST_TAKE_S = 0.1  # longer, as for photographs, and they are all that is shown
_TELL_EVERY_S = 1 / 30


class PictureImport:
    """An import in progress.

    Parameters
    ----------
    paths
        A folder, an archive, a Parquet file, or any selection of these and of pictures.
    options
        What the user wants done to the pictures.
    listing, sample
        What an earlier import of the same paths has found already.
    crew
        Processes to decode with, which stay open; some of its own if not given.
    cache
        Folder for the packed pictures; the application's own if not given.
    out
        Write the packed set here instead of into the cache.
    examples
        Whether to send examples, for somebody to look at.

    Attributes
    ----------
    listing, sample
        Known once scanning has ended.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        options: TreatmentOptions = TreatmentOptions(),  # noqa: B008 - frozen
        *,
        listing: Listing | None = None,
        sample: Sample | None = None,
        crew: DecodeCrew | None = None,
        cache: Path | None = None,
        out: Path | None = None,
        examples: bool = True,
    ) -> None:
        options.validate()
        self.listing = listing
        self.sample = sample
        self._crew = crew
        self._paths = tuple(paths)
        self._options = options
        self._cache = PictureCache(cache)
        self._out = out
        self._examples = examples

    def run(self) -> Generator[ImportMessage | None, None, None]:
        """Scan, survey and pack, yielding messages; ``None`` where there is nothing new.

        Yields at least about every 20 ms. The last message is ``Imported`` or ``ImportFailed``.
        Closing the generator ends the work and leaves nothing behind.
        """
        crew = self._crew or DecodeCrew()
        try:
            yield from self._run(crew)
        except LatentLabError as error:
            yield ImportFailed(error.sentence, error.details)
        finally:
            if crew is not self._crew:
                crew.close()

    def _run(self, crew: DecodeCrew) -> Generator[ImportMessage | None, None, None]:
        begin_s = time.monotonic()
        if self.listing is None:
            crew.start(2)  # which takes a moment, while the files are found
            yield from self._scan(crew)
        listing = self.listing
        assert listing is not None
        if not listing.entries:
            raise DataError(
                f"“{listing.title}” holds no pictures, nor any other data that can be opened.",
                "\n".join(f"{one.path}: {one.reason}" for one in listing.skipped[:1000]),
            )
        if self.sample is None:
            self.sample = yield from take_sample(listing, crew)
        treatment = suitable_treatment(self.sample, self._options)
        if self._examples:
            yield from self._show(listing, self.sample, treatment, crew)
        if listing.skipped:
            yield FilesSkipped(listing.skipped)
        drop = self._options.duplicates == "drop"
        key = self._cache.key(listing, treatment, drop)
        path = self._cache.path(key) if self._out is None else self._out
        name = self._name(listing, path)
        data = self._packed_before(path, key, name)
        was_packed = data is not None
        if data is None:
            yield from self._pack(listing, treatment, path, key, crew)
            data = open_packed(path, name)
        if was_packed and data.origin is not None:
            known = {one.path for one in listing.skipped}
            more = tuple(one for one in data.origin.skipped if one.path not in known)
            if more:
                yield FilesSkipped(more)
        yield Imported(data, 0.0 if was_packed else time.monotonic() - begin_s)

    def _packed_before(self, path: Path, key: str, name: str) -> ImageSet | None:
        """Return what an earlier import of the same pictures has packed, if it is still whole."""
        if self._out is not None or not self._cache.has(key):
            return None
        try:
            return open_packed(path, name)
        except DataError:
            shutil.rmtree(path, ignore_errors=True)  # it can be made again, and is
            return None

    def _show(
        self, listing: Listing, sample: Sample, treatment: Treatment, crew: DecodeCrew
    ) -> Generator[ImportMessage | None, None, None]:
        """Tell what there is, and what examples will look like; first some, then all."""
        yield Surveyed(survey(listing, sample, self._options), self._options)
        begin_s = time.monotonic()
        yield (
            yield from treat_examples(listing, sample.examples[:_FIRST_EXAMPLES], treatment, crew)
        )
        is_quick = time.monotonic() - begin_s < _FIRST_TAKE_S
        if len(sample.examples) > _FIRST_EXAMPLES and is_quick:
            yield (yield from treat_examples(listing, sample.examples, treatment, crew))

    def _pack(
        self, listing: Listing, treatment: Treatment, path: Path, key: str, crew: DecodeCrew
    ) -> Generator[ImportMessage | None, None, None]:
        drop = self._options.duplicates == "drop"
        pace = _Pace("packing", len(listing.entries), len(listing.skipped))
        packing = pack_pictures(listing, treatment, path, crew, drop_duplicates=drop, key=key)
        for found in packing:
            if isinstance(found, int):
                pace.done += found
            else:
                pace.num_skipped += len(found)
                yield FilesSkipped(tuple(found))
            yield pace.progress()
        yield pace.progress(last=True)
        if self._out is None:
            self._cache.note_use(key)
            self._cache.make_room(keep=key)

    def _name(self, listing: Listing, path: Path) -> str:
        """Return what opens this set again: what was opened, or for a selection, the packed set."""
        is_one = self._out is None and len(self._paths) == 1
        return readable(str(listing.root if is_one else path))

    def _scan(self, crew: DecodeCrew) -> Generator[ImportMessage | None, None, None]:
        pace = _Pace("scanning")
        scanning = in_background(list_pictures(self._paths))
        while True:
            try:
                pace.found = next(scanning) or pace.found
            except StopIteration as end:
                self.listing = listing = end.value
                break
            if pace.found > _MANY_FILES:
                crew.start()
            yield pace.progress()
        pace.found = len(listing.entries)
        yield pace.progress(last=True)


class _Pace:
    """Counts, and makes a message of them often enough and no oftener."""

    def __init__(self, stage: ImportStage, found: int = 0, num_skipped: int = 0) -> None:
        self.stage = stage
        self.found = found
        self.done = 0
        self.num_skipped = num_skipped
        self._begin_s = time.monotonic()
        self._told_s = 0.0

    def progress(self, *, last: bool = False) -> ImportProgress | None:
        now_s = time.monotonic()
        if not last and now_s - self._told_s < _TELL_EVERY_S:
            return None
        self._told_s = now_s
        took_s = max(now_s - self._begin_s, 1e-6)
        count = self.found if self.stage == "scanning" else self.done
        per_s = count / took_s
        left_s = None
        if self.stage == "packing" and self.done and took_s > 0.5:
            left_s = max(0.0, (self.found - self.done) / per_s)
        return ImportProgress(self.stage, self.found, self.done, self.num_skipped, per_s, left_s)


def import_pictures(
    path: Path,
    options: TreatmentOptions = TreatmentOptions(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
) -> Generator[ImportProgress | Imported, None, None]:
    """Import without anybody looking: progress, and the packed set at the end.

    Closing the generator ends the work and leaves nothing behind.

    Raises
    ------
    DataError
        If nothing could be imported.
    """
    work = PictureImport([path], options, out=out, examples=False)
    with contextlib.closing(work.run()) as messages:
        for message in messages:
            if isinstance(message, ImportFailed):
                raise DataError(message.sentence, message.details)
            if isinstance(message, (ImportProgress, Imported)):
                yield message
