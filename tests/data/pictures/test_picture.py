from __future__ import annotations

import struct
import threading
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from small_pictures import FILES, SMALL, colourful, file_of, plain, png_chunk, png_file

from latentlab.data.pictures.picture import (
    PICTURE_SUFFIXES,
    PictureError,
    looks_like_picture,
    read_original,
    read_picture,
    unsupported_kind,
)
from latentlab.images.treatment import Treatment

FORMATS = {
    "png": "PNG", "apng": "PNG", "jpeg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP",
    "tiff": "TIFF", "ppm": "PPM", "pgm": "PPM", "pbm": "PPM", "avif": "AVIF",
}  # fmt: skip
SAME = Treatment(*SMALL.size, 3)


def refused(content: bytes, treatment: Treatment = SAME) -> str:
    with pytest.raises(PictureError) as caught:
        read_picture(content, treatment)
    with pytest.raises(PictureError) as again:
        read_original(content, 100)
    assert caught.value.reason == again.value.reason == str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"png 16 bit", "tiff float"}))
def test_a_picture_that_fits_comes_out_untouched(name: str) -> None:
    pixels, facts = read_picture(FILES[name], SAME)
    assert pixels.shape == SAME.image_shape
    assert pixels.dtype == np.uint8
    assert not pixels.flags.writeable
    assert (facts.width, facts.height) == SMALL.size
    assert (
        facts.format == FORMATS[name.split(maxsplit=1)[0]] == looks_like_picture(FILES[name][:32])
    )
    if not facts.transparent:
        np.testing.assert_array_equal(pixels, plain(FILES[name]))
        grey, _ = read_picture(FILES[name], Treatment(*SMALL.size, 1))
        np.testing.assert_array_equal(grey, plain(FILES[name], "L"))
    original, original_facts = read_original(FILES[name], 1000)
    np.testing.assert_array_equal(original, pixels)
    assert original_facts == facts


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (7, 31), (64, 64), (100, 3)])
def test_every_fit_gives_the_shape_asked_for(name: str, fit: str, size: tuple[int, int]) -> None:
    for channels in (1, 3):
        treatment = Treatment(*size, channels, fit, "white")
        assert read_picture(FILES[name], treatment)[0].shape == treatment.image_shape


def test_the_name_of_a_file_does_not_matter_but_says_what_was_meant() -> None:
    assert {".png", ".jpeg", ".jpg", ".gif", ".bmp", ".webp", ".tif", ".tiff"} < PICTURE_SUFFIXES
    assert {".ppm", ".pgm", ".pbm", ".avif"} < PICTURE_SUFFIXES
    assert all(suffix == suffix.lower() for suffix in PICTURE_SUFFIXES)
    assert ".svg" not in PICTURE_SUFFIXES


# --- fits ---


def test_crop_takes_the_middle_pixel_for_pixel() -> None:
    wide = colourful(41, 20)
    pixels, facts = read_picture(file_of(wide, "PNG"), Treatment(20, 20, 3))
    np.testing.assert_array_equal(pixels, np.asarray(wide)[:, 10:30])
    assert (facts.width, facts.height) == (41, 20)
    tall = colourful(16, 24)
    pixels, _ = read_picture(file_of(tall, "PNG"), Treatment(16, 16, 3))
    np.testing.assert_array_equal(pixels, np.asarray(tall)[4:20])


@pytest.mark.parametrize(("background", "value"), [("black", 0), ("grey", 128), ("white", 255)])
@pytest.mark.parametrize("channels", [1, 3])
def test_pad_shows_the_whole_picture_between_borders(
    background: str, value: int, channels: int
) -> None:
    image = colourful(30, 20)
    pixels, _ = read_picture(file_of(image, "PNG"), Treatment(30, 30, channels, "pad", background))
    assert (pixels[:5] == value).all()
    assert (pixels[25:] == value).all()
    whole = plain(file_of(image, "PNG"), "L" if channels == 1 else "RGB")
    np.testing.assert_array_equal(pixels[5:25], whole)


def test_stretch_takes_everything() -> None:
    image = Image.new("RGB", (40, 10), (200, 0, 0))
    image.paste((0, 0, 200), (20, 0, 40, 10))
    pixels, _ = read_picture(file_of(image, "PNG"), Treatment(8, 8, 3, "stretch"))
    assert (pixels[:, :3, 0] > 190).all()
    assert (pixels[:, 5:, 2] > 190).all()


def test_reducing_takes_the_mean_and_not_single_pixels() -> None:
    board = np.indices((64, 64)).sum(0) % 2 * 255
    content = file_of(Image.fromarray(board.astype(np.uint8)), "PNG")
    pixels, _ = read_picture(content, Treatment(8, 8, 1))
    assert abs(pixels.astype(int) - 127.5).max() < 3


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (3, 2)])
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_extreme_shapes_have_defined_results(fit: str, size: tuple[int, int], format: str) -> None:
    content = file_of(Image.new("RGB", size, (90, 90, 90)), format)
    for target in ((64, 64), (1, 1), (1024, 1), (5, 1024)):
        pixels, facts = read_picture(content, Treatment(*target, 3, fit, "white"))
        assert pixels.shape == (target[1], target[0], 3)
        assert (facts.width, facts.height) == size
        assert (abs(pixels.astype(int) - 90) <= 2).any()
        if fit != "pad":
            assert (abs(pixels.astype(int) - 90) <= 2).all()
    shape = {(1, 1): (1, 1), (1, 20_000): (50, 1), (20_000, 1): (1, 50), (3, 2): (2, 3)}[size]
    assert read_original(content, 50)[0].shape == (*shape, 3)


def test_an_original_is_at_most_as_large_as_wanted_and_keeps_its_shape() -> None:
    content = file_of(colourful(200, 100), "JPEG")
    pixels, facts = read_original(content, 50)
    assert pixels.shape == (25, 50, 3)
    assert (facts.width, facts.height) == (200, 100)
    clear = file_of(Image.new("RGBA", (3, 3), (9, 9, 9, 0)), "PNG")
    assert (read_original(clear, 50)[0] == 0).all()
    assert (read_original(clear, 50, background="white")[0] == 255).all()


# --- large JPEG files ---


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_large_jpeg_looks_as_if_it_had_been_decoded_whole(fit: str) -> None:
    image = colourful(60, 40).resize((1203, 801), Image.Resampling.BICUBIC)
    treatment = Treatment(40, 40, 3, fit)
    fast, facts = read_picture(file_of(image, "JPEG", quality=95), treatment)
    exact, _ = read_picture(file_of(image, "PNG"), treatment)
    assert (facts.width, facts.height) == (1203, 801)
    assert abs(fast.astype(int) - exact).mean() < 1
    assert abs(fast.astype(int) - exact).max() < 12


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = []
    load = JpegImageFile.load
    monkeypatch.setattr(JpegImageFile, "load", lambda self: (sizes.append(self.size), load(self)))
    content = file_of(colourful(1600, 1600), "JPEG")
    for side in (1024, 400, 399, 200, 100):
        read_picture(content, Treatment(side, side, 1))
    assert sizes[0] == (1600, 1600)
    assert set(sizes) == {(1600, 1600), (800, 800), (400, 400), (200, 200)}
    assert sizes.index((800, 800)) < sizes.index((400, 400)) < sizes.index((200, 200))


# --- orientation ---


def oriented(array: np.ndarray, orientation: int) -> np.ndarray:
    """The array as it must be stored to be seen upright under this orientation."""
    stored = {
        1: array,
        2: array[:, ::-1],
        3: array[::-1, ::-1],
        4: array[::-1],
        5: array.transpose(1, 0, 2),
        6: np.rot90(array, 1),
        7: array[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(array, -1),
    }
    return np.ascontiguousarray(stored[orientation])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_pictures_are_turned_upright(orientation: int, format: str) -> None:
    upright = np.asarray(colourful(30, 20))
    exif = Image.Exif()
    exif[274] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}
    image = Image.fromarray(oriented(upright, orientation))
    content = file_of(image, format, exif=exif, **options.get(format, {}))
    pixels, facts = read_picture(content, Treatment(30, 20, 3))
    assert (facts.width, facts.height) == (30, 20)
    tolerance = 12 if format == "JPEG" else 0
    assert abs(pixels.astype(int) - upright).max() <= tolerance
    assert read_original(content, 15)[0].shape == (10, 15, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_large_jpegs_are_turned_upright_too(orientation: int) -> None:
    upright = np.asarray(colourful(30, 20).resize((601, 401)))
    exif = Image.Exif()
    exif[274] = orientation
    content = file_of(Image.fromarray(oriented(upright, orientation)), "JPEG", exif=exif)
    treatment = Treatment(30, 20, 3)
    pixels, facts = read_picture(content, treatment)
    expected, _ = read_picture(file_of(Image.fromarray(upright), "PNG"), treatment)
    assert (facts.width, facts.height) == (601, 401)
    assert abs(pixels.astype(int) - expected).mean() < 3


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_changes_nothing(value: int) -> None:
    exif = Image.Exif()
    exif[274] = value
    content = file_of(SMALL, "PNG", exif=exif)
    np.testing.assert_array_equal(read_picture(content, SAME)[0], np.asarray(SMALL))


def test_a_broken_description_does_not_cost_the_picture() -> None:
    content = file_of(SMALL, "PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff broken")
    np.testing.assert_array_equal(read_picture(content, SAME)[0], np.asarray(SMALL))


def test_a_description_after_the_pixels_counts() -> None:
    exif = Image.Exif()
    exif[274] = 3
    image = np.asarray(colourful(30, 20))[..., :1]
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    content = png_file((30, 20), rows, after=png_chunk(b"eXIf", exif.tobytes()[6:]))
    pixels, _ = read_picture(content, Treatment(30, 20, 1))
    np.testing.assert_array_equal(pixels, image[::-1, ::-1])


# --- animations ---


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"])
def test_of_several_frames_the_first_is_taken_and_noted(format: str) -> None:
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
    frames = [Image.new("RGB", (16, 16), colour) for colour in colours]
    content = file_of(frames[0], format, save_all=True, append_images=frames[1:])
    pixels, facts = read_picture(content, Treatment(16, 16, 3))
    assert facts.notes == ("first of 3 frames",)
    assert abs(pixels.astype(int) - colours[0]).max() < 8
    assert facts.format == {"MPO": "JPEG"}.get(format, format)
    assert read_picture(file_of(frames[0], format), Treatment(16, 16, 3))[1].notes == ()


def test_too_many_frames_are_refused() -> None:
    content = FILES["gif"]
    first = content.index(b",\0\0\0\0")
    frame = content[first:-1]
    assert refused(content[:first] + frame * 10_001 + b";") == "more than 10,000 frames"
    _, facts = read_picture(content[:first] + frame * 10_000 + b";", SAME)
    assert facts.notes == ("first of 10,000 frames",)
    claim = png_chunk(b"acTL", struct.pack(">II", 100_000, 0))
    assert refused(png_file((2, 2), bytes(6), before=claim)) == "more than 10,000 frames"


def test_pages_that_lead_back_to_themselves_end() -> None:
    content = FILES["tiff"]
    start = struct.unpack_from("<I", content, 4)[0]
    entries = struct.unpack_from("<H", content, start)[0]
    link = start + 2 + 12 * entries
    looped = content[:link] + content[4:8] + content[link + 4 :]
    np.testing.assert_array_equal(read_picture(looped, SAME)[0], np.asarray(SMALL))
    assert read_picture(looped, SAME)[1].notes == ()


# --- refusals ---


def test_what_is_no_picture_is_refused_by_name() -> None:
    assert refused(b"") == "empty file"
    for junk in (
        b"\0",
        b"hello",
        b"BM are letters, not a bitmap",
        b"P1x",
        b"<html><p>",
        bytes(5000),
    ):
        assert refused(junk) == "not a picture"
        assert looks_like_picture(junk[:32]) is None
        assert unsupported_kind(junk[:32]) is None


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("HEIC", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'>"),
        ("SVG", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<SVG>"),
        ("EPS", b"%!PS-Adobe-3.0 EPSF-3.0"),
        ("EPS", b"\xc5\xd0\xd3\xc6\x20\0\0\0"),
        ("PDF", b"%PDF-1.7"),
        ("JPEG XL", b"\xff\x0a\xfa\x7f"),
        ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ("Photoshop", b"8BPS\0\x01"),
        ("OpenEXR", b"\x76\x2f\x31\x01\x02\0\0\0"),
        ("ICO", b"\0\0\x01\0\x01\0"),
        ("DDS", b"DDS \x7c\0\0\0"),
        ("Camera RAW", b"II*\0\x10\0\0\0CR\x02\0"),
    ],
)
def test_known_kinds_that_cannot_be_opened_are_named(kind: str, head: bytes) -> None:
    reason = f"{kind} is not supported: convert it to PNG or JPEG"
    assert unsupported_kind(head) == reason
    assert looks_like_picture(head[:32]) is None
    assert refused(head + bytes(100)) == reason


def test_of_two_brands_the_one_that_can_be_opened_counts() -> None:
    head = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"
    assert looks_like_picture(head) == "AVIF"
    assert unsupported_kind(head) is None
    assert unsupported_kind(FILES["png"]) is None


def claiming(width: int, height: int) -> dict[str, bytes]:
    """Files that claim a size in their header and hold next to nothing."""
    tiff = bytearray(FILES["tiff"])
    start = struct.unpack_from("<I", tiff, 4)[0]
    for entry in range(struct.unpack_from("<H", tiff, start)[0]):
        tag = struct.unpack_from("<H", tiff, start + 2 + 12 * entry)[0]
        if tag in (256, 257):
            at = start + 2 + 12 * entry + 2
            struct.pack_into("<HII", tiff, at, 4, 1, width if tag == 256 else height)
    gif, bmp, jpeg = bytearray(FILES["gif"]), bytearray(FILES["bmp"]), bytearray(FILES["jpeg"])
    struct.pack_into("<HH", gif, 6, width, height)
    struct.pack_into("<ii", bmp, 18, width, height)
    struct.pack_into(">HH", jpeg, jpeg.index(b"\xff\xc0") + 5, height, width)
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    vp8x = b"VP8X" + struct.pack("<II", 10, 0) + sides
    body = b"WEBP" + vp8x + FILES["webp"][12:]
    return {
        "png": png_file((width, height), bytes(100)),
        "gif": bytes(gif),
        "bmp": bytes(bmp),
        "jpeg": bytes(jpeg),
        "tiff": bytes(tiff),
        "ppm": b"P6\n%d %d\n255\n" % (width, height) + bytes(100),
        "webp": b"RIFF" + struct.pack("<I", len(body)) + body,
    }


@pytest.mark.parametrize("size", [(65_000, 65_000), (10_001, 10_000)])
@pytest.mark.parametrize("format", ["png", "gif", "bmp", "jpeg", "tiff", "ppm", "webp"])
def test_what_claims_to_be_huge_is_refused_before_there_is_memory_for_it(
    format: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = claiming(*size)[format]
    made: list[object] = []
    monkeypatch.setattr(Image.core, "new", lambda *arguments: made.append(arguments))
    monkeypatch.setattr(Image.core, "fill", lambda *arguments: made.append(arguments))
    tracemalloc.start()
    try:
        reason = refused(content)
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()
    assert reason == f"{size[0]:,} × {size[1]:,} pixels is too large"
    assert made == []


def test_just_below_the_limit_pictures_open_without_a_word() -> None:
    # Pillow alone would warn above 89 million pixels.
    image = Image.new("1", (10_000, 9_990), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels, _ = read_picture(file_of(image, "PNG"), Treatment(4, 4, 1))
    assert (pixels == 255).all()


def test_a_text_that_unfolds_endlessly_is_refused() -> None:
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20 << 20)))
    assert refused(png_file((2, 2), bytes(6), before=bomb)) == "truncated or damaged"


def test_too_little_memory_is_a_reason_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image, "open", fail)
    assert refused(FILES["png"]) == "it takes more memory than there is"


def test_warnings_of_others_are_left_alone() -> None:
    read_picture(FILES["png"], SAME)
    with pytest.warns(UserWarning, match="mine"):
        warnings.warn("mine", UserWarning, stacklevel=1)


def test_threads_can_decode_side_by_side() -> None:
    problems: list[object] = []

    def decode() -> None:
        for name, content in FILES.items():
            try:
                assert read_picture(content, SAME)[0].shape == SAME.image_shape
            except BaseException as error:  # noqa: BLE001 - reported below
                problems.append((name, error))

    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
