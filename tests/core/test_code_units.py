from __future__ import annotations

import numpy as np

from latentlab.core.code_units import activity_shares, is_active


def test_a_unit_is_active_above_a_hundredth_of_the_largest() -> None:
    codes = np.array([[1.0, 0.009, -0.5, 0.0], [0.0, 0.0, 0.0, 0.0]], np.float32)
    assert is_active(codes).tolist() == [[True, False, True, False], [False] * 4]


def test_shares_leave_out_what_is_not_known() -> None:
    codes = np.array([[1, 0], [1, 1], [np.nan, np.nan], [0, 2]], np.float32)
    np.testing.assert_allclose(activity_shares(codes), [2 / 3, 2 / 3])
    assert activity_shares(np.full((3, 2), np.nan, np.float32)).tolist() == [0.0, 0.0]
    many = np.tile(np.array([[1.0, 0.0]], np.float32), (50_000, 1))
    assert activity_shares(many).tolist() == [1.0, 0.0]
