"""Variations are of the chosen picture, of the open model, and computed while somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from study_parts import StudyParts, pictures, trained_model

from latentlab.engine.training_messages import TrainProgress
from latentlab.features.variations.job import mean_change
from latentlab.features.variations.messages import CentroidsOptions, Varied, VaryOptions
from latentlab.images.image_set import ImageSet


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    StudyParts.end_all()


@pytest.fixture
def parts(qtbot: QtBot, few_digits: ImageSet) -> StudyParts:
    made = StudyParts()
    made.open(few_digits)
    return made


def shown(parts: StudyParts, index: int = 5) -> Varied:
    parts.studies.variation_controller.set_shown(True)
    parts.explore.select(index)
    parts.thread.rest()
    varied = parts.studies.variations.varied
    assert varied is not None
    return varied


def test_latent_and_pixel_noise_change_a_picture_as_much(parts: StudyParts) -> None:
    varied = shown(parts)
    assert varied.images.shape == varied.noisy.shape == (24, 28, 28, 1)
    assert varied.change == pytest.approx(mean_change(varied.images, varied.centre))
    assert varied.noisy_change == pytest.approx(varied.change, rel=0.02)
    each = [mean_change(one, varied.centre) for one in varied.images]
    noisy = [mean_change(one, varied.centre) for one in varied.noisy]
    assert np.allclose(each, noisy, rtol=0.05, atol=1e-4)
    # What says why only one of them still looks like data.
    assert varied.redrawn < varied.noisy_redrawn / 5
    codes = parts.map_view.codes
    assert np.allclose(varied.z, codes[5], atol=1e-5)
    assert varied.codes.std(0) == pytest.approx([0.3, 0.3], abs=0.15)


def test_each_unit_of_noise_has_its_size(parts: StudyParts) -> None:
    shown(parts)
    spreads = {}
    for noise in ("posterior", "prior", "isotropic"):
        parts.studies.variation_controller.set_noise(noise)  # type: ignore[arg-type]
        parts.studies.variation_controller.set_sigma(1.0)
        parts.thread.rest()
        varied = parts.studies.variations.varied
        assert varied is not None and varied.noise == noise
        spreads[noise] = varied.spread
    assert spreads["prior"] == spreads["isotropic"] == 1.0  # a standard normal prior
    assert 0.0 < spreads["posterior"] < 0.5


def test_the_same_seed_draws_the_same_and_the_next_another(parts: StudyParts) -> None:
    first = shown(parts)
    parts.studies.variation_controller.draw_again()
    parts.thread.rest()
    second = parts.studies.variations.varied
    parts.studies.variation_controller.set_seed(0)
    parts.studies.variation_controller.set_count(3)
    parts.thread.rest()
    third = parts.studies.variations.varied
    assert second is not None and third is not None
    assert not np.allclose(second.codes, first.codes)
    assert np.array_equal(third.codes, first.codes[:3])
    assert np.array_equal(third.noisy, first.noisy[:3])


def test_no_noise_is_the_picture_itself(parts: StudyParts) -> None:
    shown(parts)
    parts.studies.variation_controller.set_sigma(0.0)
    parts.thread.rest()
    varied = parts.studies.variations.varied
    assert varied is not None
    assert (varied.images == varied.centre).all()
    assert (varied.noisy == varied.centre).all()
    assert varied.change == varied.noisy_change == 0.0


def test_absurd_noise_stays_finite(parts: StudyParts) -> None:
    shown(parts)
    parts.studies.variation_controller.set_sigma(1e300)
    parts.studies.variation_controller.set_sigma(float("nan"))
    parts.thread.rest()
    varied = parts.studies.variations.varied
    assert varied is not None and varied.sigma == 1000.0
    assert np.isfinite(varied.codes).all() and np.isfinite(varied.redrawn)


def test_the_newest_wins_and_older_answers_are_dropped(parts: StudyParts) -> None:
    last = shown(parts)
    for sigma in (0.5, 0.7, 0.9):
        parts.studies.variation_controller.set_sigma(sigma)
    parts.thread.rest()
    varied = parts.studies.variations.varied
    assert varied is not None and varied.sigma == 0.9
    assert varied is not last


def test_nothing_is_asked_while_nobody_looks(parts: StudyParts) -> None:
    parts.explore.select(3)
    parts.thread.resulted.emit(TrainProgress(1, 2, 0, 1, 1.0, 1.0, 1))
    assert not parts.thread.of(VaryOptions) and not parts.thread.of(CentroidsOptions)
    parts.studies.variation_controller.set_shown(True)
    assert len(parts.thread.of(VaryOptions)) == 1
    parts.studies.variation_controller.set_shown(False)
    parts.explore.select(4)
    assert len(parts.thread.of(VaryOptions)) == 1


def test_they_follow_the_weights(parts: StudyParts, qtbot: QtBot) -> None:
    shown(parts)
    before = len(parts.thread.of(VaryOptions))
    for step in range(5):
        parts.thread.resulted.emit(TrainProgress(step, 9, 0, 1, 1.0, 1.0, step))
    qtbot.waitUntil(lambda: len(parts.thread.of(VaryOptions)) == before + 1)


def test_another_model_forgets_them_and_makes_new_ones(
    parts: StudyParts, few_digits: ImageSet, tmp_path: Path
) -> None:
    first = shown(parts)
    model = trained_model(tmp_path / "run", few_digits, objective="undercomplete", latent_dim=3)
    parts.studies.variation_controller.set_noise("posterior")
    parts.thread.engine.turn()  # begun with the model that goes
    parts.open(None, model)
    varied = parts.studies.variations.varied
    assert varied is not None
    assert varied is not first
    assert varied.codes.shape == (24, 3)
    assert varied.noise == "prior", "this model has no posterior"


def test_pictures_of_another_shape_are_adapted(qtbot: QtBot) -> None:
    parts = StudyParts()
    parts.open(pictures(30))
    varied = shown(parts, 2)
    assert varied.centre.shape == (28, 28, 1)
    assert parts.studies.variations.centroids is None, "there are no classes"


def test_without_a_picture_there_is_nothing(parts: StudyParts) -> None:
    shown(parts)
    parts.explore.select(None)
    parts.thread.rest()
    assert parts.studies.variations.varied is None


def test_a_click_moves_the_cursor(parts: StudyParts) -> None:
    varied = shown(parts)
    parts.studies.variation_controller.go_to_variation(4)
    assert np.array_equal(parts.explorer.z, varied.codes[4])
    assert np.array_equal(parts.trail.visits[-1], varied.codes[4])
    parts.studies.variation_controller.go_to_variation(400)
    assert np.array_equal(parts.explorer.z, varied.codes[4])


def test_centroids_are_means_of_classes(
    parts: StudyParts, few_digits: ImageSet, qtbot: QtBot
) -> None:
    shown(parts)
    centroids = parts.studies.variations.centroids
    assert centroids is not None and few_digits.labels is not None
    assert centroids.classes.tolist() == list(range(10))
    of_seven = parts.map_view.codes[few_digits.labels == 7]
    assert np.allclose(centroids.codes[7], of_seven.mean(0), atol=1e-5)
    assert centroids.images.shape == (10, 28, 28, 1)
    parts.studies.variation_controller.go_to_centroid(7)
    assert np.array_equal(parts.explorer.z, centroids.codes[7])


def test_codes_that_are_not_known_do_not_count(
    parts: StudyParts, few_digits: ImageSet, qtbot: QtBot
) -> None:
    shown(parts)
    assert few_digits.labels is not None
    codes = parts.map_view.codes.copy()
    codes[few_digits.labels == 3] = np.nan
    parts.map_view.set_codes(codes, None)
    qtbot.waitUntil(lambda: len(parts.thread.of(CentroidsOptions)) == 2)
    parts.thread.rest()
    centroids = parts.studies.variations.centroids
    assert centroids is not None
    assert centroids.classes.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
