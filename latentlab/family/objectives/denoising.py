"""The denoising autoencoder (Vincent et al. 2010): rebuild the clean image from a corrupted one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentlab.core.corruptions import CORRUPTIONS, MIXED, corrupt, corrupt_mixed
from latentlab.core.options import option
from latentlab.family.objective import Deterministic

if TYPE_CHECKING:
    from torch import Tensor


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
        "Amount",
        "How strong the corruption is: the share of pixels, or the standard deviation of noise; "
        "of mixed corruptions, how far their strengths reach, where 1 is the whole range.",
        minimum=0.0,
        maximum=1.0,
        decimals=2,
    )


class Denoising(Deterministic):
    """Loss = reconstruction of the clean image from the code of the corrupted one.

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
            noisy = corrupt(images, options.corruption, options.amount, seed, clip=False)
        return torch.from_numpy(noisy).to(x.device).permute(0, 3, 1, 2)
