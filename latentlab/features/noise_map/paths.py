"""Which corrupted versions of one image show on the map what noise does to its encoding.

Corruptions with the same seed are nested: a larger amount damages what a smaller one did and more.
So the codes of growing amounts lie on a path, and those of one amount under many seeds in a cloud.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latentlab.images.corruptions import CORRUPTIONS, checked_corruption, corrupt_stack

Steps = Sequence[tuple[str, float]]
"""(name of a corruption, amount) in the order in which they are applied."""

Version = tuple[tuple[tuple[str, float], ...], int]
"""The steps and the seed that make one corrupted version of an image."""

PATH_POINTS = 41
"""Amounts on a path: 0, 2.5, …, 100 %."""

NUM_SEEDS = 64
"""Encodings in a cloud."""

_SEEDS = 2**63  # there are so many; after the largest comes 0


def full_steps(steps: Steps) -> tuple[tuple[str, float], ...]:
    """Return the steps at 100 %: the end of the path.

    All amounts grow together, in the proportions that they have, until the first of them reaches
    its maximum. With a single step this is its maximum whatever its amount, so the path stays
    where it is while somebody changes the amount. Where all amounts are 0 there is no proportion,
    and each step ends at its maximum.

    Raises
    ------
    UsageError
        If a name is unknown or an amount is out of its range.
    """
    found = [checked_corruption(name, amount) for name, amount in steps]
    room = [c.maximum / amount for c, (_, amount) in zip(found, steps, strict=True) if amount > 0]
    if not room:
        return tuple((c.name, c.maximum) for c in found)
    factor = min(room)
    # Rounding must not lead past the maximum.
    return tuple(
        (c.name, min(c.maximum, factor * amount))
        for c, (_, amount) in zip(found, steps, strict=True)
    )


def steps_at(steps: Steps, share: float) -> tuple[tuple[str, float], ...]:
    """Return the steps at a share of the way along the path, 0 to 1."""
    return tuple((name, share * amount) for name, amount in full_steps(steps))


def present_share(steps: Steps) -> float:
    """Return where on the path the steps are now, 0 to 1."""
    full = full_steps(steps)
    shares = [now / end for (_, now), (_, end) in zip(steps, full, strict=True) if end > 0]
    return min(1.0, max(shares, default=0.0))


def path_shares() -> NDArray[np.float64]:
    """Return where the points of a path lie, float64 (:data:`PATH_POINTS`,), 0 to 1."""
    return np.linspace(0.0, 1.0, PATH_POINTS)


def path_versions(steps: Steps, seed: int) -> list[Version]:
    """Return the versions of an image on its path: from the image itself to 100 %, one seed."""
    return [(steps_at(steps, float(share)), seed) for share in path_shares()]


def cloud_versions(steps: Steps, seed: int) -> list[Version]:
    """Return the versions of an image in its cloud: the present amounts under many seeds.

    The first has the seed given, the others those after it, so each of them can be looked at;
    neighbouring seeds are as unrelated as any. Without a random step all seeds do the same, and
    one is enough.
    """
    is_random = any(CORRUPTIONS[name].is_random and amount > 0 for name, amount in steps)
    count = NUM_SEEDS if is_random else 1
    return [(tuple(steps), (seed + k) % _SEEDS) for k in range(count)]


def corrupted_versions(
    image: NDArray[np.uint8], versions: Sequence[Version]
) -> NDArray[np.float32]:
    """Return versions of one image.

    Parameters
    ----------
    image
        uint8 (h, w, c).
    versions
        n of them, at least one.

    Returns
    -------
    NDArray[np.float32]
        (n, h, w, c), not clipped, as denoisers are trained. Cost: about 30 microseconds for each
        step of a version of 28 × 28 pixels.
    """
    return np.stack([corrupt_stack(image, steps, seed, clip=False) for steps, seed in versions])
