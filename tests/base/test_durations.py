from __future__ import annotations

import math

import pytest

from latentlab.base.durations import duration_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (0.4, "0 s"),
        (38.2, "38 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (4 * 60, "4 min"),
        (89 * 60, "89 min"),
        (90 * 60, "1 h 30 min"),
        (2 * 3600, "2 h"),
        (2 * 3600 + 10 * 60, "2 h 10 min"),
        (2 * 3600 - 10, "2 h"),
        (100 * 3600 + 60, "100 h 1 min"),
        (math.nan, "0 s"),
    ],
)
def test_durations_in_words(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
