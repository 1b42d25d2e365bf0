"""The noise lab: a picture, what is done to it, and what a denoiser makes of that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.features.noise_lab.messages import Denoised, NoiseSteps, StripAdvanced
from latentlab.images.corruptions import CORRUPTIONS, checked_corruption

MOST_PASSES = 20
MOST_STEPS = 6
MOST_SEED = 999_999
_FIRST_STEPS: NoiseSteps = (("mask", CORRUPTIONS["mask"].default_amount),)


class NoiseLab(QObject):
    """Store of the noise lab.

    Signals
    -------
    imageChanged
        Another picture is the input, or it is known by now whether it is clean.
    noiseChanged
        The corruptions, the seed, the varied step or the number of passes.
    denoiserChanged
        Another denoiser is chosen.
    resultChanged
        There is a newer result, or none any more, or a reason why there is none.
    stripChanged
        More of the strip is known.
    pinnedChanged
        Whether the picture stays when another one is selected on the map.
    """

    imageChanged = Signal()
    noiseChanged = Signal()
    denoiserChanged = Signal()
    resultChanged = Signal()
    stripChanged = Signal()
    pinnedChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._image: NDArray[np.uint8] | None = None
        self._image_title = ""
        self._has_clean = True
        self._image_index: int | None = None
        self._steps = _FIRST_STEPS
        self._varied = 0
        self._seed = 0
        self._passes = 1
        self._denoiser = ""
        self._result: Denoised | None = None
        self._problem = ""
        self._strip: StripAdvanced | None = None
        self._strip_problem = ""
        self._pinned = False

    # --- the picture ---------------------------------------------------------------------------

    @property
    def image(self) -> NDArray[np.uint8] | None:
        """The input, uint8 (h, w, c), read-only; ``None`` while there is none."""
        return self._image

    @property
    def image_title(self) -> str:
        """What people read about the input."""
        return self._image_title

    @property
    def has_clean(self) -> bool:
        """Whether the input is clean; otherwise it is noisy itself and nothing is done to it."""
        return self._has_clean

    @property
    def image_index(self) -> int | None:
        """Number of the input among the data, ``None`` for a picture from elsewhere."""
        return self._image_index

    def set_image(
        self,
        image: NDArray[np.uint8] | None,
        title: str = "",
        has_clean: bool = True,
        index: int | None = None,
    ) -> None:
        """Take another input; a copy is kept."""
        is_same_image = (
            image is not None and self._image is not None and np.array_equal(image, self._image)
        ) or (image is None and self._image is None)
        told = (title, has_clean, index)
        if is_same_image and told == (self._image_title, self._has_clean, self._image_index):
            return
        if not is_same_image:
            self._image = None if image is None else np.array(image, np.uint8, order="C")
            if self._image is not None:
                self._image.flags.writeable = False
        self._image_title, self._has_clean, self._image_index = told
        self.imageChanged.emit()

    @property
    def pinned(self) -> bool:
        """Whether the input stays when another image is selected on the map."""
        return self._pinned

    def set_pinned(self, pinned: bool) -> None:
        """Let the input stay, or follow the selection."""
        if pinned != self._pinned:
            self._pinned = pinned
            self.pinnedChanged.emit()

    # --- what is done to it --------------------------------------------------------------------

    @property
    def steps(self) -> NoiseSteps:
        """The corruptions, (name, amount), in the order in which they are applied."""
        return self._steps

    @property
    def seed(self) -> int:
        """Seed of the noise."""
        return self._seed

    def set_noise(self, steps: NoiseSteps, seed: int) -> None:
        """Do something else to the input.

        Raises
        ------
        UsageError
            If a corruption is unknown, or its amount is out of range.
        """
        steps = tuple((name, float(amount)) for name, amount in steps)[:MOST_STEPS]
        for name, amount in steps:
            checked_corruption(name, amount)
        seed = min(max(int(seed), 0), MOST_SEED)
        if (steps, seed) == (self._steps, self._seed):
            return
        self._steps, self._seed = steps, seed
        self._varied = min(self._varied, max(0, len(steps) - 1))
        self.noiseChanged.emit()

    @property
    def varied(self) -> int:
        """Which of the steps the strip varies."""
        return self._varied

    def set_varied(self, varied: int) -> None:
        """Let the strip vary another step."""
        varied = min(max(varied, 0), max(0, len(self._steps) - 1))
        if varied != self._varied:
            self._varied = varied
            self.noiseChanged.emit()

    @property
    def passes(self) -> int:
        """How often the picture goes through the denoiser."""
        return self._passes

    def set_passes(self, passes: int) -> None:
        """Denoise once, or denoise the denoised again."""
        passes = min(max(int(passes), 1), MOST_PASSES)
        if passes != self._passes:
            self._passes = passes
            self.noiseChanged.emit()

    # --- what comes of it ----------------------------------------------------------------------

    @property
    def denoiser(self) -> str:
        """``""`` for the map's model, else the name of a bundled model or a path."""
        return self._denoiser

    def set_denoiser(self, denoiser: str) -> None:
        """Let another model denoise."""
        if denoiser != self._denoiser:
            self._denoiser = denoiser
            self.denoiserChanged.emit()

    @property
    def result(self) -> Denoised | None:
        """The newest result."""
        return self._result

    @property
    def problem(self) -> str:
        """Why there is no result, in a sentence; empty where nothing is wrong."""
        return self._problem

    def set_result(self, result: Denoised | None, problem: str = "") -> None:
        """Show a newer result, or say why there is none."""
        if result is self._result and problem == self._problem:
            return
        self._result, self._problem = result, problem
        self.resultChanged.emit()

    @property
    def strip(self) -> StripAdvanced | None:
        """What is known of the strip over all amounts."""
        return self._strip

    @property
    def strip_problem(self) -> str:
        """Why there is no strip, in a sentence; empty where nothing is wrong."""
        return self._strip_problem

    def set_strip(self, strip: StripAdvanced | None, problem: str = "") -> None:
        """Show more of the strip, or say why there is none."""
        if strip is not self._strip or problem != self._strip_problem:
            self._strip, self._strip_problem = strip, problem
            self.stripChanged.emit()
