"""Damaged, cut, mutated and hostile picture files."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile
from small_pictures import FILES, SMALL, colourful, file_of, png_chunk, png_file

from latentlab.data.pictures.picture import (
    PictureError,
    looks_like_picture,
    read_original,
    read_picture,
    unsupported_kind,
)
from latentlab.images.treatment import Treatment

SAME = Treatment(*SMALL.size, 3)
TREATMENTS = (Treatment(8, 8, 3), Treatment(40, 9, 1, "pad", "white"))
HOSTILE = os.environ.get("LATENTLAB_HOSTILE")
HOSTILE_OUTCOMES = Path(__file__).with_name("hostile_outcomes.json")


def holds(content: bytes) -> bool:
    """Whether a file decodes to the shape asked for; anything but a refusal fails the test."""
    decoded = []
    for treatment in TREATMENTS:
        try:
            pixels, facts = read_picture(content, treatment)
        except PictureError as error:
            assert error.reason
            decoded.append(False)
        else:
            assert pixels.shape == treatment.image_shape
            assert pixels.dtype == np.uint8
            assert facts.width >= 1 <= facts.height
            decoded.append(True)
    assert decoded[0] == decoded[1]
    return decoded[0]


def is_refused(content: bytes) -> bool:
    try:
        read_picture(content, SAME)
    except PictureError:
        return True
    return False


@pytest.mark.parametrize("name", FILES)
def test_cut_anywhere_a_file_gives_the_whole_picture_or_none(name: str) -> None:
    content = FILES[name]
    whole, _ = read_picture(content, SAME)
    step = max(1, len(content) // 250)
    for length in [*range(0, len(content), step), len(content) - 1]:
        try:
            pixels, _ = read_picture(content[:length], SAME)
        except PictureError:
            continue
        np.testing.assert_array_equal(pixels, whole, err_msg=f"cut to {length} bytes")
    assert is_refused(content[: len(content) // 2])


def test_nobody_may_let_pillow_fill_up_what_is_missing() -> None:
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


# --- PNG ---


def test_a_flipped_bit_in_the_pixels_of_a_png_is_found() -> None:
    content = file_of(colourful(40, 40), "PNG", compress_level=0)
    start = content.index(b"IDAT")
    for position in range(start + 20, len(content) - 20, 97):
        broken = bytearray(content)
        broken[position] ^= 4
        assert is_refused(bytes(broken))


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_with_too_few_pixels_is_refused(interlaced: bool) -> None:
    rows = (b"\0" + bytes([200] * 16)) * 16
    if interlaced:  # the seven passes of Adam7 on 16 x 16 pixels
        rows = b"".join(
            (b"\0" + bytes([200] * columns)) * lines
            for columns, lines in ((2, 2), (2, 2), (4, 2), (4, 4), (8, 4), (8, 8), (16, 8))
        )
    assert not is_refused(png_file((16, 16), rows, interlaced=interlaced))
    for missing in (1, 17, len(rows) // 2):
        assert is_refused(png_file((16, 16), rows[:-missing], interlaced=interlaced))


@pytest.mark.parametrize(("bits", "row_bytes"), [(1, 2), (2, 3), (4, 5), (8, 9), (16, 18)])
def test_a_png_that_is_black_at_the_bottom_is_complete(bits: int, row_bytes: int) -> None:
    rows = (b"\0" + bytes(row_bytes)) * 9
    assert not is_refused(png_file((9, 9), rows, bits=bits))
    assert is_refused(png_file((9, 9), rows[:-1], bits=bits))


def test_pixels_in_many_chunks_and_none_of_them_at_the_end() -> None:
    content = FILES["png"]
    start = content.index(b"IDAT") - 4
    length = int.from_bytes(content[start : start + 4], "big")
    data = content[start + 8 : start + 8 + length]
    pieces = b"".join(png_chunk(b"IDAT", data[i : i + 7]) for i in range(0, length, 7))
    head = content[:start]
    for after in (png_chunk(b"IEND", b""), b""):
        pixels, _ = read_picture(head + pieces + after, SAME)
        np.testing.assert_array_equal(pixels, np.asarray(SMALL))


# --- JPEG ---


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 97, "subsampling": 0},
        {"restart_marker_rows": 1},
        {"restart_marker_blocks": 3},
    ],
)
def test_a_jpeg_that_was_cut_and_closed_is_not_half_grey(
    mode: str, options: dict[str, int]
) -> None:
    content = file_of(colourful(150, 120).convert(mode), "JPEG", **options)
    start = content.index(b"\xff\xda") + 20
    treatment = Treatment(150, 120, 3)
    whole, _ = read_picture(content, treatment)
    for part in range(1, 20):
        cut = content[: start + (len(content) - start) * part // 20] + b"\xff\xd9"
        try:
            pixels, _ = read_picture(cut, treatment)
        except PictureError:
            continue
        # What is lost may lie within the last block.
        np.testing.assert_array_equal(pixels[:104], whole[:104])
    assert is_refused(content[: len(content) * 3 // 4] + b"\xff\xd9")


def test_a_large_cut_jpeg_that_is_decoded_small() -> None:
    content = file_of(colourful(900, 700), "JPEG")
    assert not is_refused(content)
    assert is_refused(content[: len(content) * 3 // 4] + b"\xff\xd9")


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("value", [127, 128])
@pytest.mark.parametrize("size", [(200, 140), (601, 403), (3, 5)])
def test_a_jpeg_that_is_grey_itself_opens(mode: str, value: int, size: tuple[int, int]) -> None:
    image = colourful(*size).convert("L")
    image.paste(value, (0, size[1] // 2, *size))
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}):
        content = file_of(image.convert(mode), "JPEG", **options)
        thumbnail = Image.Exif()
        thumbnail[0x010E] = "\xff\xda\xff\xc0 that looks like a marker"
        with_exif = file_of(image.convert(mode), "JPEG", exif=thumbnail, **options)
        for file in (content, with_exif):
            assert not is_refused(file)
            assert read_original(file, 1000)[0].shape == (size[1], size[0], 3)


# --- anything ---


def mutated(content: bytes, rng: random.Random) -> bytes:
    broken = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        position = rng.randrange(len(broken))
        kind = rng.randrange(6)
        if kind < 3:
            broken[position] = rng.randrange(256)
        elif kind == 3:
            broken[position] ^= 1 << rng.randrange(8)
        elif kind == 4:
            del broken[position : position + rng.randrange(1, 9)]
        else:
            broken[position:position] = rng.randbytes(rng.randrange(1, 9))
        if not broken:
            break
    return bytes(broken)


def mutate(name: str, count: int) -> None:
    rng = random.Random(name)
    outcomes = [holds(mutated(FILES[name], rng)) for _ in range(count)]
    assert not all(outcomes)


@pytest.mark.parametrize("name", FILES)
def test_broken_files_are_refused_or_decoded(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    mutate(name, 150)
    assert capfd.readouterr().out == ""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", FILES)
def test_ten_thousand_broken_files(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    mutate(name, 10_000)
    assert capfd.readouterr().out == ""


@pytest.mark.skipif(not HOSTILE, reason="LATENTLAB_HOSTILE names no folder of hostile pictures")
@pytest.mark.timeout(600)
def test_the_table_of_hostile_files(capfd: pytest.CaptureFixture[str]) -> None:
    """What becomes of PngSuite (``pngsuite/``) and of Pillow's test images (``pillow/``).

    The table was looked through by eye; the files are not part of the project.
    """
    table = json.loads(HOSTILE_OUTCOMES.read_text())
    found = {
        name: outcome(path.read_bytes())
        for name in table
        if (path := Path(HOSTILE or "") / name).is_file()
    }
    assert found == {name: table[name] for name in found}
    assert len(found) > 300
    assert capfd.readouterr().out == ""
    corrupt = [name for name in table if name.startswith("pngsuite/x")]
    assert len(corrupt) == 14 and not any("×" in table[name] for name in corrupt)


def outcome(content: bytes) -> str:
    """Return size and mode of a picture, or why it is refused."""
    head = content[:4096]
    if looks_like_picture(head) is None:
        return unsupported_kind(head) or "not a picture"
    if not holds(content):
        with pytest.raises(PictureError) as caught:
            read_picture(content, SAME)
        return caught.value.reason
    facts = read_picture(content, SAME)[1]
    return f"{facts.width} × {facts.height} {facts.mode}"
