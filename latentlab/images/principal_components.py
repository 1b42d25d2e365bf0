"""Principal components of a set of images that may be larger than memory.

They are the encoder and decoder of the best linear autoencoder: no other projection onto d
directions leaves a smaller mean squared error (Pearson 1901; Bourlard and Kamp 1988).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentlab.base.errors import UsageError
from latentlab.images.image_array import ImageArray

_LEVELS = 255.0  # uint8 values per unit of intensity
_PIECE_PRODUCTS = 2**29  # multiplications between two yields: some 20 ms on two cores
_CENTRE_IMAGES = 256  # that a provisional mean is taken over
_LEAST_ROWS = 32  # images in a chunk at least: with fewer, memory would be waited for
_EXTRA_DIRECTIONS = 10

_Steps = Generator[None, None, "PrincipalComponents"]


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Mean, leading directions and variances of images; D = c·h·w pixels, channel by channel.

    A code is ``components @ (x - mean)`` and its image ``mean + code @ components``. The mean
    squared distance between the images and those is ``total_variance - variances.sum()``.

    Attributes
    ----------
    mean
        float64 (D,), in [0, 1].
    components
        float64 (d, D), orthonormal rows. The entry with the largest absolute value of each is
        positive, so that they do not depend on the method's arbitrary signs. Directions with the
        variance 0 are arbitrary.
    variances
        float64 (d,), of the images along the components (divided by n), descending and not
        negative.
    total_variance
        Sum of the variances of all pixels.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    variances: NDArray[np.float64]
    total_variance: float


def principal_components(
    images: ImageArray,
    indices: NDArray[np.integer[Any]],
    count: int,
    *,
    max_exact: int = 4096,
    tolerance: float = 1e-8,
    max_passes: int = 30,
    seed: int = 0,
    chunk_values: int = 2**22,
) -> Generator[None, None, PrincipalComponents]:
    """Compute principal components in pieces: yield ``None`` between them, and return them.

    Three ways lead there, depending on the number of images n and of pixels D:

    - D ≤ n and D ≤ ``max_exact``: eigenvectors of the D×D covariance, added up in one pass.
    - n < D and n ≤ ``max_exact``: eigenvectors of the n×n inner products of the images, in two
      passes.
    - otherwise: randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithms 4.4
      and 5.3) with 2d + 10 directions, orthonormalised after each pass over the images. It ends
      when a pass gains less than ``tolerance`` of the total variance, for images mostly after 5
      to 10 passes. Components are exactly orthonormal and variances exactly those along them;
      what they explain falls short of the best by about ``tolerance`` of the total variance.
      Two components whose variances hardly differ may be mixed with each other.

    The first two are exact up to the rounding of float64: variances up to about 10⁻¹⁵ of the
    largest, components up to that over the relative gap to the next variance. The covariance is
    added up in whole numbers, without rounding.

    A piece takes some tens of milliseconds on two cores, but a decomposition cannot be divided: it
    takes 0.1 s for D or n = 784, and some ten seconds for 4096. Other threads of Python go on
    meanwhile. Beside the images and the result it needs up to four times D², n² or D·(2d + 10)
    float64, and the chunk.

    Parameters
    ----------
    images
        uint8 (n, h, w, c); may stay in a file or be read-only, and is only read in chunks.
    indices
        Which images count, int (n,), into ``images``.
    count
        Number of components d, from 1 to min(n − 1, D).
    max_exact
        Size of the largest matrix that is decomposed.
    tolerance, max_passes, seed
        Of the randomised way; equal seeds, 0 or more, give equal components. It needs at least one
        pass, and one more over the images for their mean.
    chunk_values
        About how many pixels are converted to float64 at the same time.

    Raises
    ------
    UsageError
        At once, if there are not as many components as that.
    """
    if images.ndim != 4 or images.dtype != np.uint8:
        raise ValueError(f"{images.dtype} images of shape {images.shape}, not uint8 (n, h, w, c)")
    if count < 1:
        raise ValueError(f"{count} components")
    n, num_values = len(indices), math.prod(images.shape[1:])
    most = min(n - 1, num_values)
    if count > most:
        raise UsageError(
            f"{n:,} images of {num_values:,} values have {max(most, 0):,} principal components at "
            f"most, not {count:,}: choose fewer latent dimensions or more images."
        )
    source = _Source(images, indices, chunk_values)
    if num_values <= min(n, max_exact):
        return _from_covariance(source, count)
    if n <= max_exact:
        return _from_inner_products(source, count)
    return _from_random_directions(source, count, tolerance, max_passes, seed)


@dataclass(frozen=True, eq=False)
class _Source:
    """Images as rows of float64, on their own scale of 0 to 255 so that sums are exact."""

    images: ImageArray
    indices: NDArray[np.integer[Any]]
    chunk_values: int

    @property
    def num_values(self) -> int:
        return math.prod(self.images.shape[1:])

    def rows(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Return some images, (n, D), channel by channel."""
        return _flat(self.images[indices])

    def chunks(self, products_per_image: int = 1) -> Iterator[NDArray[np.float64]]:
        """Yield all images, in chunks (rows, D) for that many multiplications each."""
        rows = max(_LEAST_ROWS, _PIECE_PRODUCTS // products_per_image)
        step = max(1, min(rows, self.chunk_values // self.num_values))
        for start in range(0, len(self.indices), step):
            yield self.rows(self.indices[start : start + step])

    def blocks(
        self, products_per_value: int = 1
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
        """Yield places in the flattened image, (p,), and all images there, (n, p).

        Memory is read in pieces of one row of an image, which lie together.
        """
        _, h, w, c = self.images.shape
        values = min(self.chunk_values // len(self.indices), _PIECE_PRODUCTS // products_per_value)
        step = max(1, values // c)
        places = np.arange(self.num_values).reshape(c, h, w)
        across, down = min(step, w), max(1, step // w)
        for top in range(0, h, down):
            for left in range(0, w, across):
                rows, columns = slice(top, top + down), slice(left, left + across)
                block = self.images[self.indices, rows, columns]
                yield places[:, rows, columns].ravel(), _flat(block)


def _from_covariance(source: _Source, count: int) -> _Steps:
    n, size = len(source.indices), source.num_values
    some = np.linspace(0, n - 1, min(n, _CENTRE_IMAGES)).astype(np.intp)
    # Near the mean, so that little is lost where its square is taken off below; and a whole number,
    # so that the sums are whole numbers too. They are exact up to 2⁵³, for 10¹¹ images.
    centre = np.rint(source.rows(source.indices[some]).mean(0))
    yield
    total = np.zeros(size)
    products = np.zeros((size, size))
    for x in source.chunks():
        np.subtract(x, centre, out=x)
        total += x.sum(0)
        yield from _add_products(products, x.T)
    shift = total / n
    products /= n
    products -= np.outer(shift, shift)
    yield
    variances, vectors = np.linalg.eigh(products)
    return _result(
        centre + shift,
        vectors[:, : -count - 1 : -1].T,
        variances[: -count - 1 : -1],
        float(products.trace()),
    )


def _from_inner_products(source: _Source, count: int) -> _Steps:
    n, size = len(source.indices), source.num_values
    mean = np.empty(size)
    products = np.zeros((n, n))
    for places, x in source.blocks():
        mean[places] = x.mean(0)
        np.subtract(x, mean[places], out=x)
        yield from _add_products(products, x)
    products /= n
    variances, vectors = np.linalg.eigh(products)
    leading = vectors[:, : -count - 1 : -1]
    yield
    directions = np.empty((size, count))
    for places, x in source.blocks(n * count):
        np.subtract(x, mean[places], out=x)
        directions[places] = x.T @ leading
        yield
    # The columns are as long as the standard deviations; where those are tiny, rounding is all that
    # is left of their right angles, and this makes them right again.
    components = np.linalg.qr(directions)[0].T
    return _result(mean, components, variances[: -count - 1 : -1], float(products.trace()))


def _add_products(total: NDArray[np.float64], x: NDArray[np.float64]) -> Iterator[None]:
    """Add x xᵀ, for x of shape (m, p), to the lower triangle of ``total``, (m, m), in pieces.

    :func:`numpy.linalg.eigh` reads nothing else. SciPy's routines would do both in place, but they
    keep Python's lock, and all other threads stand still for seconds.
    """
    size, depth = x.shape
    step = max(16, _PIECE_PRODUCTS // (size * depth))
    for start in range(0, size, step):
        stop = start + step
        total[start:stop, :stop] += x[start:stop] @ x[:stop].T
        yield


def _from_random_directions(
    source: _Source, count: int, tolerance: float, max_passes: int, seed: int
) -> _Steps:
    n, size = len(source.indices), source.num_values
    total = np.zeros(size)
    for x in source.chunks():
        total += x.sum(0)
        yield
    mean = total / n
    width = min(2 * count + _EXTRA_DIRECTIONS, n, size)
    basis = np.random.default_rng(seed).standard_normal((size, width))
    before = -np.inf
    for number in range(max_passes):
        basis = np.linalg.qr(basis)[0]
        yield
        image, spread = yield from _covariance_times(source, mean, basis)
        # Rayleigh-Ritz: the best directions within the span of the basis.
        variances, turn = np.linalg.eigh(basis.T @ image)
        explained = variances[-count:].sum()
        if explained - before <= tolerance * spread or number == max_passes - 1:
            break
        basis, before = image, explained
        yield
    return _result(
        mean, (basis @ turn[:, : -count - 1 : -1]).T, variances[: -count - 1 : -1], spread
    )


def _covariance_times(
    source: _Source, mean: NDArray[np.float64], basis: NDArray[np.float64]
) -> Generator[None, None, tuple[NDArray[np.float64], float]]:
    """Return the covariance times some columns, (D, l), and its trace."""
    image = np.zeros_like(basis)
    spread = 0.0
    for x in source.chunks(2 * basis.size):
        np.subtract(x, mean, out=x)
        spread += float(np.vdot(x, x))
        image += x.T @ (x @ basis)
        yield
    n = len(source.indices)
    return image / n, spread / n


def _flat(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return images (n, h, w, c) as rows, (n, c·h·w), channel by channel."""
    # What is taken from a mapped array calls itself one, although it lies in memory.
    channels_first = np.asarray(images).transpose(0, 3, 1, 2)
    return channels_first.reshape(len(images), -1).astype(np.float64)


def _result(
    mean: NDArray[np.float64],
    components: NDArray[np.float64],
    variances: NDArray[np.float64],
    spread: float,
) -> PrincipalComponents:
    """Return what was found on the scale of 0 to 255, on that of 0 to 1 and with settled signs."""
    peaks = np.abs(components).argmax(1)
    signs = np.where(components[np.arange(len(components)), peaks] < 0, -1.0, 1.0)
    return PrincipalComponents(
        mean / _LEVELS,
        np.ascontiguousarray(components * signs[:, None]),
        np.maximum(variances, 0.0) / _LEVELS**2,
        spread / _LEVELS**2,
    )
