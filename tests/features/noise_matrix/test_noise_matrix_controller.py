"""The matrix: each model under each noise, without disturbing the open one."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from study_parts import StudyParts, pictures, trained_model

from latentlab.base.folders import runs_folder
from latentlab.engine.messages import OpenModelCommand, UseDataCommand
from latentlab.engine.training_messages import TrainStatusChanged
from latentlab.features.noise_matrix.messages import MatrixAdvanced, MatrixCell, MatrixRequest
from latentlab.features.noise_matrix.store import NoiseMatrix
from latentlab.images.corruptions import corrupt, derived_seed
from latentlab.images.image_set import ImageSet
from latentlab.images.pixel_metrics import mean_psnr_db
from latentlab.models.open_model import open_model


def only(matrix: NoiseMatrix, models: set[str], noises: dict[str, float]) -> None:
    for model in matrix.models:
        matrix.choose_model(model.name, model.name in models)
    for name in matrix.amounts:
        matrix.choose_noise(name, name in noises)
    for name, amount in noises.items():
        matrix.set_amount(name, amount)


@pytest.fixture
def parts(qtbot: QtBot, few_digits: ImageSet) -> StudyParts:
    made = StudyParts()
    made.open(few_digits)
    return made


def test_models_of_map_bundle_recent_list_and_runs(
    qtbot: QtBot, few_digits: ImageSet, tmp_path: Path
) -> None:
    run = trained_model(tmp_path / "outside", few_digits)
    inside = trained_model(runs_folder() / "inside", few_digits)
    recent = [str(run), str(tmp_path / "gone"), "digits", str(inside)]
    parts = StudyParts(recent)
    parts.open(few_digits)
    names = [model.name for model in parts.studies.noise_matrix.models]
    # The bundled model on the map is there once.
    assert names == ["", "digits-denoiser", str(run), str(inside)]
    assert parts.studies.noise_matrix.models[0].title == "digits-vae (map)"
    parts.thread.command(OpenModelCommand(str(run)))
    parts.thread.rest()
    names = [model.name for model in parts.studies.noise_matrix.models]
    assert names == ["", "digits-vae", "digits-denoiser", str(inside)]


def test_gains_are_those_of_the_models(parts: StudyParts, few_digits: ImageSet) -> None:
    matrix = parts.studies.noise_matrix
    only(matrix, {"", "digits-denoiser"}, {"mask": 0.5, "gaussian": 0.25})
    opened = parts.thread.engine._model
    parts.studies.noise_matrix_controller.compute()
    parts.thread.rest()
    assert matrix.share_done is None
    assert matrix.columns == (("mask", 0.5), ("gaussian", 0.25))
    assert parts.thread.engine._model is opened, "the open model stays"
    assert [row.trained_with for row in matrix.rows] == [None, ("mixed", 1.0)]
    assert matrix.num_images == 40
    held_out = few_digits.images[few_digits.held_out(0.1)]
    noisy = corrupt(held_out, "gaussian", 0.25, derived_seed(0, 0), clip=False)
    for row, name in enumerate(("digits-vae", "digits-denoiser")):
        cell = matrix.cells[(row, 1)]
        assert cell.corrupted_db == pytest.approx(mean_psnr_db(held_out, noisy), abs=1e-4)
        denoised = open_model(name, device="cpu").denoise(noisy)
        assert cell.denoised_db == pytest.approx(mean_psnr_db(held_out, denoised), abs=1e-3)
        assert np.array_equal(cell.clean, held_out[:5])
        assert cell.corrupted.shape == cell.denoised.shape == (5, 28, 28, 1)
    assert matrix.cells[(1, 1)].gain_db > 5 > matrix.cells[(0, 1)].gain_db


def test_held_out_of_all_models(qtbot: QtBot, few_digits: ImageSet, tmp_path: Path) -> None:
    parts = StudyParts([str(trained_model(tmp_path / "run", few_digits, held_out=0.05))])
    parts.open(few_digits, trained_model(tmp_path / "map", few_digits, held_out=0.3))
    only(parts.studies.noise_matrix, {"", str(tmp_path / "run")}, {"blur": 0.5})
    parts.studies.noise_matrix_controller.compute()
    parts.thread.rest()
    matrix = parts.studies.noise_matrix
    assert matrix.num_images == 20 and matrix.are_held_out
    held_out = few_digits.held_out(0.05)
    assert set(held_out) <= set(few_digits.held_out(0.3))
    assert np.array_equal(matrix.cells[(0, 0)].clean, few_digits.images[held_out[:5]])


def test_a_model_that_is_gone_has_a_row_that_says_so(
    parts: StudyParts, few_digits: ImageSet, tmp_path: Path
) -> None:
    run = trained_model(tmp_path / "run", few_digits)
    parts.recent.append(str(run))
    parts.studies.noise_matrix_controller.refresh_models()
    only(parts.studies.noise_matrix, {"", str(run)}, {"mask": 0.2})
    (run / "model.safetensors").write_bytes(b"broken")
    parts.studies.noise_matrix_controller.compute()
    parts.thread.rest()
    matrix = parts.studies.noise_matrix
    assert matrix.share_done is None
    assert matrix.rows[0].is_open and not matrix.rows[0].problem
    assert matrix.rows[1].problem and set(matrix.cells) == {(0, 0)}


def test_the_map_model_may_change_meanwhile(parts: StudyParts) -> None:
    only(parts.studies.noise_matrix, {""}, {"mask": 0.5})
    parts.studies.noise_matrix_controller.compute()
    parts.thread.engine.turn()
    parts.thread.command(OpenModelCommand("digits-denoiser"))
    parts.thread.rest()
    matrix = parts.studies.noise_matrix
    assert matrix.rows[0].title == "digits-vae (map)"
    assert matrix.rows[0].trained_with is None
    assert (0, 0) in matrix.cells and matrix.share_done is None


def test_other_data_end_it(parts: StudyParts) -> None:
    parts.studies.noise_matrix_controller.compute()
    for _ in range(4):
        parts.thread.engine.turn()
    parts.thread.command(UseDataCommand(pictures(20)))
    parts.thread.rest()
    assert parts.studies.noise_matrix.share_done is None
    assert not parts.studies.noise_matrix.cells


def test_cancel_keeps_what_is_known_and_the_newest_wins(parts: StudyParts) -> None:
    matrix, controller = parts.studies.noise_matrix, parts.studies.noise_matrix_controller
    only(matrix, {""}, {"mask": 0.5, "blur": 0.5})
    controller.compute()
    while not matrix.cells:
        parts.thread.engine.turn()
    controller.cancel()
    parts.thread.rest(most=50)
    assert set(matrix.cells) == {(0, 0)} and matrix.share_done is None
    old = matrix.cells[(0, 0)]
    only(matrix, {""}, {"contrast": 0.5})
    controller.compute()
    assert not matrix.cells
    parts.thread.resulted.emit(old)
    parts.thread.resulted.emit(MatrixAdvanced(old.sequence, 1.0, 3, False, complete=True))
    assert not matrix.cells and matrix.share_done == 0.0
    parts.thread.rest()
    assert set(matrix.cells) == {(0, 0)}


def test_pieces_are_short_and_the_cursor_is_served_between_them(parts: StudyParts) -> None:
    only(parts.studies.noise_matrix, {""}, {"mask": 0.5})
    parts.studies.noise_matrix_controller.compute()
    for _ in range(3):
        parts.thread.engine.turn()
    parts.explore.move_to(np.array([0.5, 0.5], np.float32))
    parts.thread.engine.turn()
    decoded = parts.explorer.decoded
    assert decoded is not None and decoded.z.tolist() == [0.5, 0.5]
    assert parts.studies.noise_matrix.share_done is not None
    parts.thread.rest()


def test_colour_and_no_damage(qtbot: QtBot, tmp_path: Path) -> None:
    data = pictures(60)
    parts = StudyParts()
    parts.open(data, trained_model(tmp_path / "run", data, likelihood="gaussian"))
    only(parts.studies.noise_matrix, {"", "digits-vae"}, {"mask": 0.0, "salt-pepper": 0.5})
    parts.studies.noise_matrix_controller.compute()
    parts.thread.rest()
    cells = parts.studies.noise_matrix.cells
    assert math.isnan(cells[(0, 0)].gain_db), "nothing was damaged"
    assert math.isfinite(cells[(0, 1)].gain_db)
    assert cells[(0, 1)].clean.shape[1:] == (6, 5, 3)
    assert cells[(1, 1)].clean.shape[1:] == (28, 28, 1), "as the other model takes them"


def test_what_it_cannot_do_it_says(qtbot: QtBot, few_digits: ImageSet) -> None:
    parts = StudyParts()
    said: list[str] = []
    parts.studies.noise_matrix_controller.refused.connect(said.append)
    parts.studies.noise_matrix_controller.compute()
    parts.open(few_digits)
    only(parts.studies.noise_matrix, set(), {"mask": 0.5})
    parts.studies.noise_matrix_controller.compute()
    only(parts.studies.noise_matrix, {""}, {})
    parts.studies.noise_matrix_controller.compute()
    parts.training.set_status(TrainStatusChanged("running"))
    parts.studies.noise_matrix_controller.compute()
    assert len(said) == 4
    assert not parts.thread.of(MatrixRequest)


def test_the_table_has_a_line_for_each_cell(parts: StudyParts, tmp_path: Path) -> None:
    only(parts.studies.noise_matrix, {"", "digits-denoiser"}, {"mask": 0.5})
    parts.studies.noise_matrix_controller.compute()
    parts.thread.rest()
    path = tmp_path / "matrix.csv"
    parts.studies.noise_matrix_controller.export(path)
    head, *lines = path.read_text("utf-8-sig").splitlines()
    assert head.startswith("model,trained_with,trained_amount,tested_with")
    assert len(lines) == 2
    assert lines[1].startswith("digits-denoiser,mixed,1,mask,0.5,")


def test_a_cell_without_error_has_an_infinite_gain() -> None:
    none = np.empty((0, 1, 1, 1), np.uint8)
    assert MatrixCell(1, 0, 0, 10.0, math.inf, none, none, none).gain_db == math.inf
