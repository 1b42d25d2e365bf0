"""One picture decoded and brought to the size and the channels of its set.

Everything that can go wrong with a file of unknown origin becomes a :class:`PictureError`: decoders
raise OSError, SyntaxError, ValueError, KeyError and more. The format is decided by the content, and
Pillow is asked for that one format only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentlab.data.pictures.picture_fit import bordered, inside, placed, resized, to_array
from latentlab.data.pictures.picture_kind import (
    PICTURE_SUFFIXES,
    looks_like_picture,
    unsupported_kind,
)
from latentlab.data.pictures.picture_source import (
    MAX_PIXELS,
    PictureError,
    PictureFacts,
    PictureSource,
    refusal,
)
from latentlab.images.treatment import BACKGROUND_VALUES, Treatment

__all__ = [
    "MAX_PIXELS",
    "PICTURE_SUFFIXES",
    "PictureError",
    "PictureFacts",
    "looks_like_picture",
    "read_original",
    "read_picture",
    "unsupported_kind",
]


def read_picture(content: bytes, treatment: Treatment) -> tuple[NDArray[np.uint8], PictureFacts]:
    """Decode a picture file and bring it to the size and channels of a set.

    A picture that has them already comes out untouched. Otherwise it is reduced with a Lanczos
    filter or enlarged with a bicubic one, after transparent places were laid over the background.

    Parameters
    ----------
    content
        The whole file.
    treatment
        What every picture of the set gets.

    Returns
    -------
    pixels
        uint8 ``treatment.image_shape``, read-only, 0 to 255.
    facts
        What the file held.

    Raises
    ------
    PictureError
        If it is none of the formats that are read, is damaged, or is too large.
    """
    try:
        source = PictureSource(content)
        box, inner = placed(source.size, treatment)
        image, box, facts = source.upright(box, inner, treatment.channels, treatment.background)
        image = resized(image, box, inner)
        size = (treatment.width, treatment.height)
        return to_array(bordered(image, size, BACKGROUND_VALUES[treatment.background])), facts
    except Exception as error:
        raise refusal(error) from error


def read_original(
    content: bytes, limit_px: int, background: str = "black"
) -> tuple[NDArray[np.uint8], PictureFacts]:
    """Decode a picture file in colour and in its own shape, for looking at it.

    Parameters
    ----------
    content
        The whole file.
    limit_px
        Longest side that the result may have; a smaller picture keeps its size.
    background
        What shows through transparent places: a key of ``BACKGROUND_VALUES``.

    Returns
    -------
    pixels
        uint8 (height, width, 3), read-only, 0 to 255, each side from 1 to ``limit_px``.
    facts
        What the file held.

    Raises
    ------
    PictureError
        If it is none of the formats that are read, is damaged, or is too large.
    """
    try:
        source = PictureSource(content)
        width, height = source.size
        fits = max(width, height) <= limit_px
        inner = source.size if fits else inside(source.size, (limit_px, limit_px))
        image, box, facts = source.upright((0, 0, width, height), inner, 3, background)
        return to_array(resized(image, box, inner)), facts
    except Exception as error:
        raise refusal(error) from error
