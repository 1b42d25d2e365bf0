"""Fit the best linear denoisers of many corruptions to the same images, in short pieces.

The numbers are those of :class:`~latentlab.core.linear_denoiser.LinearDenoiser`. What is different
is that the moments of the clean images are collected once for all corruptions, and that nothing
takes long at a stretch, so that a hand that waits for the same thread is served in between.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.core.corruptions import checked_corruption, corrupt_stack, derived_seed
from latentlab.core.linear_denoiser import (
    _RIDGE,
    LinearDenoiser,
    _add_pixel_blocks,
    _pixel_noise,
)

MOST_VALUES = 1024
"""Images with more values are seen through their principal components."""
MOST_COMPONENTS = 256
MOST_SAMPLES = 20_000
"""Pairs that covariances are estimated from where there is no formula."""

_SAMPLE_IMAGES = 384  # that principal components come from
_PIECE_FLOPS = 2e8  # a few milliseconds on one core
_BLOCK = 400  # sides of the blocks in which matrices are inverted and multiplied

Pieces = Generator[None, None, None]


class LinearFit:
    """Moments of clean images, and the denoisers that follow from them.

    Parameters
    ----------
    images
        uint8 (n, h, w, c), may be memory-mapped.
    rows
        int64 (m,), which of them to learn from; m is at least 2.
    """

    def __init__(self, images: NDArray[np.uint8], rows: NDArray[np.int64]) -> None:
        if len(rows) < 2:
            raise ValueError("at least two images are needed")
        self._images = images
        self._rows = rows
        self._shape: tuple[int, int, int] = images.shape[1:]
        self._size = int(np.prod(self._shape))
        self._directions: NDArray[np.float32] | None = None
        self._mean = np.zeros(self._size)
        self._covariance = np.zeros((0, 0))
        self._products = np.zeros((0, 0, 0))
        self._is_prepared = False

    def prepare(self) -> Pieces:
        """Collect the moments, once; what was done already is not done again."""
        if self._is_prepared:
            return
        spread = np.linspace(0, len(self._rows) - 1, min(len(self._rows), _SAMPLE_IMAGES))
        sample = self._flat(self._rows[spread.astype(np.intp)])
        centre = sample.mean(0)
        yield
        if self._size > MOST_VALUES:
            yield from self._find_directions(sample - centre)
        num_seen = self._num_seen
        c = self._shape[2]
        total = np.zeros(self._size)
        covariance = np.zeros((num_seen, num_seen))
        products = np.zeros((self._size // c, c, c))
        for rows in self._pieces(self._rows):
            x = self._flat(rows)
            total += x.sum(0, np.float64)
            pixels = x.reshape(len(x), -1, c)
            for i in range(c):
                for j in range(c):
                    products[:, i, j] += (pixels[:, :, i] * pixels[:, :, j]).sum(0, np.float64)
            seen = self._seen(x - centre)
            covariance += seen.T @ seen
            yield
        count = len(self._rows)
        self._mean = total / count
        offset = self._seen((self._mean - centre).astype(np.float32)[None])[0].astype(np.float64)
        self._covariance = covariance / count - np.outer(offset, offset)
        self._products = products / count
        self._is_prepared = True

    def fit(
        self, steps: Sequence[tuple[str, float]], seed: int
    ) -> Generator[None, None, LinearDenoiser]:
        """Return the denoiser of corruptions that do not clip; to be run after :meth:`prepare`.

        Exact given the moments where there is one corruption that treats each pixel on its own;
        elsewhere from up to 20,000 corrupted images.

        Parameters
        ----------
        steps, seed
            As for :func:`~latentlab.core.corruptions.corrupt_stack`, at least one step.

        Raises
        ------
        UsageError
            If a corruption is unknown, or an amount or the seed is out of range.
        """
        assert self._is_prepared
        kinds = [checked_corruption(name, amount) for name, amount in steps]
        noise = None
        if len(steps) == 1:
            pixel_mean = self._mean.reshape(-1, self._shape[2])
            noise = _pixel_noise(*steps[0], False, pixel_mean, self._products)
        if noise is not None:
            corrupted_mean = noise.gain * self._mean + noise.offset
            cross = noise.gain * self._covariance
            covariance = noise.gain**2 * self._covariance
            _add_pixel_blocks(covariance, noise.blocks, self._directions)
        else:
            is_random = any(kind.is_random for kind in kinds)
            sampled = self._sampled(steps, seed, is_random=is_random)
            corrupted_mean, cross, covariance = yield from sampled
        yield
        covariance[np.diag_indices(len(covariance))] += _RIDGE
        inverse = yield from inverted(covariance)
        weights = np.empty((len(cross), len(cross)), np.float32)
        for start in range(0, len(cross), _BLOCK):
            weights[start : start + _BLOCK] = cross[start : start + _BLOCK] @ inverse
            yield
        return LinearDenoiser(
            steps=tuple((name, float(amount)) for name, amount in steps),
            clip=False,
            image_shape=self._shape,
            clean_mean=self._mean.astype(np.float32),
            corrupted_mean=corrupted_mean.astype(np.float32),
            weights=weights,
            directions=self._directions,
        )

    # --- parts -----------------------------------------------------------------------------------

    @property
    def _num_seen(self) -> int:
        return self._size if self._directions is None else self._directions.shape[1]

    def _find_directions(self, x: NDArray[np.float32]) -> Pieces:
        """Find the leading principal components from the inner products of some images."""
        gram = np.zeros((len(x), len(x)))
        step = max(1, int(_PIECE_FLOPS / (2 * len(x) ** 2)))
        for start in range(0, self._size, step):
            part = x[:, start : start + step].astype(np.float64)
            gram += part @ part.T
            yield
        variances, vectors = np.linalg.eigh(gram)
        yield
        # Below this share of the largest, rounding to float32 would spoil orthogonality.
        kept = np.flatnonzero(variances > 1e-6 * max(variances[-1], 1e-12))[::-1][:MOST_COMPONENTS]
        scaled = (vectors[:, kept] / np.sqrt(variances[kept])).astype(np.float32)
        directions = np.empty((self._size, len(kept)), np.float32)
        for start in range(0, self._size, step):
            directions[start : start + step] = x[:, start : start + step].T @ scaled
            yield
        self._directions = directions

    def _sampled(
        self, steps: Sequence[tuple[str, float]], seed: int, *, is_random: bool
    ) -> Generator[
        None, None, tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    ]:
        """Return E[y], C_xy and C_yy of images corrupted with noise that is drawn afresh."""
        count = len(self._rows)
        copies = max(1, round(MOST_SAMPLES / count)) if is_random else 1
        size = self._num_seen
        cross, covariance = np.zeros((size, size)), np.zeros((size, size))
        shift = np.zeros(self._size)
        centre = self._mean.astype(np.float32)
        number = 0
        for _ in range(copies):
            for rows in self._pieces(self._rows):
                clean = np.asarray(self._images[rows])
                noisy = corrupt_stack(clean, steps, derived_seed(seed, number), clip=False)
                number += 1
                y = noisy.reshape(len(rows), -1) - centre
                shift += y.sum(0, np.float64)
                seen_x: NDArray[Any] = self._seen(self._flat(rows) - centre)
                seen_y: NDArray[Any] = self._seen(y)
                if not is_random:
                    # Without noise the smallest variances are tiny: float32 could lose them.
                    seen_x, seen_y = seen_x.astype(np.float64), seen_y.astype(np.float64)
                cross += seen_x.T @ seen_y
                covariance += seen_y.T @ seen_y
                yield
        num_pairs = count * copies
        shift /= num_pairs
        offset: NDArray[Any] = shift if self._directions is None else shift @ self._directions
        covariance = covariance / num_pairs - np.outer(offset, offset)
        return self._mean + shift, cross / num_pairs, covariance

    def _pieces(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        flops = 4.0 * self._num_seen * max(self._num_seen, self._size)
        step = max(8, int(_PIECE_FLOPS / flops))
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def _flat(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        flat = np.asarray(self._images[rows]).reshape(len(rows), -1).astype(np.float32)
        flat /= np.float32(255.0)
        return flat

    def _seen(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return values if self._directions is None else values @ self._directions


def inverted(matrix: NDArray[np.float64]) -> Generator[None, None, NDArray[np.float64]]:
    """Return the inverse of a symmetric positive definite matrix, by blocks of bounded size.

    With A split into four blocks, the inverse follows from those of A₁₁ and of its Schur complement
    S = A₂₂ − A₂₁ A₁₁⁻¹ A₁₂ (Horn and Johnson, "Matrix Analysis", section 0.7.3).
    """
    size = len(matrix)
    if size <= _BLOCK:
        yield
        return np.asarray(np.linalg.inv(matrix), np.float64)
    half = size // 2
    a12, a22 = matrix[:half, half:], matrix[half:, half:]
    inverse_11 = yield from inverted(matrix[:half, :half])
    yield
    between = inverse_11 @ a12
    yield
    inverse_s = yield from inverted(a22 - a12.T @ between)
    yield
    corner = between @ inverse_s
    yield
    result = np.empty_like(matrix)
    result[:half, :half] = inverse_11 + corner @ between.T
    result[:half, half:] = -corner
    result[half:, :half] = -corner.T
    result[half:, half:] = inverse_s
    return result
