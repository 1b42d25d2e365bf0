"""Pixels of every kind made into 8-bit grey or colour without transparency.

What becomes of each kind:

======================  ============================================================================
kind (Pillow's mode)    8-bit value
======================  ============================================================================
1                       0 or 255
L, RGB                  as it is
P, PA                   the palette's colour
16 bit (I;16, I)        value / 257, rounded: 65,535 becomes 255. 12-bit samples count to 4,095
I outside 0 to 65,535   smallest to largest value of the picture become 0 to 255
F within 0 to 1         value x 255, rounded
F otherwise             smallest to largest finite value become 0 to 255; not a number becomes 0
16 bit with colour      the upper 8 bits, as Pillow reads it
CMYK, YCbCr, HSV        as Pillow converts it, without colour profiles
LAB                     through Little CMS, to sRGB
LA, RGBA, keys, ...     laid over the background, in these 8-bit values
colour to grey          (299 R + 587 G + 114 B) / 1,000: luma of ITU-R 601
======================  ============================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TOP_16 = 65_535
_TIFF_BITS_PER_SAMPLE = 258


def flattened(
    image: Image.Image, content: bytes, channels: int, background: int
) -> tuple[Image.Image, bool]:
    """Return a loaded picture in mode L (1 channel) or RGB (3), and whether it was transparent.

    Transparent places are laid over the background here, before any resizing: the colour that a
    file keeps in invisible pixels must not bleed into visible ones.

    Parameters
    ----------
    image
        A picture whose pixels have been loaded, any mode.
    content
        The file it comes from.
    channels
        1 or 3.
    background
        Grey value under transparent places, 0 to 255.
    """
    wanted = "L" if channels == 1 else "RGB"
    if image.mode == wanted and "transparency" not in image.info:
        return image, False
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _from_wide(image, content)
    if not image.has_transparency_data:
        return _converted(image, wanted), False
    image = _with_alpha(image, content)
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return _converted(image, wanted), False
    if image.mode == "LA":
        canvas = Image.new("L", image.size, background)
        canvas.paste(image.getchannel("L"), mask=alpha)
    else:
        canvas = Image.new("RGB", image.size, (background,) * 3)
        canvas.paste(image, mask=alpha)
    return _converted(canvas, wanted), True


def _converted(image: Image.Image, wanted: str) -> Image.Image:
    if image.mode == wanted:
        return image
    if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        return image.convert(wanted)
    # From the others Pillow has no direct way to grey.
    image = image.convert("RGB")
    return image if wanted == "RGB" else image.convert(wanted)


def _with_alpha(image: Image.Image, content: bytes) -> Image.Image:
    """Return a picture that may be transparent in mode LA or RGBA."""
    if image.mode in ("LA", "RGBA"):
        return image
    if image.mode == "La":
        return image.convert("LA")
    key = image.info.get("transparency")
    if image.mode in ("L", "RGB") and image.format == "PNG" and key is not None:
        # Pillow 13 brings samples to 8 bit but leaves the transparent colour as it is in the file.
        image = image.copy()
        image.info["transparency"] = _key_in_8_bits(key, content[24])
    return image.convert("LA" if image.mode in ("1", "L") else "RGBA")


def _key_in_8_bits(key: int | tuple[int, ...], bits: int) -> int | tuple[int, ...]:
    if isinstance(key, tuple):
        return tuple(value >> 8 for value in key) if bits == 16 else key
    return (key & ((1 << bits) - 1)) * 255 // ((1 << bits) - 1) if bits < 8 else key


def _from_wide(image: Image.Image, content: bytes) -> Image.Image:
    """Return a picture of more than 8 bits in mode L, or LA if one value stands for nothing."""
    values = np.asarray(image)
    if image.mode == "F":
        grey = _from_float(values)
    else:
        grey = _from_integers(values, _largest_sample(image))
    pixels = Image.fromarray(grey)
    key = image.info.get("transparency")
    if isinstance(key, int) and content:
        pixels.putalpha(Image.fromarray(np.where(values == key, np.uint8(0), np.uint8(255))))
    return pixels


def _largest_sample(image: Image.Image) -> int:
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_TIFF_BITS_PER_SAMPLE, (16,))
    return 4095 if tuple(bits) == (12,) else _TOP_16


def _from_integers(values: NDArray[Any], top: int) -> NDArray[np.uint8]:
    """Return whole numbers from 0 to ``top`` as 0 to 255; any others by their own range."""
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest > _TOP_16:
        return _stretched(values.astype(np.float64), float(lowest), float(highest))
    limited = np.minimum(values, top).astype(np.uint32)
    scaled: NDArray[np.uint8] = ((limited * 255 + top // 2) // top).astype(np.uint8)
    return scaled


def _from_float(values: NDArray[Any]) -> NDArray[np.uint8]:
    numbers = values.astype(np.float64)
    finite = np.isfinite(numbers)
    if not finite.any():
        lowest, highest = 0.0, 1.0
    else:
        lowest = float(numbers.min(where=finite, initial=np.inf))
        highest = float(numbers.max(where=finite, initial=-np.inf))
    if lowest >= 0 and highest <= 1:
        lowest, highest = 0.0, 1.0
    return _stretched(numbers, lowest, highest)


def _stretched(numbers: NDArray[np.float64], lowest: float, highest: float) -> NDArray[np.uint8]:
    """Return ``lowest`` to ``highest`` as 0 to 255; a picture of one value is black."""
    if highest == lowest:
        return np.zeros(numbers.shape, np.uint8)
    shares = np.clip((numbers - lowest) / (highest - lowest), 0, 1)
    return np.rint(np.nan_to_num(shares, copy=False) * 255).astype(np.uint8)
