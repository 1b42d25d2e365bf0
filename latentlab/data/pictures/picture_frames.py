"""How many frames or pages a picture file holds, without decoding any of them."""

from __future__ import annotations

import struct

from PIL import Image

MAX_FRAMES = 10_000


def num_frames(image: Image.Image, content: bytes) -> int:
    """Return the number of frames of an opened picture, counted to ``MAX_FRAMES + 1`` at most.

    Pillow knows it at once for PNG, WebP, AVIF and MPO. For GIF and TIFF it would visit frame
    after frame and build each one's tables, so their chains are followed here.
    """
    if image.format == "GIF":
        return _num_gif_frames(content)
    if image.format == "TIFF":
        return _num_tiff_pages(content)
    return max(1, getattr(image, "n_frames", 1))


def _num_gif_frames(content: bytes) -> int:
    count = 0
    try:
        position = 13 + _colour_table_bytes(content[10])
        while count <= MAX_FRAMES:
            introducer = content[position]
            if introducer == 0x2C:  # an image: descriptor, colours, code size, blocks
                count += 1
                position += 11 + _colour_table_bytes(content[position + 9])
            elif introducer == 0x21:  # an extension: label, blocks
                position += 2
            else:
                break
            while length := content[position]:
                position += length + 1
            position += 1
    except IndexError:
        pass  # truncated: decoding will say so
    return max(1, count)


def _colour_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _num_tiff_pages(content: bytes) -> int:
    order = "<" if content[:2] == b"II" else ">"
    big = 0x2B in content[2:4]
    entries, entry_bytes, offset = (
        (struct.Struct(order + "Q"), 20, struct.Struct(order + "Q"))
        if big
        else (struct.Struct(order + "H"), 12, struct.Struct(order + "I"))
    )
    visited: set[int] = set()
    try:
        position = offset.unpack_from(content, 8 if big else 4)[0]
        while position and position not in visited and len(visited) <= MAX_FRAMES:
            visited.add(position)
            skipped = entries.unpack_from(content, position)[0] * entry_bytes
            position = offset.unpack_from(content, position + entries.size + skipped)[0]
    except (struct.error, OverflowError):
        pass  # truncated: decoding will say so
    return max(1, len(visited))
