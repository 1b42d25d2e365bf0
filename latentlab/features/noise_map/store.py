"""What the map shows of noise: path and cloud of one image, and the denoising field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from latentlab.features.noise_map.messages import NoiseCodes


@dataclass(frozen=True, eq=False)
class FieldArrows:
    """The arrows that the field is averaged from.

    Attributes
    ----------
    starts, ends
        float32 (n, d), codes of corrupted images and of what they are denoised to.
    """

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]


class NoiseMap(QObject):
    """Store of the noise layers; all codes are of the open model."""

    codesChanged = Signal()
    fieldChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._codes: NoiseCodes | None = None
        self._field: FieldArrows | None = None

    @property
    def codes(self) -> NoiseCodes | None:
        """Path and cloud of the noise lab's image, ``None`` where there are none."""
        return self._codes

    def set_codes(self, codes: NoiseCodes | None) -> None:
        """Show another path and cloud."""
        if codes is self._codes:
            return
        self._codes = codes
        self.codesChanged.emit()

    @property
    def field(self) -> FieldArrows | None:
        """The denoising field as far as it is known, ``None`` where there is none."""
        return self._field

    def set_field(self, field: FieldArrows | None) -> None:
        """Show another field."""
        if field is self._field:
            return
        self._field = field
        self.fieldChanged.emit()
