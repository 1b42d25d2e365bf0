"""``latentlab data pack`` and ``clear-cache``: pictures decoded once."""

import contextlib
import time
from pathlib import Path

from latentlab.base.errors import DataError, UsageError
from latentlab.cli.command_options import AsJson
from latentlab.cli.destination import folder_to_write
from latentlab.cli.import_bar import ImportBar
from latentlab.cli.output import print_json
from latentlab.cli.picture_options import NOTHING_ASKED, Pictures, asked_treatment
from latentlab.cli.subject import open_images
from latentlab.data.packed import open_packed, pack_images
from latentlab.data.pictures.import_messages import Imported
from latentlab.data.pictures.picture_cache import PictureCache
from latentlab.data.pictures.picture_paths import is_pictures
from latentlab.images.image_set import ImageSet
from latentlab.images.treatment import TreatmentOptions


def pack(
    data: str,
    out: Path,
    *,
    json_: AsJson = False,
    pictures: Pictures = NOTHING_ASKED,
) -> int:
    """Decode pictures once into a packed data set, which opens at once.

    Parameters
    ----------
    data
        What to pack: a folder or archive of pictures, or any other data set.
    out
        The folder to make.
    json_
        Write one JSON object.
    """
    begin_s = time.perf_counter()
    options = asked_treatment(pictures)
    folder_to_write(out)
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"The folder “{out}” is not empty; name a new one to pack into.")
    path = Path(data).expanduser()
    if is_pictures(path):
        images = _pack_pictures(path, options, out)
    else:
        pack_images(open_images(data), out)
        images = open_packed(out)
    if json_:
        print_json(
            {
                "out": out,
                "num_images": len(images),
                "num_skipped": 0 if images.origin is None else len(images.origin.skipped),
                "image_shape": images.image_shape,
                "fingerprint": images.fingerprint,
                "seconds": time.perf_counter() - begin_s,
            }
        )
    else:
        print(out)
    return 0


def _pack_pictures(path: Path, options: TreatmentOptions, out: Path) -> ImageSet:
    from latentlab.data.pictures.picture_import import import_pictures

    try:
        with (
            ImportBar() as bar,
            contextlib.closing(import_pictures(path, options, out=out)) as messages,
        ):
            for found in messages:
                if isinstance(found, Imported):
                    return found.data
                bar.show(found)
    except DataError as error:
        raise UsageError(error.sentence, error.details) from error
    raise AssertionError("an import ends with its result")


def clear_cache(*, json_: AsJson = False) -> int:
    """Remove the packed copies of pictures that were opened; they are made again when needed.

    Parameters
    ----------
    json_
        Write one JSON object.
    """
    freed = PictureCache().clear()
    if json_:
        print_json({"freed_bytes": freed})
    else:
        print(f"{freed / 2**20:,.1f} MB freed")
    return 0
