from __future__ import annotations

import numpy as np
import pytest

from latentlab.features.noise_lab.median_filter import median_3x3


@pytest.mark.parametrize("shape", [(3, 7, 5, 1), (2, 4, 9, 3), (1, 1, 1, 1), (1, 2, 3, 1)])
def test_it_is_the_median_of_nine(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = median_3x3(images)
    assert found.dtype == np.float32
    n, h, w, c = shape
    for place in np.ndindex(n, h, w, c):
        i, y, x, channel = place
        rows = np.clip(np.arange(y - 1, y + 2), 0, h - 1)
        columns = np.clip(np.arange(x - 1, x + 2), 0, w - 1)
        assert found[place] == np.median(images[i][np.ix_(rows, columns)][..., channel])


def test_a_single_dot_goes() -> None:
    image = np.zeros((1, 9, 9, 1), np.float32)
    image[0, 4, 4] = 1
    assert not median_3x3(image).any()
