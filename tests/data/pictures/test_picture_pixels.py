from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from small_pictures import colourful, file_of, plain, png_chunk, png_file

from latentlab.data.pictures.picture import PictureFacts, read_picture
from latentlab.images.treatment import Treatment

RAMP_16 = np.array([[0, 1, 128, 129, 257, 4095], [32767, 32768, 40_000, 65_278, 65_407, 65_535]])
RAMP_8 = np.rint(RAMP_16 / 257).astype(np.uint8)


def read(
    content: bytes, channels: int = 1, background: str = "black"
) -> tuple[NDArray[np.uint8], PictureFacts]:
    """The picture as it is, in one channel without the last axis or in three."""
    width, height = Image.open(BytesIO(content)).size
    pixels, facts = read_picture(content, Treatment(width, height, channels, "crop", background))
    return pixels[..., 0] if channels == 1 else pixels, facts


def blended(value: int, alpha: int, below: int) -> int:
    return round((value * alpha + below * (255 - alpha)) / 255)


# --- many bits ---


def test_16_bits_are_scaled_and_not_cut_off() -> None:
    assert RAMP_8.tolist() == [[0, 0, 0, 1, 1, 16], [127, 128, 156, 254, 255, 255]]
    image = Image.fromarray(RAMP_16.astype(np.uint16))
    for format in ("PNG", "TIFF", "PPM"):
        pixels, facts = read(file_of(image, format))
        np.testing.assert_array_equal(pixels, RAMP_8)
        assert facts.mode in ("I;16", "I")
        colour, _ = read(file_of(image, format), 3)
        np.testing.assert_array_equal(colour, np.repeat(RAMP_8[..., None], 3, -1))


def tiff_file(samples: NDArray[np.generic], bits: int, kind: int = 1) -> bytes:
    """A TIFF file of one grey strip; ``kind`` 1 is unsigned, 2 signed, 3 float."""
    order = ">" if samples.dtype.byteorder == ">" else "<"
    data = samples.tobytes()
    height, width = samples.shape
    if bits == 12:
        width = width * 8 // 12
    tags = [(256, width), (257, height), (258, bits), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, height), (279, len(data)), (339, kind)]
    entries = b"".join(
        struct.pack(order + "HHI", tag, 4 if tag in (273, 279) else 3, 1)
        + (struct.pack(order + "I", v) if tag in (273, 279) else struct.pack(order + "HH", v, 0))
        for tag, v in tags
    )
    magic = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(order + "H", len(tags)) + entries + bytes(4)
    return magic + struct.pack(order + "I", 8 + len(data)) + data + directory


def test_the_other_byte_order_is_the_same() -> None:
    pixels, facts = read(tiff_file(RAMP_16.astype(">u2"), 16))
    assert facts.mode == "I;16B"
    np.testing.assert_array_equal(pixels, RAMP_8)


def test_12_bits_count_to_4095() -> None:
    # Two samples in three bytes: 0x000 and 0xfff, then 0x800 and 0x010.
    packed = np.frombuffer(bytes((0x00, 0x0F, 0xFF, 0x80, 0x00, 0x10)), np.uint8).reshape(2, 3)
    pixels, _ = read(tiff_file(packed, 12))
    assert pixels.tolist() == [[0, 255], [128, 1]]


def test_whole_numbers_beyond_16_bits_take_their_own_range() -> None:
    for values in ([[-100, 0, 100]], [[1_000_000, 1_500_000, 2_000_000]]):
        pixels, facts = read(tiff_file(np.array(values, "<i4"), 32, kind=2))
        assert facts.mode == "I"
        assert pixels.tolist() == [[0, 128, 255]]
    assert read(tiff_file(np.full((2, 2), -7, "<i4"), 32, kind=2))[0].tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.25, 0.5, 1.0], [0, 64, 128, 255]),
        ([0.2, 0.4, 0.4, 0.2], [51, 102, 102, 51]),
        ([-1.0, 0.0, 0.5, 1.0], [0, 128, 191, 255]),
        ([0.0, 51.0, 102.0, 255.0], [0, 51, 102, 255]),
        ([np.nan, 0.0, 1.0, 0.5], [0, 0, 255, 128]),
        ([np.nan, 10.0, 20.0, 20.0], [0, 0, 255, 255]),
        ([np.inf, -np.inf, 0.0, 2.0], [255, 0, 0, 255]),
        ([np.nan, np.nan, np.inf, -np.inf], [0, 0, 255, 0]),
        ([7.0, 7.0, 7.0, 7.0], [0, 0, 0, 0]),
        ([3e38, -3e38, 0.0, 0.0], [255, 0, 128, 128]),
    ],
)
def test_floats(values: list[float], expected: list[int]) -> None:
    image = Image.fromarray(np.array([values], np.float32))
    pixels, facts = read(file_of(image, "TIFF"))
    assert facts.mode == "F"
    assert pixels.tolist() == [expected]


def test_16_bit_colour_keeps_the_upper_8_bits() -> None:
    row = struct.pack(">6H", 0, 255, 256, 40_000, 65_280, 65_535)
    pixels, _ = read(png_file((2, 1), b"\0" + row, bits=16, colour=2), 3)
    assert pixels.tolist() == [[[0, 0, 1], [156, 255, 255]]]


# --- few bits and palettes ---


def test_1_bit_is_black_and_white() -> None:
    bits = np.array([[True, False, True]])
    for format in ("PNG", "PPM", "TIFF", "BMP"):
        pixels, facts = read(file_of(Image.fromarray(bits), format))
        assert pixels.tolist() == [[255, 0, 255]]
        assert facts.mode == "1"


def palette_image() -> Image.Image:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 10, 20, 30])
    return image


def test_palettes_give_their_colours() -> None:
    content = file_of(palette_image(), "PNG")
    pixels, facts = read(content, 3)
    assert pixels.tolist() == [[[255, 0, 0], [0, 255, 0], [10, 20, 30]]]
    assert (facts.mode, facts.transparent) == ("P", False)
    assert read(content)[0].tolist() == [[76, 150, 18]]


@pytest.mark.parametrize("background", ["black", "grey", "white"])
def test_palettes_with_transparency(background: str) -> None:
    below = {"black": 0, "grey": 128, "white": 255}[background]
    pixels, facts = read(file_of(palette_image(), "PNG", transparency=1), 3, background)
    assert pixels.tolist() == [[[255, 0, 0], [below] * 3, [10, 20, 30]]]
    assert facts.transparent
    several = file_of(palette_image(), "PNG", transparency=bytes((128, 0, 255)))
    half = [blended(255, 128, below), blended(0, 128, below), blended(0, 128, below)]
    assert read(several, 3, background)[0].tolist() == [[half, [below] * 3, [10, 20, 30]]]
    gif = file_of(palette_image(), "GIF", transparency=0)
    assert read(gif, 3, background)[0][0, 0].tolist() == [below] * 3


@pytest.mark.parametrize(
    ("bits", "colour", "key", "row"),
    [
        (1, 0, (1,), bytes((0b01000000,))),
        (2, 0, (2,), bytes((0b01100000,))),
        (4, 0, (9,), bytes((0x29,))),
        (8, 0, (77,), bytes((3, 77))),
        (16, 0, (3000,), struct.pack(">2H", 3001, 3000)),
        (8, 2, (1, 2, 3), bytes((3, 2, 1, 1, 2, 3))),
        (16, 2, (300, 2000, 65_000), struct.pack(">6H", 65_000, 2000, 300, 300, 2000, 65_000)),
    ],
)
def test_a_transparent_colour_of_a_png_is_compared_in_its_own_bits(
    bits: int, colour: int, key: tuple[int, ...], row: bytes
) -> None:
    transparent = png_chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))
    content = png_file((2, 1), b"\0" + row, bits=bits, colour=colour, before=transparent)
    for channels in (1, 3):
        on_black, facts = read(content, channels, "black")
        on_white, _ = read(content, channels, "white")
        assert facts.transparent
        assert (on_black[0, 0] == on_white[0, 0]).all()
        assert (on_black[0, 1] == 0).all()
        assert (on_white[0, 1] == 255).all()


# --- transparency ---


@pytest.mark.parametrize(("background", "below"), [("black", 0), ("grey", 128), ("white", 255)])
def test_alpha_lies_over_the_background(background: str, below: int) -> None:
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 64], [200, 100, 0, 0]]], np.uint8)
    pixels, facts = read(file_of(Image.fromarray(rgba), "PNG"), 3, background)
    expected = [[blended(value, alpha, below) for value in rgb] for *rgb, alpha in rgba[0].tolist()]
    assert pixels.tolist() == [expected]
    assert (facts.mode, facts.transparent) == ("RGBA", True)
    grey = np.array([[[200, 255], [200, 64], [200, 0]]], np.uint8)
    for channels in (1, 3):
        pixels, facts = read(file_of(Image.fromarray(grey), "PNG"), channels, background)
        flat = [blended(value, alpha, below) for value, alpha in grey[0].tolist()]
        assert pixels.reshape(3, channels).tolist() == [[value] * channels for value in flat]
        assert facts.mode == "LA"


def test_an_alpha_that_hides_nothing_is_no_transparency() -> None:
    image = colourful(9, 9)
    pixels, facts = read(file_of(image.convert("RGBA"), "PNG"), 3, "white")
    np.testing.assert_array_equal(pixels, np.asarray(image))
    assert not facts.transparent


@pytest.mark.parametrize("hidden", [(0, 0, 0, 0), (255, 255, 255, 0), (0, 255, 0, 0)])
@pytest.mark.parametrize("size", [16, 24, 64, 200])
def test_invisible_colours_do_not_bleed_into_the_visible(
    hidden: tuple[int, ...], size: int
) -> None:
    image = Image.new("RGBA", (64, 64), hidden)
    image.paste((255, 0, 0, 255), (20, 20, 44, 44))
    treatment = Treatment(size, size, 3, "stretch", "white")
    pixels, _ = read_picture(file_of(image, "PNG"), treatment)
    flat = Image.new("RGB", (64, 64), "white")
    flat.paste((255, 0, 0), (20, 20, 44, 44))
    expected, _ = read_picture(file_of(flat, "PNG"), treatment)
    np.testing.assert_array_equal(pixels, expected)


# --- other colours ---


def test_grey_is_the_luma_of_bt_601() -> None:
    primaries = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    pixels, _ = read(file_of(Image.fromarray(primaries), "PNG"))
    assert pixels.tolist() == [[76, 150, 29, 255]]


def test_cmyk_is_ink_on_paper() -> None:
    ink = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [0, 255, 255, 0]]], np.uint8)
    content = file_of(Image.frombytes("CMYK", (4, 1), ink.tobytes()), "TIFF")
    pixels, facts = read(content, 3)
    assert facts.mode == "CMYK"
    assert pixels.tolist() == [[[255, 255, 255], [0, 255, 255], [0, 0, 0], [255, 0, 0]]]
    assert read(content)[0].tolist() == [[255, 179, 0, 76]]


def test_cmyk_in_jpeg_is_not_inverted() -> None:
    # Adobe's programs, and Pillow, store it inverted.
    pixels, facts = read(file_of(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"), 3)
    assert facts.mode == "CMYK"
    assert abs(pixels.astype(int) - (255, 0, 0)).max() < 6


def test_lab_becomes_srgb() -> None:
    white_black_red = ((255, 0, 136), (128, 128, 208), (128, 128, 195))
    bands = [Image.frombytes("L", (3, 1), bytes(band)) for band in white_black_red]
    lab = Image.merge("LAB", bands)
    pixels, facts = read(file_of(lab, "TIFF"), 3)
    assert facts.mode == "LAB"
    assert pixels[0, 0].min() > 250
    assert pixels[0, 1].max() < 5
    assert pixels[0, 2, 0] > 200
    assert pixels[0, 2, 1] < 60
    assert read(file_of(lab, "TIFF"))[0][0, 0] > 250


def test_ycbcr() -> None:
    image = colourful(16, 16).convert("YCbCr")
    content = file_of(image, "TIFF")
    pixels, facts = read(content, 3)
    assert facts.mode == "YCbCr"
    np.testing.assert_array_equal(pixels, plain(content))


@pytest.mark.parametrize("mode", ["HSV", "RGBX", "RGBa", "La", "PA", "LA"])
def test_kinds_that_only_some_formats_bring(mode: str) -> None:
    from latentlab.data.pictures.picture_pixels import flattened

    start = {"HSV": "RGB", "RGBX": "RGB", "RGBa": "RGBA", "La": "LA", "PA": "P", "LA": "L"}[mode]
    image = colourful(8, 8).convert(start).convert(mode)
    for channels, wanted in ((1, "L"), (3, "RGB")):
        flat, transparent = flattened(image, b"", channels, 0)
        assert (flat.mode, flat.size, transparent) == (wanted, (8, 8), False)
        opaque = image.convert({"La": "LA", "RGBa": "RGBA"}.get(mode, "RGB"))
        exact = np.asarray(opaque.convert("RGB").convert(wanted))
        assert abs(np.asarray(flat).astype(int) - exact).max() <= 1


def test_huge_white_pictures_stay_white() -> None:
    for size in ((4000, 4000), (20_000, 2000), (16_000, 60)):
        content = file_of(Image.new("1", size, 1), "PNG")
        for fit in ("crop", "stretch"):
            assert (read_picture(content, Treatment(2, 2, 1, fit))[0] == 255).all()
