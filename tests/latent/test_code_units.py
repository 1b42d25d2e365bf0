from __future__ import annotations

import numpy as np

from latentlab.latent.code_units import (
    activity_shares,
    is_active,
    is_measured,
    number_name,
    says_something,
)


def test_a_unit_is_active_above_a_hundredth_of_the_largest() -> None:
    codes = np.array([[1.0, 0.009, -0.5, 0.0], [0.0, 0.0, 0.0, 0.0]], np.float32)
    assert is_active(codes).tolist() == [[True, False, True, False], [False] * 4]


def test_shares_leave_out_what_is_not_known() -> None:
    codes = np.array([[1, 0], [1, 1], [np.nan, np.nan], [0, 2]], np.float32)
    np.testing.assert_allclose(activity_shares(codes), [2 / 3, 2 / 3])
    assert activity_shares(np.full((3, 2), np.nan, np.float32)).tolist() == [0.0, 0.0]
    many = np.tile(np.array([[1.0, 0.0]], np.float32), (50_000, 1))
    assert activity_shares(many).tolist() == [1.0, 0.0]


def test_a_number_says_something_by_its_kl_or_by_how_it_varies() -> None:
    kl = [0.0, 0.009, 0.01, 4.0]
    assert says_something(kl, [1.0] * 4).tolist() == [False, False, True, True]
    assert says_something([], [5.0, 0.04, 0.06, 0.0]).tolist() == [True, False, True, False]
    assert says_something([], [0.0, 0.0]).tolist() == [False, False]


def test_what_numbers_say_is_known_after_a_run() -> None:
    assert not is_measured([], [1.0, 1.0, 1.0])
    assert is_measured([0.5, 0.1, 0.0], [1.0, 1.0, 1.0])
    assert is_measured([], [1.0, 0.9, 1.0])


def test_names_count_from_one() -> None:
    assert [number_name(i) for i in (0, 9, 127)] == ["z₁", "z₁₀", "z₁₂₈"]
