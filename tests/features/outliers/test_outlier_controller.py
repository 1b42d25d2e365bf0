"""Outliers are measured with the open model and forgotten with it."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from study_parts import StudyParts, pictures, trained_model

from latentlab.engine.messages import OpenModelCommand, UseDataCommand
from latentlab.engine.training_messages import TrainProgress, TrainStatusChanged
from latentlab.features.outliers import work as outlier_work
from latentlab.features.outliers.measure import LatentDistance, latent_distance
from latentlab.features.outliers.messages import OutliersFound
from latentlab.images.image_set import ImageSet


@pytest.fixture
def parts(qtbot: QtBot, few_digits: ImageSet) -> StudyParts:
    made = StudyParts()
    made.open(few_digits)
    return made


def computed(parts: StudyParts) -> OutliersFound:
    parts.studies.outlier_controller.compute()
    assert parts.studies.outliers.share_done == 0.0
    parts.thread.rest()
    found = parts.studies.outliers.found
    assert found is not None and parts.studies.outliers.share_done is None
    return found


def test_both_scores_of_all_images(parts: StudyParts, few_digits: ImageSet) -> None:
    scores = computed(parts).scores
    assert np.isfinite(scores.recon_error).all() and np.isfinite(scores.latent_distance).all()
    codes = parts.map_view.codes
    expected = latent_distance(codes, codes, np.arange(len(codes)))
    assert np.allclose(scores.latent_distance, expected, rtol=1e-3)
    drawn = parts.thread.engine._model.decode(codes[:20]).astype(float)  # type: ignore[union-attr]
    mse = np.square(drawn / 255 - few_digits.images[:20] / 255.0).mean((1, 2, 3))
    assert np.allclose(scores.recon_error[:20], mse, rtol=0.02)
    # The bundled model does not know these few digits, so none of them count as held out.
    assert parts.studies.outliers.held_out is None
    assert len(parts.studies.outliers.order) == len(few_digits)


def test_distances_are_to_images_that_were_trained_on(
    qtbot: QtBot, few_digits: ImageSet, tmp_path: Path
) -> None:
    parts = StudyParts()
    parts.open(few_digits, trained_model(tmp_path / "run", few_digits, held_out=0.2))
    found = computed(parts)
    held_out = few_digits.held_out(0.2)
    training = np.setdiff1d(np.arange(400), held_out)
    codes = parts.map_view.codes
    expected = latent_distance(codes[held_out], codes[training])
    assert np.allclose(found.scores.latent_distance[held_out], expected, rtol=1e-3)
    assert sorted(parts.studies.outliers.order.tolist()) == held_out.tolist()
    parts.studies.outliers.set_scope("all")
    assert len(parts.studies.outliers.order) == 400


def test_a_click_selects_the_image(parts: StudyParts) -> None:
    computed(parts)
    parts.studies.outlier_controller.select(3)
    assert parts.explorer.selected == parts.studies.outliers.order[3]
    assert np.array_equal(parts.explorer.z, parts.map_view.codes[parts.explorer.selected])
    parts.studies.outlier_controller.select(4000)


def test_cancel_ends_the_work(parts: StudyParts) -> None:
    parts.studies.outlier_controller.compute()
    for _ in range(3):
        parts.thread.engine.turn()
    parts.studies.outlier_controller.cancel()
    assert parts.studies.outliers.share_done is None
    parts.thread.rest(most=50)
    assert parts.studies.outliers.found is None


def test_cancel_while_distances_are_computed(
    parts: StudyParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[outlier_work._Distances] = []
    start = outlier_work._Distances.__init__

    def noted(self: outlier_work._Distances, *args: object) -> None:
        made.append(self)
        start(self, *args)  # type: ignore[arg-type]

    may_end = threading.Event()

    of = LatentDistance.of

    def slow(self: LatentDistance, *args: object) -> object:
        may_end.wait(10)
        return of(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(outlier_work._Distances, "__init__", noted)
    monkeypatch.setattr(LatentDistance, "of", slow)
    parts.studies.outlier_controller.compute()
    while not made:
        parts.thread.engine.turn()
    parts.studies.outlier_controller.cancel()
    parts.thread.rest(most=50)
    may_end.set()
    made[0]._thread.join(10)
    assert made[0]._stop.is_set()
    assert parts.studies.outliers.found is None


def test_a_defect_in_the_thread_of_distances_is_said_in_the_panel(
    parts: StudyParts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError

    said: list[str] = []
    parts.studies.outlier_controller.refused.connect(said.append)
    with monkeypatch.context() as patch:
        patch.setattr(LatentDistance, "of", broken)
        parts.studies.outlier_controller.compute()
        parts.thread.rest()
    (sentence,) = said
    assert sentence.startswith("Finding outliers failed unexpectedly (ZeroDivisionError)")
    assert parts.studies.outliers.share_done is None
    caplog.clear()
    assert computed(parts) is not None, "it can be asked for again"


def test_another_model_in_the_middle(parts: StudyParts) -> None:
    parts.studies.outlier_controller.compute()
    parts.thread.engine.turn()
    parts.thread.command(OpenModelCommand("digits-denoiser"))
    parts.thread.rest()
    assert parts.studies.outliers.share_done is None
    assert parts.studies.outliers.found is None
    assert computed(parts) is not None


def test_other_data_in_the_middle(parts: StudyParts, few_digits: ImageSet) -> None:
    computed(parts)
    parts.studies.outliers.set_abnormal(3)
    parts.studies.outlier_controller.compute()
    parts.thread.engine.turn()
    fewer = ImageSet("fewer", "Fewer", few_digits.images[:50])
    parts.thread.command(UseDataCommand(fewer))
    parts.thread.rest()
    assert parts.studies.outliers.found is None and parts.studies.outliers.abnormal is None
    assert len(computed(parts).scores.recon_error) == 50
    assert parts.studies.outliers.curves() == (None, None), "without classes"


def test_changed_weights_drop_what_is_on_its_way(parts: StudyParts, qtbot: QtBot) -> None:
    parts.studies.outlier_controller.compute()
    parts.thread.engine.turn()
    model = parts.thread.engine._model
    assert model is not None
    model.weights_version += 1
    with qtbot.waitSignal(parts.studies.outlier_controller.refused):
        parts.thread.rest()
    assert parts.studies.outliers.share_done is None


def test_training_forgets_the_scores(parts: StudyParts) -> None:
    found = computed(parts)
    parts.training.set_progress(TrainProgress(2, 2, 0, 1, 1.0, 1.0, 1))
    assert parts.studies.outliers.found is None
    assert computed(parts) is not found
    parts.training.set_status(TrainStatusChanged("running"))
    assert parts.studies.outliers.found is None
    said: list[str] = []
    parts.studies.outlier_controller.refused.connect(said.append)
    parts.studies.outlier_controller.compute()
    assert parts.studies.outliers.share_done is None and "pause" in said[0]


def test_without_data_it_says_so(qtbot: QtBot) -> None:
    parts = StudyParts()
    said: list[str] = []
    parts.studies.outlier_controller.refused.connect(said.append)
    parts.studies.outlier_controller.compute()
    assert said and not parts.thread.mailbox.has_jobs()


def test_pictures_in_colour_are_adapted(qtbot: QtBot) -> None:
    parts = StudyParts()
    parts.open(pictures(40))
    assert np.isfinite(computed(parts).scores.recon_error).all()
