"""Damage that Pillow does not notice: it would give a picture of which a part was never decoded."""

from __future__ import annotations

import re
import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

_CHUNK = struct.Struct(">I4s")
_CHECKSUM = struct.Struct(">I")
_SAMPLES_PER_PIXEL = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))  # fmt: skip

_MARKER_IN_DATA = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # with the padding before it
_RESTARTS = re.compile(rb"\xff[\xd0-\xd7]")
_FRAMES = tuple(marker for marker in range(0xC0, 0xD0) if marker not in (0xC4, 0xC8, 0xCC))
_RESTART_INTERVAL, _START_OF_SCAN = 0xDD, 0xDA
_UNDECODED = (127, 128)  # grey, as RGB or L and as inverted CMYK


def is_damaged(image: Image.Image, name: str, content: bytes) -> bool:
    """Whether a loaded picture is incomplete although Pillow raised nothing.

    Pillow 13 does not look at the checksums of a PNG file's pixels, nor at whether there are
    enough of them; and libjpeg fills up with grey what an early end of the data leaves open.

    Parameters
    ----------
    image
        The picture as loaded, before anything was done to it.
    name
        Its format, as :func:`~latentlab.data.pictures.picture_kind.looks_like_picture` gives it.
    content
        The file.
    """
    if name == "PNG":
        return _is_damaged_png(image, content)
    return name == "JPEG" and _ends_in_grey(image) and _is_cut_jpeg(image, content)


def _is_damaged_png(image: Image.Image, content: bytes) -> bool:
    if content[12:16] != b"IHDR":
        return True
    view = memoryview(content)
    parts = []
    position = 8
    try:
        while True:
            length, kind = _CHUNK.unpack_from(content, position)
            end = position + 8 + length
            if kind == b"IDAT":
                if zlib.crc32(view[position + 4 : end]) != _CHECKSUM.unpack_from(content, end)[0]:
                    return True
                parts.append(view[position + 8 : end])
            elif parts:
                break
            position = end + 4
    except struct.error:
        if not parts or position < len(content):
            return True
    # Rows that never came are zero, so only where the last rows are is there reason to count.
    box = image.getbbox(alpha_only=False)
    complete = box is not None and box[3] == image.height and content[28] == 0
    return not complete and _is_short(content, b"".join(parts))


def _is_short(content: bytes, compressed: bytes) -> bool:
    """Whether the pixel data of a PNG file are fewer than its size asks for."""
    width, height, bits, colour = struct.unpack_from(">IIBB", content, 16)
    bits_per_pixel = bits * _SAMPLES_PER_PIXEL[colour]
    passes = _ADAM7 if content[28] else ((0, 0, 1, 1),)
    expected = 0
    for left, top, step_x, step_y in passes:
        columns = max(0, width - left + step_x - 1) // step_x
        rows = max(0, height - top + step_y - 1) // step_y
        expected += rows * (1 + (columns * bits_per_pixel + 7) // 8) if columns else 0
    inflater = zlib.decompressobj()
    found = 0
    while found < expected:
        piece = inflater.decompress(compressed, min(expected - found, 1 << 20))
        if not piece:
            return True
        found += len(piece)
        compressed = inflater.unconsumed_tail
    return False


def _ends_in_grey(image: Image.Image) -> bool:
    """Whether the last pixel is the grey that libjpeg gives to what it has no data for."""
    pixel = image.getpixel((image.width - 1, image.height - 1))
    return all(value in _UNDECODED for value in (pixel if isinstance(pixel, tuple) else (pixel,)))


def _is_cut_jpeg(image: Image.Image, content: bytes) -> bool:
    """Whether the pixel data of a JPEG file stop before its last pixel.

    Bytes put before the end of the pixel data change nothing in a complete picture, where they
    come after the last pixel; in a cut one they become pixels. Costs a second decoding, for the
    few pictures that end in this grey.
    """
    segments, scan = _jpeg_segments(content)
    end = _MARKER_IN_DATA.search(content, scan)
    stop = end.start() if end else len(content)
    num_restarts = len(_RESTARTS.findall(content, scan, stop))
    units = int.from_bytes(segments.get(_RESTART_INTERVAL, b""), "big")
    frame = next(segments[marker] for marker in _FRAMES if marker in segments)
    height, width = struct.unpack_from(">HH", frame, 1)
    num_blocks = (width // 8 + 2) * (height // 8 + 2)
    longer = content[:stop] + _more_data(num_blocks, units, num_restarts) + content[stop:]
    again = Image.open(BytesIO(longer), formats=("JPEG",))
    shrunk = round(width / image.width)
    if shrunk > 1:
        again.draft(None, (width // shrunk, height // shrunk))
    return _corner(again) != _corner(image)


def _corner(image: Image.Image) -> bytes:
    """Return the pixels of the last 8 columns and rows."""
    width, height = image.size
    return image.crop((max(0, width - 8), max(0, height - 8), width, height)).tobytes()


def _jpeg_segments(content: bytes) -> tuple[dict[int, bytes], int]:
    """Return what precedes the pixel data, by marker, and where the first pixel data begin."""
    segments: dict[int, bytes] = {}
    position = 2
    while True:
        while content[position + 1] == 0xFF:  # padding
            position += 1
        marker = content[position + 1]
        end = position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")
        if marker == _START_OF_SCAN:
            return segments, end
        segments[marker] = content[position + 4 : end]
        position = end


def _more_data(num_blocks: int, units: int, num_restarts: int) -> bytes:
    """Return random pixel data, enough for a whole picture.

    Parameters
    ----------
    num_blocks
        How many blocks of 8 x 8 pixels the picture has.
    units
        Units of one block or more between two restart markers, 0 where there are no such markers.
    num_restarts
        Restart markers that came before; they are counted modulo 8 and must go on from there.
    """
    rng = np.random.default_rng(0)
    if units == 0:
        return rng.integers(0, 255, 64 * num_blocks, np.uint8).tobytes()
    run = rng.integers(0, 255, 256 * units, np.uint8).tobytes()
    return b"".join(
        run + bytes((0xFF, 0xD0 + (num_restarts + i) % 8)) for i in range(num_blocks // units + 2)
    )
