"""A density fitted to codes after training: the prior of autoencoders trained without one.

A deterministic autoencoder says nothing about where its codes lie. A Gaussian mixture with full
covariances, fitted to the codes of the training images, fills that in and can be sampled (Ghosh et
al., "From Variational to Deterministic Autoencoders", ICLR 2020, section 4).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.base.errors import ModelFileError, UsageError

_CHUNK_VALUES = 2**21  # values of the codes that are in work at the same time: 16 MiB
_LARGEST = 1e30  # of a code: its square and a sum of many of them stay finite, in float32 as well
_WEIGHTS_TOLERANCE = 1e-4  # float32 rounds the sum of a million weights to about that

# Shares of a standard deviation squared, see _ridge.
_RIDGE = 1e-6
_ROUNDING = float(np.finfo(np.float32).eps)
_LEAST_VARIANCE = 1e-24

_STARTS = 4  # of k-means, the best of which is taken
_K_MEANS_ROUNDS = 30
_FORSAKEN = 1e-12  # codes that a component stands for, below which it has no mean of its own
# Of a component in a code, below which it does not count. Most shares are smaller where components
# are apart; it saves their part of the M step, and products that processors are very slow with
# because they are subnormal.
_LEAST_SHARE = 1e-20
_ALL_ROUNDS = 20  # of EM over all codes at most, which a subsample has brought near the end


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """A density p(z) = Σⱼ wⱼ N(z; mⱼ, Lⱼ Lⱼᵀ) over the latent space; one component is a Gaussian.

    The arrays are copied, converted to float64 and made read-only.

    Attributes
    ----------
    weights
        float64 (k,), not negative, with the sum 1.
    means
        float64 (k, d), in latent units.
    factors
        float64 (k, d, d), lower Cholesky factors L of the covariances, with a positive diagonal,
        in latent units.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    factors: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("weights", "means", "factors"):
            array = np.array(getattr(self, name), np.float64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def num_components(self) -> int:
        """How many Gaussians there are, k."""
        return len(self.weights)

    @property
    def latent_dim(self) -> int:
        """The number of latent dimensions, d."""
        return int(self.means.shape[1])

    def log_prob(self, z: ArrayLike) -> NDArray[np.float64]:
        """Return log p(z) in nats, float64 (n,).

        It is −∞ where a code is not finite or too far away for float64, and never NaN. Costs
        n·k·d² multiplications.

        Parameters
        ----------
        z
            Codes, float (n, d).
        """
        codes = self._checked_codes(z)
        found = np.empty(len(codes))
        step = max(1, _CHUNK_VALUES // self.latent_dim)
        for start in range(0, len(codes), step):
            rows = slice(start, start + step)
            scores = [self._log_joint(j, codes[rows]) for j in range(self.num_components)]
            found[rows] = _log_sum_exp(np.stack(scores, 1))
        return found

    def sample(self, n: int, seed: int) -> NDArray[np.float32]:
        """Return ``n`` independent draws, float32 (n, d); equal seeds (≥ 0) give equal ones."""
        rng = np.random.default_rng(seed)
        chosen = rng.choice(self.num_components, n, p=self.weights)
        noise = rng.standard_normal((n, self.latent_dim))
        codes = np.empty((n, self.latent_dim), np.float32)
        for j in range(self.num_components):
            rows = np.flatnonzero(chosen == j)
            codes[rows] = self.means[j] + noise[rows] @ self.factors[j].T
        return codes

    def whiten(self, z: ArrayLike) -> NDArray[np.float64]:
        """Return u = L⁻¹(z − m), which has a standard normal density, for a single component.

        The squared length of u is the squared Mahalanobis distance of z.

        Parameters
        ----------
        z
            Codes, float (..., d).

        Returns
        -------
        NDArray[np.float64]
            Of the same shape, in standard deviations.

        Raises
        ------
        ValueError
            If there are several components: a mixture has no such map.
        """
        self._check_single()
        whitened: NDArray[np.float64] = (np.asarray(z) - self.means[0]) @ self._inverses[0].T
        return whitened

    def unwhiten(self, u: ArrayLike) -> NDArray[np.float64]:
        """Return z = m + L u, the inverse of :meth:`whiten`, float64 (..., d).

        Raises
        ------
        ValueError
            If there are several components.
        """
        self._check_single()
        codes: NDArray[np.float64] = self.means[0] + np.asarray(u) @ self.factors[0].T
        return codes

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return ``weights``, ``means`` and ``factors`` by name, as they are stored in a file."""
        return {"weights": self.weights, "means": self.means, "factors": self.factors}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> GaussianMixture:
        """Return the density that :meth:`to_arrays` described, with weights that sum up to 1.

        Parameters
        ----------
        arrays
            ``weights``, ``means``, ``factors`` and nothing else, float32 or float64, with the
            shapes of the attributes; they may have been rounded to float32, but are not trusted.

        Raises
        ------
        ModelFileError
            If they describe no density; what is wrong is in its details.
        """
        problem = next(_problems(arrays), "")
        if not problem:
            weights = np.asarray(arrays["weights"], np.float64)
            mixture = cls(weights / weights.sum(), arrays["means"], arrays["factors"])
            with np.errstate(all="ignore"):
                if np.isfinite(mixture._inverses).all():
                    return mixture
            problem = "a covariance is singular"
        raise ModelFileError(
            "The density of the codes in this file is damaged: open another copy, or train the "
            "model again.",
            problem,
        )

    @cached_property
    def _inverses(self) -> NDArray[np.float64]:
        """L⁻¹, float64 (k, d, d)."""
        return _inverted(self.factors)

    def _log_joint(self, j: int, codes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log wⱼ N(z; mⱼ, Lⱼ Lⱼᵀ), float64 (n,)."""
        log_scale = -np.log(np.diagonal(self.factors[j])).sum()
        log_scale -= self.latent_dim / 2 * math.log(2 * math.pi)
        with np.errstate(all="ignore"):
            whitened = (codes - self.means[j]) @ self._inverses[j].T
            squared = np.einsum("ij,ij->i", whitened, whitened)
            squared[np.isnan(squared)] = np.inf
            log_weight = np.log(self.weights[j])
        scores: NDArray[np.float64] = log_weight + log_scale - squared / 2
        return scores

    def _checked_codes(self, z: ArrayLike) -> NDArray[np.float64]:
        codes = np.asarray(z, np.float64)
        if codes.ndim != 2 or codes.shape[1] != self.latent_dim:
            raise ValueError(f"codes of shape {codes.shape} instead of (n, {self.latent_dim})")
        return codes

    def _check_single(self) -> None:
        if self.num_components != 1:
            raise ValueError(f"a mixture of {self.num_components} Gaussians cannot be whitened")


def fit_gaussian(codes: NDArray[Any]) -> GaussianMixture:
    """Return the Gaussian with the mean and the covariance of the codes, as a single component.

    The covariance is the most likely one, divided by n. A ridge is added to it, which keeps it
    regular for whatever codes: to the variance vⱼ of each dimension 10⁻⁶·vⱼ, the square of what
    float32 rounds the largest |code| by, and 10⁻²⁴. A dimension that has collapsed gets a standard
    deviation of about 10⁻⁷ of the largest |code|.

    Costs n·d² multiplications; all codes are used.

    Parameters
    ----------
    codes
        float (n, d), n at least 1.

    Raises
    ------
    UsageError
        If there is no code, or one is not finite or beyond ±10³⁰.
    """
    _check(codes)
    n, d = codes.shape
    mean = codes.mean(0, np.float64)
    total = np.zeros((d, d))
    step = max(1, _CHUNK_VALUES // d)
    for start in range(0, n, step):
        x = codes[start : start + step] - mean
        total += x.T @ x
    covariance = total / n
    covariance[np.diag_indices(d)] += _ridge(covariance.diagonal(), codes)
    return GaussianMixture(np.ones(1), mean[None], np.linalg.cholesky(covariance)[None])


def fit_mixture(
    codes: NDArray[Any],
    components: int = 10,
    seed: int = 0,
    *,
    max_iterations: int = 100,
    tolerance: float = 1e-4,
    max_codes: int = 20_000,
) -> GaussianMixture:
    """Return a mixture of Gaussians with full covariances, fitted by expectation maximisation.

    See :func:`mixture_steps`, which does the same in short pieces.
    """
    work = mixture_steps(
        codes,
        components,
        seed,
        max_iterations=max_iterations,
        tolerance=tolerance,
        max_codes=max_codes,
    )
    while True:
        try:
            next(work)
        except StopIteration as end:
            mixture: GaussianMixture = end.value
            return mixture


def mixture_steps(
    codes: NDArray[Any],
    components: int = 10,
    seed: int = 0,
    *,
    max_iterations: int = 100,
    tolerance: float = 1e-4,
    max_codes: int = 20_000,
) -> Generator[None, None, GaussianMixture]:
    """Fit a mixture in short pieces: yield ``None`` between them and return the mixture.

    EM (Dempster, Laird and Rubin 1977) begins at the best of four runs of k-means with greedy
    k-means++ seeding and one covariance for all components, that within the clusters. Each
    covariance gets the ridge Λ of :func:`fit_gaussian`, from all codes. That is the M step of the
    likelihood with each density multiplied by exp(−½ tr(Λ Σⱼ⁻¹)), and the E step uses the same
    factor. Hence this objective rises with each iteration even where a component collapses onto
    few codes; where none does, the factor is next to 1.

    Of many codes a subsample is fitted first, and at most 20 further iterations over all of them,
    some at a time, do the rest.

    An iteration costs about 3·n·k·d² multiplications: a few ms for 2,000 codes in 8 dimensions,
    half a second for 20,000 in 128, some seconds in 512. A piece is the k-th part of that.

    Parameters
    ----------
    codes
        float (n, d), n at least 1.
    components
        The largest number of Gaussians. There are fewer where fewer codes are distinct, and no
        more than n / (d + 2): with fewer codes than that for each, a covariance would be singular.
    seed
        0 or more; equal seeds give equal mixtures. It decides the seeding and the subsample.
    max_iterations
        0 or more; with 0 the start is returned.
    tolerance
        In nats per code: the fit ends when an iteration gains less.
    max_codes
        Of more codes, this many drawn without replacement are the subsample.

    Returns
    -------
    GaussianMixture
        Heaviest component first.

    Raises
    ------
    UsageError
        If there is no code, or one is not finite or beyond ±10³⁰, or ``components`` is below 1.
    """
    _check(codes)
    if components < 1:
        raise UsageError("A mixture needs at least one component.")
    rng = np.random.default_rng(seed)
    num_codes = min(len(codes), max_codes)
    k = min(components, num_codes // (codes.shape[1] + 2))
    if k < 2:
        return fit_gaussian(codes)
    z = np.asarray(codes, np.float64)
    if num_codes < len(z):
        z = z[np.sort(rng.choice(len(z), num_codes, replace=False))]
    centres, labels = yield from _k_means(z, k, rng)
    ridge = _ridge(z.var(0), z)
    mixture = _started(z, centres, labels, ridge)
    reached = -math.inf
    for _ in range(max_iterations):
        scores = np.empty((num_codes, mixture.num_components))
        for j, inverse in enumerate(mixture._inverses):
            scores[:, j] = mixture._log_joint(j, z) - 0.5 * (inverse**2 @ ridge).sum()
            yield
        norms = _log_sum_exp(scores)
        gain, reached = norms.mean() - reached, norms.mean()
        if gain < tolerance:
            break
        mixture = yield from _maximised(z, np.exp(scores - norms[:, None]), mixture, ridge)
    if num_codes < len(codes):
        rounds = min(_ALL_ROUNDS, max_iterations)
        mixture = yield from _over_all(codes, mixture, rounds, tolerance)
    order = np.argsort(-mixture.weights, kind="stable")
    return GaussianMixture(mixture.weights[order], mixture.means[order], mixture.factors[order])


def _started(
    z: NDArray[np.float64],
    centres: NDArray[np.float64],
    labels: NDArray[np.intp],
    ridge: NDArray[np.float64],
) -> GaussianMixture:
    """Return the mixture that EM begins with.

    With a covariance of its own, a cluster of few codes would never get hold of others.
    """
    k = len(centres)
    x = z - centres[labels]
    factor = np.linalg.cholesky(x.T @ x / len(z) + np.diag(ridge))
    weights = np.bincount(labels, minlength=k) / len(z)
    return GaussianMixture(weights, centres, np.broadcast_to(factor, (k, *factor.shape)))


def _maximised(
    z: NDArray[np.float64],
    shares: NDArray[np.float64],
    mixture: GaussianMixture,
    ridge: NDArray[np.float64],
) -> Generator[None, None, GaussianMixture]:
    """Return the M step's mixture for the share, (n, k), of each component in each code."""
    totals = shares.sum(0)
    means, factors = mixture.means.copy(), mixture.factors.copy()
    for j in np.flatnonzero(totals > _FORSAKEN):  # others stay: any step that loses nothing will do
        rows = np.flatnonzero(shares[:, j] > _LEAST_SHARE)
        share = shares[rows, j] / shares[rows, j].sum()
        means[j] = share @ z[rows]
        x = (z[rows] - means[j]) * np.sqrt(share)[:, None]
        factors[j] = np.linalg.cholesky(x.T @ x + np.diag(ridge))
        yield
    return GaussianMixture(totals / totals.sum(), means, factors)


def _over_all(
    codes: NDArray[Any], mixture: GaussianMixture, max_iterations: int, tolerance: float
) -> Generator[None, None, GaussianMixture]:
    """Return the mixture after further iterations over all codes, some of which are in work."""
    d, k = mixture.latent_dim, mixture.num_components
    step = max(1, _CHUNK_VALUES // d)
    ridge = _ridge(codes.var(0, np.float64), codes)
    reached = -math.inf
    for _ in range(max_iterations):
        factor = [0.5 * (inverse**2 @ ridge).sum() for inverse in mixture._inverses]
        totals, firsts, seconds = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d))
        likelihood = 0.0
        for start in range(0, len(codes), step):
            z = np.asarray(codes[start : start + step], np.float64)
            scores = np.stack([mixture._log_joint(j, z) - factor[j] for j in range(k)], 1)
            norms = _log_sum_exp(scores)
            likelihood += norms.sum()
            shares = np.exp(scores - norms[:, None])
            totals += shares.sum(0)
            yield
            for j in range(k):
                rows = np.flatnonzero(shares[:, j] > _LEAST_SHARE)
                share, x = shares[rows, j], z[rows] - mixture.means[j]
                firsts[j] += share @ x
                seconds[j] += (x * share[:, None]).T @ x
                yield
        gain, reached = likelihood / len(codes) - reached, likelihood / len(codes)
        if gain < tolerance:
            break
        means, factors = mixture.means.copy(), mixture.factors.copy()
        for i in np.flatnonzero(totals > _FORSAKEN):
            moved = firsts[i] / totals[i]
            means[i] += moved
            covariance = seconds[i] / totals[i] - np.outer(moved, moved)
            factors[i] = np.linalg.cholesky(covariance + np.diag(ridge))
        mixture = GaussianMixture(totals / totals.sum(), means, factors)
    return mixture


def _k_means(
    z: NDArray[np.float64], k: int, rng: np.random.Generator
) -> Generator[None, None, tuple[NDArray[np.float64], NDArray[np.intp]]]:
    """Return at most k centres, float64 (k, d), and the index of the nearest of each code, (n,)."""
    offset = z.mean(0)  # far from the origin, squares would leave little of the differences
    z = z - offset
    best = np.empty((0, z.shape[1])), np.empty(0, np.intp)
    least = math.inf
    for _ in range(_STARTS):
        centres = _spread_centres(z, k, rng)
        yield
        labels = _nearest(z, centres)
        for _ in range(_K_MEANS_ROUNDS):
            for j in np.unique(labels):  # a centre without codes stays where it is
                centres[j] = z[labels == j].mean(0)
            before, labels = labels, _nearest(z, centres)
            yield
            if np.array_equal(before, labels):
                break
        error = ((z - centres[labels]) ** 2).sum()
        if error < least:
            least, best = error, (centres + offset, labels)
    return best


def _nearest(z: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the index of the nearest centre of each code, by |c|²/2 − z·c."""
    nearest: NDArray[np.intp] = ((centres**2).sum(1) / 2 - z @ centres.T).argmin(1)
    return nearest


def _spread_centres(
    z: NDArray[np.float64], k: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return at most k codes far from each other, fewer where fewer are distinct.

    Greedy k-means++ (Arthur and Vassilvitskii 2007): the next centre is the best of a few codes
    that are drawn with the probability of their squared distance to the centres so far.
    """
    num_trials = 2 + int(math.log(k))
    chosen = [int(rng.integers(len(z)))]
    nearest = ((z - z[chosen[0]]) ** 2).sum(1)
    while len(chosen) < k and nearest.any():
        cumulated = np.cumsum(nearest)
        drawn = np.searchsorted(cumulated, rng.random(num_trials) * cumulated[-1], side="right")
        trials = np.minimum(drawn, len(z) - 1)
        after = [np.minimum(nearest, ((z - z[i]) ** 2).sum(1)) for i in trials]
        best = int(np.argmin([squared.sum() for squared in after]))
        chosen.append(int(trials[best]))
        nearest = after[best]
    return z[chosen]


def _ridge(variances: NDArray[np.float64], codes: NDArray[Any]) -> NDArray[np.float64]:
    """Return what is added to the variance of each dimension, float64 (d,)."""
    largest = float(np.abs(codes).max())
    return _RIDGE * variances + (_ROUNDING * largest) ** 2 + _LEAST_VARIANCE


def _inverted(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverses of lower triangular matrices, (k, d, d).

    A general solver exchanges rows, which costs all digits where a triangle is badly conditioned.
    """
    d = factors.shape[1]
    if d == 1:
        return 1 / factors
    half = d // 2
    upper, lower = _inverted(factors[:, :half, :half]), _inverted(factors[:, half:, half:])
    inverses = np.zeros_like(factors)
    inverses[:, :half, :half] = upper
    inverses[:, half:, half:] = lower
    inverses[:, half:, :half] = -lower @ factors[:, half:, :half] @ upper
    return inverses


def _log_sum_exp(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log Σⱼ exp(sⱼ) of each row, −∞ where all are."""
    highest = scores.max(1, keepdims=True)
    highest[np.isneginf(highest)] = 0.0
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = np.log(np.exp(scores - highest).sum(1)) + highest[:, 0]
    return found


def _check(codes: NDArray[Any]) -> None:
    if codes.ndim != 2 or codes.shape[1] == 0:
        raise ValueError(f"codes of shape {codes.shape} instead of (n, d)")
    if len(codes) == 0:
        raise UsageError("A density can only be fitted to at least one code.")
    if not np.abs(codes).max() <= _LARGEST:  # written so that NaN fails as well
        raise UsageError(
            "No density can be fitted to codes that are not finite or far too large: train the "
            "model again with a lower learning rate.",
            f"{np.count_nonzero(~(np.abs(codes) <= _LARGEST).all(1))} of {len(codes)} codes",
        )


def _problems(arrays: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    """Yield what keeps arrays from being a density; only the first one can be relied on."""
    if sorted(arrays) != ["factors", "means", "weights"]:
        yield f"the arrays are {sorted(arrays)}"
    weights, means, factors = arrays["weights"], arrays["means"], arrays["factors"]
    k, d = means.shape if means.ndim == 2 else (0, 0)
    if 0 in (k, d) or weights.shape != (k,) or factors.shape != (k, d, d):
        yield f"weights {weights.shape}, means {means.shape}, factors {factors.shape}"
    if any(array.dtype not in (np.float32, np.float64) for array in arrays.values()):
        yield "an array is neither float32 nor float64"
    if not all(np.abs(array).max() <= _LARGEST for array in arrays.values()):  # nor NaN
        yield "a number is not finite or too large"
    total = weights.sum(dtype=np.float64)
    if weights.min() < 0 or abs(total - 1) > _WEIGHTS_TOLERANCE:
        yield f"the weights sum up to {total}, the smallest is {weights.min()}"
    if np.triu(factors, 1).any():
        yield "a factor is not lower triangular"
    if np.diagonal(factors, axis1=1, axis2=2).min() < 1 / _LARGEST:
        yield "a factor has a diagonal that is not positive"
