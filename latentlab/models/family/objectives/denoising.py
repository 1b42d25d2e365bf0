"""The denoising autoencoder (Vincent et al. 2010): rebuild the clean image from a corrupted one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentlab.base.options import option
from latentlab.images.corruptions import CORRUPTIONS, MIXED, corrupt, corrupt_drawn, corrupt_mixed
from latentlab.models.family.objective import Deterministic

if TYPE_CHECKING:
    from torch import Tensor

DRAWN, FIXED = "drawn", "fixed"


@dataclass(frozen=True)
class DenoisingOptions:
    """What is done to the images."""

    corruption: str = option(
        "mask",
        "Corruption",
        "What is done to each training image, anew in each step; mixed draws a corruption and a "
        "strength for each image, which makes a denoiser for many kinds of damage.",
        choices={**{c.name: c.title for c in CORRUPTIONS.values()}, MIXED: "Mixed"},
    )
    amount: float = option(
        0.5,
        "Largest amount",
        "How strong the corruption becomes: the fraction of pixels, or the standard deviation of "
        "noise; of mixed corruptions, how much of their ranges is used. Each training image gets "
        "an amount from 0 to this, so that clean images are coded well too.",
        minimum=0.0,
        maximum=1.0,
        decimals=2,
    )
    amounts: str = option(
        DRAWN,
        "Amount per image",
        "Drawn from 0 to the largest amount for each image, or always the largest: best at exactly "
        "that amount, and worse at all others and on clean images. Mixed corruptions always draw.",
        choices={DRAWN: "Drawn from 0", FIXED: "Always the largest"},
        advanced=True,
    )


class Denoising(Deterministic):
    """Loss = reconstruction of the clean image from the code of the corrupted one.

    With one amount for all, the encoder would never see a clean image, whose code, place on the map
    and figures would then be worse than those of damaged ones: the amount is drawn for each image.

    Gaussian noise is not clipped to [0, 1]: clipped noise would be weaker, and no longer Gaussian.
    """

    name = "denoising"
    title = "Denoising"
    sentence = (
        "Is given corrupted images and must rebuild the clean ones, so it learns what images look "
        "like and how to move back to them."
    )
    formula = "reconstruction of x from g(f(x̃)), x̃ corrupted"
    Options = DenoisingOptions
    allows_overcomplete = True

    @classmethod
    def problem(cls, spec: Any) -> str:  # noqa: D102
        if spec.corruption == MIXED:
            if spec.amounts == FIXED:
                return "Mixed corruptions have no fixed amount; set “Amount per image” to drawn."
            return ""  # all that the option allows
        kind = CORRUPTIONS[spec.corruption]
        if not kind.minimum <= spec.amount <= kind.maximum:
            return (
                f"The amount of {kind.title.lower()} goes from {kind.minimum:g} to "
                f"{kind.maximum:g}, not {spec.amount:g}."
            )
        return ""

    def corrupt(self, x: Tensor, seed: int) -> Tensor:
        """Return corrupted images; the same for the same seed on any device."""
        import torch

        options: DenoisingOptions = self.options
        images = x.permute(0, 2, 3, 1).cpu().numpy()
        if options.corruption == MIXED:
            noisy = corrupt_mixed(images, options.amount, seed, clip=False)
        else:
            function = corrupt_drawn if options.amounts == DRAWN else corrupt
            noisy = function(images, options.corruption, options.amount, seed, clip=False)
        return torch.from_numpy(noisy).to(x.device).permute(0, 3, 1, 2)
