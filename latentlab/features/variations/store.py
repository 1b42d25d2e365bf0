"""Variations of an image: how it is varied, what came of it, and what each class is on average."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Signal

from latentlab.features.variations.messages import (
    MOST_VARIATIONS,
    VARIATION_NOISES,
    CentroidsDecoded,
    VariationNoise,
    Varied,
)

MOST_SIGMA = 1000.0
MOST_SEED = 999_999


class Variations(QObject):
    """Store of the tab of variations.

    Signals
    -------
    settingsChanged
        Kind or size of the noise, number of variations, or seed.
    variedChanged
        There are newer variations, or none any more, or a reason why there are none.
    centroidsChanged
        There are newer class centroids, or none any more.
    """

    settingsChanged = Signal()
    variedChanged = Signal()
    centroidsChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._noise: VariationNoise = "prior"
        self._sigma = 0.3
        self._count = 24
        self._seed = 0
        self._varied: Varied | None = None
        self._problem = ""
        self._centroids: CentroidsDecoded | None = None

    @property
    def noise(self) -> VariationNoise:
        """What the size of the noise is in units of."""
        return self._noise

    @property
    def sigma(self) -> float:
        """Size of the noise, 0 to :data:`MOST_SIGMA`."""
        return self._sigma

    @property
    def count(self) -> int:
        """How many variations, 1 to 64."""
        return self._count

    @property
    def seed(self) -> int:
        """Seed of the noise."""
        return self._seed

    def set_noise(self, noise: VariationNoise) -> None:
        """Measure the noise in other units."""
        if noise in VARIATION_NOISES and noise != self._noise:
            self._noise = noise
            self.settingsChanged.emit()

    def set_sigma(self, sigma: float) -> None:
        """Make more or less noise; what is no number is ignored."""
        if not math.isfinite(sigma):
            return
        sigma = min(max(float(sigma), 0.0), MOST_SIGMA)
        if sigma != self._sigma:
            self._sigma = sigma
            self.settingsChanged.emit()

    def set_count(self, count: int) -> None:
        """Make more or fewer variations."""
        count = min(max(int(count), 1), MOST_VARIATIONS)
        if count != self._count:
            self._count = count
            self.settingsChanged.emit()

    def set_seed(self, seed: int) -> None:
        """Draw other noise."""
        seed = min(max(int(seed), 0), MOST_SEED)
        if seed != self._seed:
            self._seed = seed
            self.settingsChanged.emit()

    @property
    def varied(self) -> Varied | None:
        """The newest variations."""
        return self._varied

    @property
    def problem(self) -> str:
        """Why there are no variations, in a sentence; empty where nothing is wrong."""
        return self._problem

    def set_varied(self, varied: Varied | None, problem: str = "") -> None:
        """Show newer variations, or none, or say why there are none."""
        if varied is not self._varied or problem != self._problem:
            self._varied, self._problem = varied, problem
            self.variedChanged.emit()

    @property
    def centroids(self) -> CentroidsDecoded | None:
        """The mean code of each class and its picture; ``None`` without classes or codes."""
        return self._centroids

    def set_centroids(self, centroids: CentroidsDecoded | None) -> None:
        """Show newer centroids, or none."""
        if centroids is not self._centroids:
            self._centroids = centroids
            self.centroidsChanged.emit()
