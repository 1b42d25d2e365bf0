from __future__ import annotations

import numpy as np
import pytest

from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.fidelity import FAINTEST, closeness, fidelity, spread
from latentlab.latent.planes.pca_plane import pca_plane

STD = np.array([1.0, 2.0, 4.0, 2.0])


def exact(count: int = 500) -> np.ndarray:
    inner = np.random.default_rng(0).normal(size=(count, 4))
    inner -= inner.mean(0)
    return (np.linalg.qr(inner)[0] * np.sqrt(count) * STD).astype(np.float32)


CODES = exact()


def test_the_share_is_that_of_the_variance() -> None:
    for axes, share in (((0, 1), 5 / 25), ((2, 1), 20 / 25)):
        found = fidelity(AxisPlane(np.zeros(4, np.float32), axes), CODES)
        assert found is not None
        assert np.isclose(found.kept_share, share, atol=1e-5)
        # Through the mean of all codes the error is just what the axes leave out.
        assert np.isclose(found.round_trip, np.sqrt(1 - share), atol=1e-5)


def test_far_from_the_data_the_round_trip_is_worse_than_the_mean() -> None:
    anchor = np.array([0, 0, 30, 0], np.float32)
    found = fidelity(AxisPlane(anchor), CODES)
    assert found is not None
    assert np.isclose(found.round_trip, np.sqrt((16 + 4 + 900) / 25), atol=1e-4)


def test_no_axes_keep_more_than_the_pca_plane() -> None:
    turned = CODES @ np.linalg.qr(np.random.default_rng(4).normal(size=(4, 4)))[0]
    turned = turned.astype(np.float32)
    best = fidelity(pca_plane(turned), turned)
    assert best is not None and np.isclose(best.kept_share, 20 / 25, atol=1e-3)
    for across in range(4):
        for up in range(across):
            found = fidelity(AxisPlane(turned[0], (across, up)), turned)
            assert found is not None and found.kept_share < best.kept_share


def test_two_numbers_are_kept_whole() -> None:
    found = fidelity(AxisPlane(np.zeros(2, np.float32)), CODES[:, :2])
    assert found is not None and (found.kept_share, found.round_trip) == (1.0, 0.0)


@pytest.mark.parametrize("codes", [np.empty((0, 3)), np.ones((5, 3)), np.full((5, 3), np.nan)])
def test_nothing_is_said_without_codes_that_differ(codes: np.ndarray) -> None:
    plane = AxisPlane(np.zeros(3, np.float32))
    assert fidelity(plane, codes.astype(np.float32)) is None
    assert len(closeness(plane, codes.astype(np.float32))) == len(codes)


def test_points_fade_with_their_distance_and_do_not_vanish() -> None:
    assert np.isclose(spread(CODES), 5.0, atol=1e-4)
    codes = np.repeat(np.zeros((1, 4), np.float32), 5, axis=0)
    codes[:, 2] = [0, 2.5, 5.0, 1000, np.nan]
    codes[:, 0] = [9, -9, 3, 0, 0]  # along the plane it does not matter
    shown = closeness(AxisPlane(np.zeros(4, np.float32)), np.concatenate([codes, CODES]))[:5]
    width = spread(np.concatenate([codes, CODES])) * 0.8
    expected = FAINTEST + (1 - FAINTEST) * np.exp(-0.5 * (codes[:4, 2] / width) ** 2)
    assert np.allclose(shown[:4], expected, atol=1e-5)
    assert shown[0] == 1.0 and np.allclose(shown[3:], FAINTEST)
