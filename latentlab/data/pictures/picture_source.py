"""A picture file opened: refused while it costs nothing, or decoded and turned upright."""

from __future__ import annotations

import logging
import re
import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile, UnidentifiedImageError

from latentlab.data.pictures.picture_damage import is_damaged
from latentlab.data.pictures.picture_fit import Box, Size
from latentlab.data.pictures.picture_frames import MAX_FRAMES, num_frames
from latentlab.data.pictures.picture_kind import looks_like_picture, unsupported_kind
from latentlab.data.pictures.picture_pixels import flattened
from latentlab.images.treatment import BACKGROUND_VALUES

MAX_PIXELS = 100_000_000
DAMAGED = "truncated or damaged"

_ORIENTATION = 274
_ORIENTATION_KEYS = frozenset(("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"))
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PILLOW_MODULES = re.compile(r"PIL\.")

# Pillow logs what it finds odd in a file; the reason given for leaving it out is enough.
logging.getLogger("PIL").setLevel(logging.CRITICAL)


class PictureError(Exception):
    """A file that cannot be used as a picture.

    Parameters
    ----------
    reason
        One plain phrase that says why, without the file's name.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class PictureFacts:
    """What a file held before anything was done to it.

    Attributes
    ----------
    width, height
        Size in pixels, upright.
    mode
        Kind of pixels, in Pillow's words.
    format
        Format, in Pillow's words.
    transparent
        Whether any pixel lets the background through.
    notes
        What else there is to say, in phrases.
    """

    width: int
    height: int
    mode: str
    format: str
    transparent: bool
    notes: tuple[str, ...]


class PictureSource:
    """One file on its way to pixels.

    Parameters
    ----------
    content
        The whole file.

    Attributes
    ----------
    size
        Width and height of the upright picture in pixels.

    Raises
    ------
    PictureError
        If it is none of the formats that are read, or is too large.
    Exception
        Whatever else a decoder raises; :func:`refusal` puts it into words.
    """

    def __init__(self, content: bytes) -> None:
        _hush_pillow()
        self._content = content
        self._format = _known_format(content)
        self._image = image = _opened(content, self._format)
        self._num_frames = num_frames(image, content)
        if self._num_frames > MAX_FRAMES:
            raise PictureError(f"more than {MAX_FRAMES:,} frames")
        if self._format != "JPEG":
            # A PNG file may say how it lies after its pixels, and Pillow turns TIFF by itself.
            # JPEG says it before and can be decoded at a smaller size, which comes later.
            image.load()
        self._orientation = 1 if self._format == "TIFF" else _orientation(image)
        self.size: Size = image.size if self._orientation < 5 else (image.height, image.width)

    def upright(
        self, box: Box, inner: Size, channels: int, background: str
    ) -> tuple[Image.Image, Box, PictureFacts]:
        """Return the picture in mode L or RGB, what of it to take, and what the file held.

        A JPEG file that is much larger than needed is decoded at a fraction of its size, down to
        twice the size needed.

        Parameters
        ----------
        box
            Part of the upright picture that will be taken, in pixels.
        inner
            Size in pixels that this part will get.
        channels
            1 or 3.
        background
            A key of ``BACKGROUND_VALUES``.
        """
        image = self._image
        if self._format == "JPEG":
            reduction = min((box[2] - box[0]) / inner[0], (box[3] - box[1]) / inner[1])
            for shrunk in (8, 4, 2):
                if reduction >= 2 * shrunk:
                    image.draft(None, (image.width // shrunk, image.height // shrunk))
                    box = (box[0] / shrunk, box[1] / shrunk, box[2] / shrunk, box[3] / shrunk)
                    break
            image.load()
        if is_damaged(image, self._format, self._content):
            raise PictureError(DAMAGED)
        flat, transparent = flattened(image, self._content, channels, BACKGROUND_VALUES[background])
        if self._orientation != 1:
            flat = flat.transpose(_TRANSPOSITIONS[self._orientation])
        notes = (f"first of {self._num_frames:,} frames",) if self._num_frames > 1 else ()
        return flat, box, PictureFacts(*self.size, image.mode, self._format, transparent, notes)


def refusal(error: Exception) -> PictureError:
    """Return why a file is refused, for anything that reading it raised."""
    if isinstance(error, PictureError):
        return error
    if isinstance(error, MemoryError):
        return PictureError("it takes more memory than there is")
    if isinstance(error, Image.DecompressionBombError):
        return PictureError("it holds a part that is too large")
    return PictureError(DAMAGED)


def _known_format(content: bytes) -> str:
    name = looks_like_picture(content[:32])
    if name is not None:
        return name
    if not content:
        raise PictureError("empty file")
    raise PictureError(unsupported_kind(content[:4096]) or "not a picture")


def _opened(content: bytes, name: str) -> ImageFile.ImageFile:
    if name == "WEBP":
        # Its decoder reserves memory for the whole picture as soon as it is opened.
        _check_size(_webp_size(content))
    try:
        image = Image.open(BytesIO(content), formats=(name,))
    except Image.DecompressionBombError:
        # Pillow's own limit is higher; what it raises does not say the size.
        image = Image.OPEN[name][0](BytesIO(content), "")
    except UnidentifiedImageError:
        if name != "TIFF":
            raise
        # TIFF has many more kinds of pixels than Pillow reads.
        raise PictureError("damaged, or a kind of TIFF that cannot be read") from None
    _check_size(image.size)
    return image


def _check_size(size: Size) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise PictureError(f"{size[0]:,} × {size[1]:,} pixels is too large")


def _webp_size(content: bytes) -> Size:
    """Return the size that the extended header claims; the simple kinds stay below 2^28 pixels."""
    if content[12:16] == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif content[12:16] == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width, height


def _orientation(image: Image.Image) -> int:
    """Return how the picture lies, 1 to 8; 1, upright, where the file does not say so clearly."""
    if _ORIENTATION_KEYS.isdisjoint(image.info):
        return 1
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken descriptions raise anything, the pixels may be good
        return 1
    return int(value) if value in _TRANSPOSITIONS else 1


def _hush_pillow() -> None:
    """Let no warning of Pillow out: they are about descriptions in files and about large pictures.

    The filter stays, because putting it back after each picture would not be safe with threads;
    it is set again after somebody else, such as a test runner, has reset the filters.
    """
    filters = warnings.filters
    if not filters or filters[0][3] != _PILLOW_MODULES:
        warnings.filterwarnings("ignore", module=_PILLOW_MODULES.pattern)
