"""Store and controller of the noise lab on an engine that is turned over by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from study_parts import StudyParts

from latentlab.features.noise_lab.controller import NoiseController
from latentlab.features.noise_lab.messages import DenoiseRequest, StripRequest
from latentlab.features.noise_lab.store import NoiseLab
from latentlab.features.training.controller import TrainingController
from latentlab.images.image_set import ImageSet


class NoiseParts(StudyParts):
    """What the noise lab has behind it."""

    def __init__(self, recent: list[str] | None = None) -> None:
        super().__init__(recent)
        self.lab = NoiseLab()
        self.training_controller = TrainingController(
            self.thread,  # type: ignore[arg-type]
            self.session,
            self.training,
            self.map_view,
        )
        self.controller = NoiseController(
            self.thread,  # type: ignore[arg-type]
            self.session,
            self.explorer,
            self.lab,
            self.training_controller,
            self._recent,
        )

    def end(self) -> None:
        """Nobody looks any more."""
        self.controller.set_watched(False)

    def open(self, data: ImageSet | None, model: str | Path = "digits-vae") -> None:
        super().open(data, model)
        self.thread.rest()

    @property
    def asked_pictures(self) -> list[DenoiseRequest]:
        return self.thread.of(DenoiseRequest)

    @property
    def asked_strips(self) -> list[StripRequest]:
        return self.thread.of(StripRequest)

    def shown(self) -> np.ndarray:
        """Return the denoised picture."""
        self.thread.rest()
        assert self.lab.result is not None, self.lab.problem
        return self.lab.result.images[-1]
