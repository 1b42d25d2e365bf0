"""The map's view of the latent plane: which part is seen, and how it maps to pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
_MIN_SCALE, _MAX_SCALE = 1e-3, 1e7  # pixels per latent unit


@dataclass(frozen=True)
class Camera:
    """A uniform scale and a centre; the second latent axis points up, the screen's points down.

    Attributes
    ----------
    centre
        Latent point in the middle of the view.
    scale
        Pixels per latent unit.
    width, height
        Size of the view in (device-independent) pixels.
    """

    centre: Point = (0.0, 0.0)
    scale: float = 100.0
    width: int = 800
    height: int = 600

    def to_screen(self, z: Point) -> Point:
        """Return the pixel position of a latent point."""
        return (
            self.width / 2 + (z[0] - self.centre[0]) * self.scale,
            self.height / 2 - (z[1] - self.centre[1]) * self.scale,
        )

    def to_latent(self, screen: Point) -> Point:
        """Return the latent point under a pixel position."""
        return (
            self.centre[0] + (screen[0] - self.width / 2) / self.scale,
            self.centre[1] - (screen[1] - self.height / 2) / self.scale,
        )

    def points_to_screen(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return pixel positions, float32 (n, 2), of latent points (n, 2)."""
        factor = np.array([self.scale, -self.scale], np.float32)
        offset = np.array(
            [
                self.width / 2 - self.centre[0] * self.scale,
                self.height / 2 + self.centre[1] * self.scale,
            ],
            np.float32,
        )
        return z * factor + offset

    def bounds(self) -> tuple[float, float, float, float]:
        """Return (left, bottom, right, top) of the view in latent units."""
        half_w, half_h = self.width / 2 / self.scale, self.height / 2 / self.scale
        x, y = self.centre
        return (x - half_w, y - half_h, x + half_w, y + half_h)

    def resized(self, width: int, height: int) -> Camera:
        """Return the camera for another view size, same centre and scale."""
        return replace(self, width=max(1, width), height=max(1, height))

    def panned(self, dx_px: float, dy_px: float) -> Camera:
        """Return the camera after the content was dragged by some pixels."""
        x, y = self.centre
        return replace(self, centre=(x - dx_px / self.scale, y + dy_px / self.scale))

    def zoomed(self, factor: float, about: Point) -> Camera:
        """Return the camera zoomed by a factor; the latent point under ``about`` (px) stays."""
        scale = min(max(self.scale * factor, _MIN_SCALE), _MAX_SCALE)
        fixed = self.to_latent(about)
        zoomed = replace(self, scale=scale)
        moved = zoomed.to_latent(about)
        return replace(
            zoomed,
            centre=(
                self.centre[0] + fixed[0] - moved[0],
                self.centre[1] + fixed[1] - moved[1],
            ),
        )

    def fitted(self, codes: NDArray[np.float32], margin: float = 0.06) -> Camera:
        """Return the camera that shows the codes, float (n, 2).

        The outermost 0.2 % on each side may lie outside: a single far outlier must not shrink
        everything else to a dot. Nor may many: what a model has never seen can lie thousands of
        units away, so nothing farther out than three times the width of the inner 90 % counts.
        """
        finite = codes[np.isfinite(codes).all(1)]
        if len(finite) == 0:
            return replace(self, centre=(0.0, 0.0), scale=min(self.width, self.height) / 6.0)
        low = np.quantile(finite, 0.002, axis=0).astype(float)
        high = np.quantile(finite, 0.998, axis=0).astype(float)
        inner_low, inner_high = np.quantile(finite, (0.05, 0.95), axis=0).astype(float)
        reach = np.maximum(3 * (inner_high - inner_low), 1e-3)
        low = np.maximum(low, inner_low - reach)
        high = np.minimum(high, inner_high + reach)
        span = np.maximum(high - low, 1e-3)
        room = 1 - 2 * margin
        scale = float(min(self.width * room / span[0], self.height * room / span[1]))
        middle = (low + high) / 2
        return replace(
            self,
            centre=(float(middle[0]), float(middle[1])),
            scale=min(max(scale, _MIN_SCALE), _MAX_SCALE),
        )
