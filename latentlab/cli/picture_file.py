"""One picture file as an image that a model takes."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import DataError, UsageError
from latentlab.cli.subject import treatment_of
from latentlab.data.pictures.decode_crew import DecodeCrew
from latentlab.data.pictures.listing import MAX_FILE_BYTES, Entry
from latentlab.data.pictures.picture_viewer import look_at
from latentlab.images.treatment import Treatment
from latentlab.models.model_document import ModelDocument

_LOOK_PX = 16  # nobody looks at the original here


def read_picture(path: Path, document: ModelDocument) -> NDArray[np.uint8]:
    """Return a picture as the model was trained on pictures, uint8 (h, w, c).

    It is decoded in a process of its own, which a picture that makes the decoder crash ends alone.

    Raises
    ------
    UsageError
        If it is missing or cannot be read as a picture.
    """
    try:
        found = path.expanduser().stat()
    except (OSError, RuntimeError, ValueError) as error:  # also an unknown ~user, or too long
        raise UsageError(f"There is no picture “{path}”.", str(error)) from error
    if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for ever
        raise UsageError(f"“{path}” is not a picture file; name one, or use --data and --index.")
    if found.st_size > MAX_FILE_BYTES:
        raise UsageError(f"“{path.name}” is larger than {MAX_FILE_BYTES >> 20} MB.")
    height, width, channels = document.input_shape
    wish = treatment_of(document)
    treatment = Treatment(width, height, channels, wish.fit, wish.background)
    entry = Entry(path.name, str(path.expanduser().absolute()), "", found.st_size, 0)
    crew = DecodeCrew()
    try:
        (view,) = look_at([entry], crew, _LOOK_PX, treatment)
    except DataError as error:
        raise UsageError(error.sentence, error.details) from error
    finally:
        crew.close()
    if isinstance(view, str):
        raise UsageError(f"“{path.name}” cannot be used: {view}.")
    assert view.treated is not None
    return view.treated
