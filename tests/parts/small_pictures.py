"""Small files of every format that is read, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def colourful(width: int, height: int) -> Image.Image:
    """A picture in mode RGB with soft changes and a little noise."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 7 + i) * 50 + np.cos(y / 9 - i) * 50 + 128 for i in range(3)]
    noise = np.random.default_rng(width * height).normal(0, 6, (height, width, 3))
    return Image.fromarray((np.stack(waves, -1) + noise).clip(0, 255).astype(np.uint8))


def file_of(image: Image.Image, format: str, **options: Any) -> bytes:
    """The content of a file with this picture."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def plain(content: bytes, mode: str = "RGB") -> NDArray[np.uint8]:
    """What Pillow alone makes of a file."""
    array = np.asarray(Image.open(io.BytesIO(content)).convert(mode))
    return array if array.ndim == 3 else array[..., None]


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_file(
    size: tuple[int, int],
    rows: bytes,
    *,
    bits: int = 8,
    colour: int = 0,
    interlaced: bool = False,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A PNG file with these rows, each with its filter byte, and chunks around them."""
    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, interlaced)
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    end = after + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + before + pixels + end


SMALL = colourful(24, 17)
_TURNED = SMALL.convert("RGBA").rotate(30)
_RAMP_16 = Image.fromarray(np.arange(24 * 17, dtype=np.uint16).reshape(17, 24) * 150)

FILES: dict[str, bytes] = {
    "png": file_of(SMALL, "PNG"),
    "png palette": file_of(SMALL.quantize(16), "PNG", transparency=3),
    "png alpha": file_of(_TURNED, "PNG"),
    "png 16 bit": file_of(_RAMP_16, "PNG"),
    "apng": file_of(SMALL, "PNG", save_all=True, append_images=[SMALL.rotate(90)]),
    "jpeg": file_of(SMALL, "JPEG"),
    "jpeg progressive": file_of(SMALL, "JPEG", progressive=True),
    "jpeg cmyk": file_of(SMALL.convert("CMYK"), "JPEG"),
    "gif": file_of(SMALL, "GIF"),
    "gif animated": file_of(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(90)]),
    "bmp": file_of(SMALL, "BMP"),
    "webp": file_of(SMALL, "WEBP"),
    "webp lossless": file_of(_TURNED, "WEBP", lossless=True),
    "tiff": file_of(SMALL, "TIFF"),
    "tiff lzw": file_of(SMALL, "TIFF", compression="tiff_lzw"),
    "tiff float": file_of(SMALL.convert("F"), "TIFF"),
    "ppm": file_of(SMALL, "PPM"),
    "pgm": file_of(SMALL.convert("L"), "PPM"),
    "pbm": file_of(SMALL.convert("1"), "PPM"),
    "avif": file_of(SMALL, "AVIF"),
}
