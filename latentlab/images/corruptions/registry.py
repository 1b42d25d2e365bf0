"""All corruptions by name. A new one is a function and an entry here with the next number."""

from __future__ import annotations

from latentlab.images.corruptions.corruption import Corruption
from latentlab.images.corruptions.intensity import brightness, contrast
from latentlab.images.corruptions.occlusion import block
from latentlab.images.corruptions.pixel_noise import gaussian, mask, salt_pepper, speckle
from latentlab.images.corruptions.resolution import blur, pixelate

CORRUPTIONS: dict[str, Corruption] = {
    corruption.name: corruption
    for corruption in (
        Corruption(
            "mask",
            "Missing pixels",
            "Sets pixels to black, each independently of the others.",
            "probability that a pixel is set to black",
            mask,
            number=1,
        ),
        Corruption(
            "block",
            "Hidden block",
            "Hides one rectangle of each image, at a random place, behind black.",
            "share of the area that is hidden",
            block,
            number=2,
            default_amount=0.2,
        ),
        Corruption(
            "gaussian",
            "Gaussian noise",
            "Adds normal noise to every value.",
            "standard deviation of the noise, with black at 0 and white at 1",
            gaussian,
            number=3,
            default_amount=0.25,
            leaves_range=True,
        ),
        Corruption(
            "salt-pepper",
            "Salt and pepper",
            "Sets pixels to black or to white, each independently of the others.",
            "probability that a pixel is set to black or white",
            salt_pepper,
            number=4,
            default_amount=0.2,
        ),
        Corruption(
            "speckle",
            "Speckle",
            "Adds normal noise that is proportional to the value, so black stays black.",
            "standard deviation of the noise relative to the value",
            speckle,
            number=5,
            leaves_range=True,
        ),
        Corruption(
            "blur",
            "Blur",
            "Blurs the image with a Gaussian.",
            "standard deviation of the Gaussian, in eighths of the longer side",
            blur,
            number=6,
            is_random=False,
        ),
        Corruption(
            "pixelate",
            "Pixelation",
            "Gives all pixels of a square cell their mean.",
            "side of a cell, in quarters of the longer side",
            pixelate,
            number=7,
            is_random=False,
        ),
        Corruption(
            "brightness",
            "Brightness",
            "Makes every value lighter; what passes white is lost.",
            "what is added, with black at 0 and white at 1",
            brightness,
            number=8,
            default_amount=0.3,
            is_random=False,
            leaves_range=True,
        ),
        Corruption(
            "contrast",
            "Contrast loss",
            "Moves every value towards middle grey.",
            "share of the contrast that is lost",
            contrast,
            number=9,
            is_random=False,
        ),
    )
}
