"""What kind of picture a file is, by its first bytes and not by its name."""

from __future__ import annotations

from PIL import AvifImagePlugin, Image, TiffImagePlugin, WebPImagePlugin, features

# PNG, JPEG, GIF, BMP and PPM; the imports above register the other three. Without them Pillow
# would load its plugins for forty formats as soon as it meets one of these.
Image.preinit()
_REGISTERED = frozenset(Image.OPEN)

PICTURE_SUFFIXES = frozenset(
    {
        *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".gif", ".bmp", ".webp"),
        *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".avif", ".avifs"),
    }
)
"""Suffixes of the formats that can be opened: who has one is meant to be a picture."""

_NEEDED_FEATURES = {
    "PNG": "zlib",
    "JPEG": "jpg",
    WebPImagePlugin.WebPImageFile.format: "webp",
    AvifImagePlugin.AvifImageFile.format: "avif",
}
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    *((prefix, "TIFF") for prefix in TiffImagePlugin.PREFIXES),
)
_MISSING = frozenset(
    name
    for name in ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP", "AVIF")
    if name not in _REGISTERED
    or (name in _NEEDED_FEATURES and not features.check(_NEEDED_FEATURES[name]))
)

_UNSUPPORTED_MAGIC = (
    (b"%PDF", "PDF"),
    (b"%!PS", "EPS"),
    (b"\xc5\xd0\xd3\xc6", "EPS"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf", "GIMP"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"icns", "ICNS"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"\xd7\xcd\xc6\x9a", "WMF"),
    (b"FUJIFILMCCD-RAW", "Camera RAW"),
    (b"IIU\x00", "Camera RAW"),
    (b"IIRO", "Camera RAW"),
)
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
)


def looks_like_picture(head: bytes) -> str | None:
    """Return the format that the first 32 bytes or more of a file announce, in Pillow's words.

    ``None`` if it is none of those that can be opened here.
    """
    name = _announced(head)
    return None if name in _MISSING else name


def unsupported_kind(head: bytes) -> str | None:
    """Return why a known kind of picture cannot be opened, as a phrase; ``None`` for others.

    Text formats (SVG) may begin with a long preamble: the more of the file is given, up to a few
    thousand bytes, the more surely they are recognised.
    """
    name = _announced(head)
    if name in _MISSING:
        kind: str | None = {"WEBP": "WebP"}.get(name, name)
    elif name is not None and not _is_canon_raw(head):
        return None
    else:
        kind = _unsupported(head)
    return f"{kind} is not supported: convert it to PNG or JPEG" if kind else None


def _announced(head: bytes) -> str | None:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return None if name == "TIFF" and _is_canon_raw(head) else name
    if head[:4] == b"RIFF":
        return "WEBP" if head[8:12] == b"WEBP" else None
    # A header of 12 to 255 bytes follows, in little-endian order: text that begins with these two
    # letters does not have that.
    if head[:2] == b"BM" and len(head) >= 18 and head[15:18] == b"\x00\x00\x00":
        return "BMP"
    if head[:1] == b"P" and head[1:2] in b"123456f" and head[2:3] in b" \t\n\r\v\f#" and head[2:3]:
        return "PPM"
    return "AVIF" if not _brands(head).isdisjoint((b"avif", b"avis")) else None


def _is_canon_raw(head: bytes) -> bool:
    """Whether this is a CR2 file: a TIFF file in which Pillow would find the thumbnail only."""
    return head[:4] == b"II*\x00" and head[8:10] == b"CR"


def _brands(head: bytes) -> set[bytes]:
    """Return the brands of an ISO media file as far as the bytes reach, else nothing."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(len(head), int.from_bytes(head[:4], "big"))
    return {head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4))}


def _unsupported(head: bytes) -> str | None:
    for magic, name in _UNSUPPORTED_MAGIC:
        if head.startswith(magic):
            return name
    if _is_canon_raw(head) or head[4:12] == b"ftypcrx ":
        return "Camera RAW"
    if not _brands(head).isdisjoint(_HEIF_BRANDS):
        return "HEIC"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096].lower()
    is_svg = text.startswith((b"<svg", b"<!doctype svg")) or (
        text.startswith((b"<?xml", b"<!--")) and (b"<svg" in text or b"<!doctype svg" in text)
    )
    return "SVG" if is_svg else None
