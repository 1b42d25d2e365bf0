from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from latentlab.features.noise_matrix.messages import MatrixAdvanced, MatrixCell, MatrixRowOpened
from latentlab.features.noise_matrix.store import (
    FIRST_NOISES,
    MOST_MODELS,
    MatrixChoice,
    NoiseMatrix,
)
from latentlab.images.corruptions import CORRUPTIONS


def models(*names: str) -> tuple[MatrixChoice, ...]:
    return tuple(MatrixChoice(name, name.upper()) for name in names)


def cell(row: int, column: int, denoised_db: float = 15.0) -> MatrixCell:
    none = np.zeros((0, 4, 4, 1), np.uint8)
    return MatrixCell(1, row, column, 10.0, denoised_db, none, none, none)


@pytest.fixture
def matrix(qtbot: QtBot) -> NoiseMatrix:
    return NoiseMatrix()


def test_the_first_few_models_are_chosen_and_a_choice_is_remembered(
    matrix: NoiseMatrix,
) -> None:
    matrix.set_models(models(*"abcdefg"))
    assert "".join(m.name for m in matrix.chosen_models) == "abcde"
    matrix.choose_model("a", False)
    matrix.choose_model("g", True)
    matrix.set_models(models(*"gabc"))
    assert "".join(m.name for m in matrix.chosen_models) == "gbc"
    matrix.set_models(models(*(f"m{n}" for n in range(40))))
    assert len(matrix.models) == MOST_MODELS


def test_noises_keep_the_order_of_the_registry_and_their_ranges(matrix: NoiseMatrix) -> None:
    assert {name for name, _ in matrix.chosen_noises} == set(FIRST_NOISES)
    for name in CORRUPTIONS:
        matrix.choose_noise(name, True)
        matrix.set_amount(name, 99.0)
    assert [name for name, _ in matrix.chosen_noises] == list(CORRUPTIONS)
    assert all(amount == CORRUPTIONS[name].maximum for name, amount in matrix.chosen_noises)


def test_what_is_known_belongs_to_the_matrix_that_has_begun(
    matrix: NoiseMatrix, qtbot: QtBot
) -> None:
    matrix.set_models(models("a", "b"))
    matrix.begin("Digits")
    assert matrix.share_done == 0.0
    assert len(matrix.rows) == 2
    matrix.open_row(MatrixRowOpened(1, 0, ("mask", 0.5)))
    matrix.open_row(MatrixRowOpened(1, 1, None, "It is gone."))
    matrix.open_row(MatrixRowOpened(1, 7, None))
    assert matrix.rows[0].trained_with == ("mask", 0.5)
    assert matrix.rows[0].is_open
    assert not matrix.rows[1].is_open
    matrix.add_cell(cell(0, 1))
    matrix.add_cell(cell(5, 0))
    matrix.add_cell(cell(0, 50))
    assert set(matrix.cells) == {(0, 1)}
    matrix.set_selected((0, 1))
    matrix.set_advanced(MatrixAdvanced(1, 0.5, 100, True, False))
    assert (matrix.share_done, matrix.num_images) == (0.5, 100)
    matrix.set_advanced(MatrixAdvanced(1, 1.0, 100, True, True))
    assert matrix.share_done is None
    matrix.begin("Digits")
    assert not matrix.cells
    assert matrix.selected is None
    assert matrix.num_images == 0
    assert matrix.data_title == "Digits"
    matrix.forget()
    assert matrix.rows == ()
    assert matrix.share_done is None


def test_the_gain_is_in_decibels() -> None:
    assert cell(0, 0, 15.0).gain_db == 5.0
    untouched = MatrixCell(1, 0, 0, float("inf"), 20.0, *(np.zeros((0, 2, 2, 1), np.uint8),) * 3)
    assert np.isnan(untouched.gain_db)
