from __future__ import annotations

import pytest

from latentlab.base.errors import ModelFileError
from latentlab.models.weight_layout import check_same_layout

SHAPES = {"encoder.0.weight": (3, 4), "encoder.0.bias": (3,), "decoder.scale": ()}


def test_same_layout() -> None:
    check_same_layout(SHAPES, SHAPES)


def test_differences_are_a_table() -> None:
    expected = {"encoder.0.weight": (3, 5), "decoder.scale": (), "decoder.bias": (784,)}
    with pytest.raises(ModelFileError) as caught:
        check_same_layout(expected, SHAPES)
    assert caught.value.sentence == (
        "The weights in this file do not fit the model that it describes: "
        "1 missing, 1 unknown, 1 of another shape."
    )
    assert caught.value.details.splitlines() == [
        "weights           model   file",
        "decoder.bias      (784,)  -",
        "encoder.0.bias    -       (3,)",
        "encoder.0.weight  (3, 5)  (3, 4)",
    ]


def test_a_long_table_is_cut() -> None:
    with pytest.raises(ModelFileError, match="1000 missing") as caught:
        check_same_layout({f"w{i}": (1,) for i in range(1000)}, {})
    lines = caught.value.details.splitlines()
    assert len(lines) == 52
    assert lines[-1] == "... and 950 more"
