from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.base.errors import UsageError
from latentlab.latent.code_text import parse_code, show_code

numbers = st.floats(-1e6, 1e6, width=32)


def code(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=8))
def test_a_shown_code_is_read_back_to_three_decimals(values: list[float]) -> None:
    z = code(*values)
    found = parse_code(show_code(z), len(z))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, z, atol=6e-4)


@given(st.lists(numbers, min_size=1, max_size=40))
def test_what_numpy_and_python_print_is_read_back_exactly(values: list[float]) -> None:
    z = code(*values)
    for text in (str([float(v) for v in z]), repr(tuple(float(v) for v in z))):
        np.testing.assert_array_equal(parse_code(text, len(z)), z)
    with np.printoptions(floatmode="unique", threshold=1000):
        np.testing.assert_array_equal(parse_code(repr(z), len(z)), z)
        np.testing.assert_array_equal(parse_code(str(z), len(z)), z)
    np.testing.assert_array_equal(parse_code(str(list(z)), len(z)), z)


@pytest.mark.parametrize(
    "text",
    [
        "0.5, -2",
        "0.5 -2",
        "0.5;-2",
        "  [0.5,-2]  ",
        "(.5, -2.)",
        "+0.5\t-2\n",
        "5e-1, -2E0",
        "0.5, \N{MINUS SIGN}2",
        "array([0.5, -2.], dtype=float32)",
        "np.array([0.5, -2.0])",
        "[np.float32(0.5), np.float64(-2.0)]",
    ],
)
def test_ways_to_write_a_code(text: str) -> None:
    np.testing.assert_array_equal(parse_code(text, 2), code(0.5, -2.0))


@pytest.mark.parametrize(
    "text",
    ["", "  ", "hello", "0.5, x", "nan, 1", "inf 2", "1,2 apples", "0x10, 1", "[]", "1 + 2j", "…"],
)
def test_something_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"such as 0\.62, -0\.35"):
        parse_code(text, 2)


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("1 2 3", 3), ("1,2,3,4,5", 5)])
def test_another_number_of_numbers_is_refused(text: str, count: int) -> None:
    with pytest.raises(UsageError) as caught:
        parse_code(text, 2)
    assert caught.value.sentence == f"The code has 2 numbers; there are {count} here."


@pytest.mark.parametrize("text", ["1e7 0", "0 -1000001", "1e400 0"])
def test_numbers_out_of_reach_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="between -1,000,000 and 1,000,000"):
        parse_code(text, 2)


def test_the_farthest_numbers_are_taken() -> None:
    np.testing.assert_array_equal(parse_code("1e6, -1000000", 2), code(1e6, -1e6))


def test_a_long_code_is_shortened_and_is_no_code_any_more() -> None:
    z = np.linspace(0, 1, 30).astype(np.float32)
    shown = show_code(z)
    assert shown.endswith(", …")
    assert shown.count(",") == 8
    with pytest.raises(UsageError):
        parse_code(shown, 30)


def test_a_code_is_shown_with_three_decimals() -> None:
    assert show_code(code(0.5, -1.23456)) == "0.500, -1.235"
