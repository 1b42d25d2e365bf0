"""The best affine denoiser of corruptions: the yardstick that a trained one should beat.

For clean images x and corrupted ones y it is x̂ = E[x] + C_xy C_yy⁻¹ (y − E[y]), which has the least
mean squared error of all affine maps (Kay, "Fundamentals of Statistical Signal Processing:
Estimation Theory" (1993), section 12.3).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.images.corruptions import checked_corruption, derived_seed
from latentlab.images.linear_fit import MOST_COMPONENTS, MOST_VALUES, LinearFit, flat

_IMAGES_PER_DIRECTION = 4


@dataclass(frozen=True, eq=False)
class LinearDenoiser:
    """The affine map from corrupted to clean images with the least mean squared error.

    D = h·w·c is the number of values of an image, in the order of its array. Of images with many
    values only the K leading principal components of the clean ones are treated so; the rest of an
    image is multiplied by one number. Otherwise K = D.

    Attributes
    ----------
    steps, clip
        The corruptions it undoes, as for :func:`~latentlab.images.corruptions.corrupt_stack`.
    image_shape
        (h, w, c).
    clean_mean, corrupted_mean
        float32 (D,), E[x] and E[y].
    weights
        float32 (K, K), C_xy C_yy⁻¹.
    directions
        float32 (D, K) with orthonormal columns, the principal components; ``None`` if K = D.
    rest_gain
        What the rest is multiplied by.
    """

    steps: tuple[tuple[str, float], ...]
    clip: bool
    image_shape: tuple[int, int, int]
    clean_mean: NDArray[np.float32]
    corrupted_mean: NDArray[np.float32]
    weights: NDArray[np.float32]
    directions: NDArray[np.float32] | None = None
    rest_gain: float = 0.0

    @classmethod
    def fit(
        cls,
        images: NDArray[Any],
        name: str,
        amount: float,
        seed: int,
        *,
        clip: bool = True,
        max_values: int = MOST_VALUES,
        max_components: int = MOST_COMPONENTS,
    ) -> LinearDenoiser:
        """Return the denoiser for one corruption of images like these.

        See :meth:`fit_stack`.
        """
        return cls.fit_stack(
            images,
            [(name, amount)],
            seed,
            clip=clip,
            max_values=max_values,
            max_components=max_components,
        )

    @classmethod
    def fit_stack(
        cls,
        images: NDArray[Any],
        steps: Sequence[tuple[str, float]],
        seed: int,
        *,
        clip: bool = True,
        max_values: int = MOST_VALUES,
        max_components: int = MOST_COMPONENTS,
    ) -> LinearDenoiser:
        """Return the denoiser for one or several corruptions, one upon the other.

        Exact given mean and covariance of the images where the only one is mask, salt-pepper or
        contrast, or gaussian, speckle or brightness without clipping; ``seed`` is not used then.
        Elsewhere the covariances are estimated from at least 20,000 corrupted images, for which all
        images are taken equally often; corruptions without chance need each only once.

        On two cores, 10,000 images of 28×28 take less than a second, 20,000 of 32×32×3 up to ten
        seconds, and principal components about half a minute, mostly for their own computation.
        Beside the images, which may stay in a file, it needs a few arrays of K×K float64.

        Parameters
        ----------
        images
            Clean images, uint8 (n, h, w, c), or float32 of that shape in [0, 1]; n is at least 1.
            With fewer images than values it fits them more closely than it does new ones.
        steps, seed, clip
            The corruptions, at least one, as for
            :func:`~latentlab.images.corruptions.corrupt_stack`. Noise that is clipped is a
            corruption of its own with another best denoiser.
        max_values
            Images with more values are treated in the space of their principal components.
        max_components
            How many components are kept at most. They come from at most 3072 images spread evenly
            over the given ones, and from fewer where these would need more than 512 MiB.

        Raises
        ------
        UsageError
            If a corruption is unknown, or an amount or the seed is out of range.
        """
        for name, amount in steps:
            checked_corruption(name, amount)
        derived_seed(seed, 0)
        if not steps:
            raise ValueError("no corruption to undo")
        if images.ndim != 4 or images.size == 0:
            raise ValueError(f"images of shape {images.shape} instead of (n, h, w, c), none empty")
        fit = LinearFit(images, max_values=max_values, max_components=max_components)
        for _ in fit.prepare():
            pass
        pieces = cls.fitted(fit, steps, seed, clip=clip)
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                denoiser: LinearDenoiser = end.value
                return denoiser

    @classmethod
    def fit_for_others(
        cls, images: NDArray[Any], steps: Sequence[tuple[str, float]], seed: int
    ) -> LinearDenoiser:
        """Return the denoiser of noise that is not clipped, for images that are not among these.

        As :meth:`fit_stack`, but at most one direction for four images is learnt: what few images
        tell of more would be fitted to these and not to others.
        """
        most = max(1, len(images) // _IMAGES_PER_DIRECTION)
        return cls.fit_stack(
            images,
            steps,
            seed,
            clip=False,
            max_values=min(MOST_VALUES, most),
            max_components=min(MOST_COMPONENTS, most),
        )

    @classmethod
    def fitted(
        cls, fit: LinearFit, steps: Sequence[tuple[str, float]], seed: int, *, clip: bool
    ) -> Generator[None, None, LinearDenoiser]:
        """Return the denoiser from moments that are prepared, piece by piece.

        Parameters
        ----------
        fit
            Of the clean images, prepared.
        steps, seed, clip
            As for :meth:`fit_stack`.
        """
        solution = yield from fit.solve(steps, seed, clip=clip)
        return cls(
            steps=tuple((name, float(amount)) for name, amount in steps),
            clip=clip,
            image_shape=fit.image_shape,
            clean_mean=fit.mean.astype(np.float32),
            corrupted_mean=solution.corrupted_mean,
            weights=solution.weights,
            directions=fit.directions,
            rest_gain=solution.rest_gain,
        )

    def apply(self, corrupted: NDArray[Any], *, limit: bool = True) -> NDArray[np.float32]:
        """Return the estimate of the clean images.

        Parameters
        ----------
        corrupted
            uint8 or float32 (n, h, w, c) or (h, w, c), with the fitted h, w and c.
        limit
            Whether the estimate is limited to [0, 1], as it is wherever it is compared with
            others. That makes the whole no longer affine, but can only reduce the error: clean
            values lie within the limits, and an estimate outside moves closer to each of them. On
            digits it gains 0.2 to 0.8 dB.

        Returns
        -------
        NDArray[np.float32]
            Of the same shape.
        """
        if corrupted.ndim not in (3, 4) or corrupted.shape[-3:] != self.image_shape:
            raise ValueError(f"shape {corrupted.shape} given to a denoiser of {self.image_shape}")
        values: NDArray[np.float32] = (
            flat(corrupted.reshape(-1, *self.image_shape)) - self.corrupted_mean
        )
        if self.directions is None:
            estimate: NDArray[np.float32] = values @ self.weights.T
        else:
            seen = values @ self.directions
            gain = np.float32(self.rest_gain)
            estimate = (seen @ self.weights.T - gain * seen) @ self.directions.T + gain * values
        estimate += self.clean_mean
        if limit:
            np.clip(estimate, 0.0, 1.0, out=estimate)
        return estimate.reshape(corrupted.shape)
