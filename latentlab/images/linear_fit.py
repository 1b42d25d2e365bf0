"""Means and covariances of clean and corrupted images, which give the best affine denoiser.

For noise that is drawn pixel by pixel the moments of the corrupted images follow from those of the
clean ones, which are collected once for all corruptions. Everything is done piece by piece, so that
a hand that waits for the same thread can be served in between.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.images.corruptions import checked_corruption, corrupt_stack, derived_seed
from latentlab.images.image_array import ImageArray
from latentlab.images.noise_moments import add_pixel_blocks, pixel_noise

_MIN_SAMPLES = 20_000  # pairs that covariances are estimated from where there is no formula
_CHUNK_VALUES = 2**22  # values of the images that are in work at the same time
_PCA_VALUES = 2**27  # of the images in a principal component analysis: 512 MiB
_PCA_COLUMNS = 1024
_PIECE_FLOPS = 2e8  # of a short piece: a few milliseconds on one core
_BLOCK = 400  # sides of the blocks in which matrices are inverted and multiplied

# Added to each variance of the corrupted images: what rounding to 256 levels would add. It keeps
# the system solvable where pixels never vary. Without it a blur would be undone by amplifying
# details of the size of float32's rounding, and an image saved with 8 bits would come out as noise.
_RIDGE = 1 / (12 * 255**2)

MOST_VALUES, MOST_COMPONENTS = 3072, 2048
"""Of a fit that nobody waits for: see :class:`LinearFit`."""

Pieces = Generator[None, None, None]


@dataclass(frozen=True, eq=False)
class LinearSolution:
    """What a corruption adds to the moments of the clean images.

    Attributes
    ----------
    corrupted_mean
        float32 (D,), E[y].
    weights
        float32 (K, K), C_xy C_yy⁻¹.
    rest_gain
        By what the rest of an image, which the principal components do not span, is multiplied: the
        best single number, tr C_xy / tr C_yy of the rest. 0 where there is no rest.
    """

    corrupted_mean: NDArray[np.float32]
    weights: NDArray[np.float32]
    rest_gain: float


class LinearFit:
    """Moments of clean images, and the weights that follow from them for a corruption.

    Parameters
    ----------
    images
        uint8 (n, h, w, c), or float32 in [0, 1]; may stay in a file.
    rows
        int64 (m,), which of them to learn from; without it all of them.
    max_values
        Images with more values are treated in the space of their principal components.
    max_components
        How many of these are kept at most.
    pca_images
        How many images, evenly spread, they come from at most.
    in_pieces
        Whether the pieces take milliseconds only, at the price of a longer whole.
    """

    def __init__(
        self,
        images: ImageArray | NDArray[Any],
        rows: NDArray[np.int64] | None = None,
        *,
        max_values: int = MOST_VALUES,
        max_components: int = MOST_COMPONENTS,
        pca_images: int = 3072,
        in_pieces: bool = False,
    ) -> None:
        self._images = images
        self._rows = np.arange(len(images)) if rows is None else rows
        _, h, w, c = images.shape
        self.image_shape: tuple[int, int, int] = (h, w, c)
        self._size = h * w * c
        self._max_values, self._max_components = max_values, max_components
        self._pca_images = min(pca_images, max(1, _PCA_VALUES // self._size))
        self._piece_flops = _PIECE_FLOPS if in_pieces else math.inf
        self.mean: NDArray[np.float64] = np.zeros(self._size)
        """E[x], (D,)."""
        self.directions: NDArray[np.float32] | None = None
        """(D, K), the principal components that images are seen through, if they are."""
        self._covariance = np.zeros((0, 0))
        self._products = np.zeros((0, 0, 0))
        self._variance = 0.0  # of all values of an image together
        self._is_prepared = False

    def prepare(self) -> Pieces:
        """Collect the moments of the clean images; what was done already is not done again."""
        if self._is_prepared:
            return
        count = len(self._rows)
        places = np.linspace(0, count - 1, min(count, self._pca_images)).astype(np.intp)
        sample = flat(self._images[self._rows[places]])
        centre = sample.mean(0, dtype=np.float64).astype(np.float32)
        yield
        if self._size > self._max_values:
            yield from self._find_directions(sample - centre)
        del sample
        c = self.image_shape[2]
        total = np.zeros(self._size)
        covariance = np.zeros((self._num_seen, self._num_seen))
        products = np.zeros((self._size // c, c, c))
        for rows in self._pieces(self._rows):
            x = flat(self._images[rows])
            total += x.sum(0, dtype=np.float64)
            pixels = x.reshape(len(x), -1, c)
            for i in range(c):
                for j in range(c):
                    products[:, i, j] += (pixels[:, :, i] * pixels[:, :, j]).sum(
                        0, dtype=np.float64
                    )
            seen = self._seen(x - centre)
            covariance += seen.T @ seen
            yield
        self.mean = total / count
        # The images were centred on the mean of the sample.
        offset = self._seen((self.mean - centre).astype(np.float32)[None])[0].astype(np.float64)
        self._covariance = covariance / count - np.outer(offset, offset)
        self._products = products / count
        squares = np.trace(self._products, axis1=1, axis2=2).sum()
        self._variance = float(squares - np.square(self.mean).sum())
        self._is_prepared = True

    def solve(
        self, steps: Sequence[tuple[str, float]], seed: int, *, clip: bool
    ) -> Generator[None, None, LinearSolution]:
        """Return the weights for corruptions; to be run after :meth:`prepare`.

        Exact given the moments where there is one corruption that treats each pixel on its own;
        elsewhere the moments are estimated from at least 20,000 corrupted images.

        Parameters
        ----------
        steps, seed, clip
            As for :func:`~latentlab.images.corruptions.corrupt_stack`, at least one step.

        Raises
        ------
        UsageError
            If a corruption is unknown, or an amount or the seed is out of range.
        """
        assert self._is_prepared
        kinds = [checked_corruption(name, amount) for name, amount in steps]
        noise = None
        if len(steps) == 1:
            pixel_mean = self.mean.reshape(-1, self.image_shape[2])
            noise = pixel_noise(*steps[0], clip, pixel_mean, self._products)
        if noise is not None:
            corrupted_mean = noise.gain * self.mean + noise.offset
            cross = noise.gain * self._covariance
            covariance = noise.gain**2 * self._covariance
            add_pixel_blocks(covariance, noise.blocks, self.directions)
            blocks = float(np.trace(noise.blocks, axis1=1, axis2=2).sum())
            variance = noise.gain**2 * self._variance + blocks
            traces = (noise.gain * self._variance, variance)
        else:
            is_random = any(kind.is_random for kind in kinds)
            corrupted_mean, cross, covariance, traces = yield from self._sampled(
                steps, seed, clip=clip, is_random=is_random
            )
        rest_gain = 0.0
        if self.directions is not None:
            # Rounding may leave a little of a rest that is nothing.
            rest = max(0.0, traces[1] - float(np.trace(covariance))) + self._size * _RIDGE
            rest_gain = (traces[0] - float(np.trace(cross))) / rest
        yield
        covariance[np.diag_indices(len(covariance))] += _RIDGE
        weights = yield from self._weights(cross, covariance)
        return LinearSolution(corrupted_mean.astype(np.float32), weights, rest_gain)

    # --- parts -----------------------------------------------------------------------------------

    @property
    def _num_seen(self) -> int:
        num_seen: int = self._size if self.directions is None else self.directions.shape[1]
        return num_seen

    def _find_directions(self, x: NDArray[np.float32]) -> Pieces:
        """Find the leading principal components as columns, (D, K), of centred images (n, D).

        They come from the inner products of the images, not from the D×D covariance, which may be
        too large to hold.
        """
        inner = np.zeros((len(x), len(x)))
        step = int(min(_PCA_COLUMNS, max(1.0, self._piece_flops / (2.0 * len(x) * len(x)))))
        for start in range(0, self._size, step):
            part = x[:, start : start + step].astype(np.float64)
            inner += part @ part.T
            yield
        variances, vectors = np.linalg.eigh(inner)
        yield
        # Below this share of the largest, rounding to float32 would spoil orthogonality.
        kept = np.flatnonzero(variances > 1e-6 * max(variances[-1], 1e-12))[::-1]
        kept = kept[: self._max_components]
        scaled = (vectors[:, kept] / np.sqrt(variances[kept])).astype(np.float32)
        directions = np.empty((self._size, len(kept)), np.float32)
        for start in range(0, self._size, step):
            directions[start : start + step] = x[:, start : start + step].T @ scaled
            yield
        self.directions = directions

    def _sampled(
        self, steps: Sequence[tuple[str, float]], seed: int, *, clip: bool, is_random: bool
    ) -> Generator[
        None,
        None,
        tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], tuple[float, float]],
    ]:
        """Return E[y], C_xy and C_yy of images corrupted with noise that is drawn afresh.

        Behind them the traces of C_xy and C_yy of whole images. All images are taken equally often.
        """
        count = len(self._rows)
        copies = -(-_MIN_SAMPLES // count) if is_random else 1
        size = self._num_seen
        cross, covariance = np.zeros((size, size)), np.zeros((size, size))
        shift = np.zeros(self._size)
        shared = squares = 0.0
        centre = self.mean.astype(np.float32)
        for number, rows in enumerate(self._pieces(np.tile(self._rows, copies))):
            clean = self._images[rows]
            corrupted = corrupt_stack(clean, steps, derived_seed(seed, number), clip=clip)
            y = flat(corrupted) - centre
            shift += y.sum(0, dtype=np.float64)
            x = flat(clean) - centre
            shared += float(np.vdot(x, y))
            squares += float(np.vdot(y, y))
            seen_x: NDArray[Any] = self._seen(x)
            seen_y: NDArray[Any] = self._seen(y)
            if not is_random:
                # Without noise the smallest variances are tiny: sums in float32 could lose them.
                seen_x, seen_y = seen_x.astype(np.float64), seen_y.astype(np.float64)
            cross += seen_x.T @ seen_y
            covariance += seen_y.T @ seen_y
            yield
        num_pairs = count * copies
        shift /= num_pairs
        # x is centred already, so only the second mean has to be taken out.
        offset: NDArray[Any] = shift if self.directions is None else shift @ self.directions
        covariance = covariance / num_pairs - np.outer(offset, offset)
        traces = (shared / num_pairs, squares / num_pairs - float(np.square(shift).sum()))
        return self.mean + shift, cross / num_pairs, covariance, traces

    def _weights(
        self, cross: NDArray[np.float64], covariance: NDArray[np.float64]
    ) -> Generator[None, None, NDArray[np.float32]]:
        """Return C_xy C_yy⁻¹."""
        if math.isinf(self._piece_flops):
            solved: NDArray[np.float32] = np.linalg.solve(covariance, cross.T).T.astype(np.float32)
            return solved
        inverse = yield from _inverted(covariance)
        weights = np.empty(cross.shape, np.float32)
        for start in range(0, len(cross), _BLOCK):
            weights[start : start + _BLOCK] = cross[start : start + _BLOCK] @ inverse
            yield
        return weights

    def _pieces(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        flops = 4.0 * max(1, self._num_seen) * max(self._num_seen, self._size)
        step = max(1, _CHUNK_VALUES // self._size)
        step = int(min(step, max(8.0, self._piece_flops / flops)))
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def _seen(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return values if self.directions is None else values @ self.directions


def flat(images: NDArray[Any]) -> NDArray[np.float32]:
    """Return images (n, h, w, c) as float32 (n, D) on the scale of 0 to 1."""
    values = images.reshape(len(images), math.prod(images.shape[1:])).astype(np.float32)
    if images.dtype == np.uint8:
        values /= np.float32(255.0)
    return values


def _inverted(matrix: NDArray[np.float64]) -> Generator[None, None, NDArray[np.float64]]:
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
    inverse_11 = yield from _inverted(matrix[:half, :half])
    yield
    between = inverse_11 @ a12
    yield
    inverse_s = yield from _inverted(a22 - a12.T @ between)
    yield
    corner = between @ inverse_s
    yield
    result = np.empty_like(matrix)
    result[:half, :half] = inverse_11 + corner @ between.T
    result[:half, half:] = -corner
    result[half:, :half] = -corner.T
    result[half:, half:] = inverse_s
    return result
