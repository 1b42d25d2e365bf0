"""The noise lab asks for the newest picture only, and drops what is of the past."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from noise_parts import NoiseParts
from pytestqt.qtbot import QtBot
from qt_turns import let_time_pass, settle
from study_parts import pictures, trained_model

from latentlab.engine.messages import OpenModelCommand
from latentlab.features.noise_lab import controller as noise_controller
from latentlab.features.noise_lab import non_local_means
from latentlab.features.noise_lab.controller import NoiseController
from latentlab.features.noise_lab.messages import Denoised
from latentlab.features.noise_lab.store import MOST_SEED, MOST_STEPS
from latentlab.images.corruptions import CORRUPTIONS
from latentlab.images.image_set import ImageSet


@pytest.fixture(autouse=True)
def _without_non_local_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds, and has tests of its own."""
    monkeypatch.setattr(non_local_means, "is_available", lambda: False)


@pytest.fixture
def parts(qtbot: QtBot, few_digits: ImageSet) -> Iterator[NoiseParts]:
    made = NoiseParts()
    made.open(few_digits)
    yield made
    made.end()


# --- the picture ---


def test_the_first_image_is_shown_at_once(parts: NoiseParts, few_digits: ImageSet) -> None:
    parts.thread.rest()
    result = parts.lab.result
    assert result is not None
    np.testing.assert_array_equal(result.clean, few_digits.images[0])
    assert parts.lab.image_title.startswith("Image 0 · ")
    assert result.codes is not None
    assert result.codes.shape == (1, 2)


def test_steps_through_the_data_go_round(parts: NoiseParts, few_digits: ImageSet) -> None:
    parts.controller.previous_image()
    assert parts.lab.image_index == len(few_digits) - 1
    parts.controller.next_image()
    assert parts.lab.image_index == 0
    parts.controller.random_image()
    assert parts.lab.image_index is not None
    parts.controller.use_data_image(10**6)
    assert parts.lab.image_index < len(few_digits)


def test_it_follows_the_selection_unless_it_is_pinned(parts: NoiseParts) -> None:
    parts.explorer.set_selected(7)
    assert parts.lab.image_index == 7
    parts.lab.set_pinned(True)
    parts.explorer.set_selected(8)
    assert parts.lab.image_index == 7
    parts.controller.next_image()
    assert parts.lab.image_index == 8, "buttons go on"


def test_other_data_bring_their_first_image(parts: NoiseParts) -> None:
    parts.lab.set_pinned(True)
    parts.controller.use_data_image(5)
    others = pictures(4, (28, 28, 1))
    parts.open(others)
    assert parts.lab.image is not None
    np.testing.assert_array_equal(parts.lab.image, others.images[0])
    assert not parts.lab.pinned
    parts.session.set_data(None)
    assert parts.lab.image is None
    assert parts.lab.result is None


def test_a_drawing_has_no_number(parts: NoiseParts) -> None:
    parts.controller.use_drawing(np.full((28, 28, 1), 9, np.uint8))
    assert parts.lab.image_index is None
    assert (parts.shown().shape) == (28, 28, 1)
    parts.controller.next_image()
    assert parts.lab.image_index == 0


def test_a_picture_that_is_noisy_itself_is_only_denoised(parts: NoiseParts) -> None:
    parts.controller.set_noisy(True)
    parts.thread.rest()
    result = parts.lab.result
    assert result is not None
    np.testing.assert_array_equal(result.corrupted, result.clean)
    assert result.psnr_db == ()
    assert parts.asked_pictures[-1].steps == ()
    parts.controller.set_noisy(False)
    parts.thread.rest()
    assert parts.lab.result is not None
    assert len(parts.lab.result.psnr_db) == 2


# --- corruption ---


def test_the_stack_grows_moves_and_shrinks(parts: NoiseParts) -> None:
    c, lab = parts.controller, parts.lab
    c.add_step()
    assert len(lab.steps) == 2
    assert lab.steps[0][0] != lab.steps[1][0]
    assert lab.varied == 1
    before = lab.steps
    c.move_step(1, -1)
    assert lab.steps == before[::-1]
    assert lab.varied == 0
    c.move_step(0, -1)
    assert lab.steps == before[::-1], "there is nothing before the first"
    c.set_corruption(0, "blur")
    assert lab.steps[0] == ("blur", CORRUPTIONS["blur"].default_amount)
    for _ in range(10):
        c.add_step()
    assert len(lab.steps) == MOST_STEPS
    for _ in range(10):
        c.remove_step(0)
    assert lab.steps == ()
    c.set_amount(0, 0.5)
    c.remove_step(3)
    parts.thread.rest()
    result = lab.result
    assert result is not None
    np.testing.assert_array_equal(result.corrupted, result.clean)


@pytest.mark.parametrize("name", sorted(CORRUPTIONS))
def test_amounts_stay_in_their_range(parts: NoiseParts, name: str) -> None:
    parts.controller.set_corruption(0, name)
    kind = CORRUPTIONS[name]
    for amount, expected in ((-9e9, kind.minimum), (9e9, kind.maximum)):
        parts.controller.set_amount(0, amount)
        assert parts.lab.steps == ((name, expected),)
    parts.thread.rest()
    assert parts.lab.result is not None


def test_new_noise_is_other_noise(parts: NoiseParts) -> None:
    parts.thread.rest()
    before = parts.lab.result
    seed = parts.lab.seed
    parts.controller.new_noise()
    assert 0 <= parts.lab.seed <= MOST_SEED
    assert parts.lab.seed != seed
    parts.thread.rest()
    assert before is not None
    assert parts.lab.result is not None
    assert not np.array_equal(before.corrupted, parts.lab.result.corrupted)
    parts.controller.set_seed(seed)
    parts.thread.rest()
    np.testing.assert_array_equal(before.corrupted, parts.lab.result.corrupted)


def test_a_storm_of_amounts_ends_with_the_last(parts: NoiseParts, qtbot: QtBot) -> None:
    computed: list[Denoised] = []
    parts.thread.resulted.connect(lambda r: computed.append(r) if isinstance(r, Denoised) else None)
    for number in range(1000):
        parts.controller.set_amount(0, number / 1000)
        if number % 100 == 0:
            parts.thread.engine.turn()
    parts.thread.rest()
    assert parts.asked_pictures[-1].steps == (("mask", 0.999),)
    assert parts.lab.result is computed[-1]
    assert parts.lab.result.sequence == parts.asked_pictures[-1].sequence
    assert len(computed) < 50, "what nobody will see is not computed"


def test_passes_are_repeated(parts: NoiseParts) -> None:
    parts.controller.set_passes(4)
    parts.thread.rest()
    result = parts.lab.result
    assert result is not None
    assert len(result.images) == 4
    assert result.codes is not None
    assert result.codes.shape == (4, 2)
    assert len(result.psnr_db) == len(result.ssim) == 5


# --- denoisers ---


def test_another_denoiser_takes_over_and_goes(parts: NoiseParts) -> None:
    of_map = parts.shown()
    assert "digits-denoiser" in parts.controller.bundled_denoisers()
    parts.controller.set_denoiser("digits-denoiser")
    better = parts.shown()
    assert parts.lab.result is not None
    assert parts.lab.result.codes is None
    assert parts.lab.result.denoiser == "digits-denoiser"
    assert not np.array_equal(of_map, better)
    parts.controller.set_denoiser("")
    np.testing.assert_array_equal(parts.shown(), of_map)


def test_a_denoiser_that_cannot_be_opened_says_why(parts: NoiseParts, tmp_path: Path) -> None:
    parts.thread.rest()
    parts.controller.set_denoiser(str(tmp_path / "gone.safetensors"))
    parts.thread.rest()
    assert parts.lab.result is None
    assert "gone.safetensors" in parts.lab.problem
    parts.controller.set_denoiser("")
    parts.shown()
    assert parts.lab.problem == ""


def test_answers_of_another_denoiser_or_picture_are_dropped(parts: NoiseParts) -> None:
    parts.thread.rest()
    shown = parts.lab.result
    assert shown is not None
    parts.controller.use_data_image(3)
    late = dataclasses.replace(shown, sequence=shown.sequence)
    parts.thread.resulted.emit(late)
    parts.thread.resulted.emit(dataclasses.replace(shown, sequence=10**6, denoiser="other"))
    parts.thread.resulted.emit(dataclasses.replace(shown, sequence=10**6, session_epoch=77))
    assert parts.lab.result is shown
    parts.thread.rest()
    assert parts.lab.result is not shown


def test_another_model_of_the_map_denoises_from_then_on(
    parts: NoiseParts, few_digits: ImageSet, tmp_path: Path
) -> None:
    before = parts.shown()
    path = trained_model(tmp_path / "run", few_digits)
    for name in (str(path), "digits-vae", str(path)):
        parts.thread.command(OpenModelCommand(name))
        parts.controller.set_amount(0, 0.3)
    parts.controller.set_amount(0, 0.5)
    after = parts.shown()
    assert parts.lab.result is not None
    assert parts.lab.result.session_epoch == parts.session.session_epoch
    assert not np.array_equal(before, after)


def test_recent_models_are_those_that_hold_one(
    qtbot: QtBot, few_digits: ImageSet, tmp_path: Path
) -> None:
    run = trained_model(tmp_path / "run", few_digits)
    (tmp_path / "pictures").mkdir()
    names = [str(run), str(tmp_path / "pictures"), "/gone/x", str(run / "model.safetensors")]
    parts = NoiseParts(names)
    assert parts.controller.recent_models() == [names[0], names[3]]


def test_a_denoiser_of_this_noise_is_trained_and_used(
    parts: NoiseParts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.controller.set_denoiser("digits-denoiser")
    parts.controller.set_corruption(0, "gaussian")
    parts.controller.set_amount(0, 0.35)
    started: list[object] = []
    monkeypatch.setattr(type(parts.training_controller), "start", lambda _: started.append(1))
    parts.controller.train_denoiser()
    spec = parts.training.spec
    assert started
    assert (spec.objective, spec.corruption, spec.amount) == ("denoising", "gaussian", 0.35)
    assert parts.lab.denoiser == "", "the model that learns is that of the map"


def test_nothing_is_trained_without_data(qtbot: QtBot) -> None:
    parts = NoiseParts()
    with qtbot.waitSignal(parts.controller.refused) as told:
        parts.controller.train_denoiser()
    assert "data" in told.args[0]


# --- the strip ---


def test_the_strip_is_computed_only_where_it_is_seen(parts: NoiseParts, qtbot: QtBot) -> None:
    parts.thread.rest()
    let_time_pass(parts.controller)
    assert not parts.asked_strips
    parts.controller.set_watched(True)
    qtbot.waitUntil(lambda: bool(parts.asked_strips))
    parts.thread.rest()
    assert parts.lab.strip is not None
    assert parts.lab.strip.complete
    assert set(parts.lab.strip.psnr_db) >= {"model", "untouched", "median"}


def test_the_varied_amount_does_not_ask_for_the_strip_again(
    parts: NoiseParts, qtbot: QtBot
) -> None:
    parts.controller.set_watched(True)
    qtbot.waitUntil(lambda: len(parts.asked_strips) == 1)
    parts.controller.set_amount(0, 0.7)
    let_time_pass(parts.controller)
    assert len(parts.asked_strips) == 1, "it has all amounts already"
    parts.controller.set_seed(3)
    qtbot.waitUntil(lambda: len(parts.asked_strips) == 2)
    parts.controller.use_data_image(9)
    qtbot.waitUntil(lambda: len(parts.asked_strips) == 3)
    parts.controller.add_step()
    qtbot.waitUntil(lambda: len(parts.asked_strips) == 4)
    parts.controller.set_watched(False)
    parts.controller.set_seed(4)
    let_time_pass(parts.controller)
    assert len(parts.asked_strips) == 4


def test_each_picture_gets_its_strip(parts: NoiseParts, qtbot: QtBot) -> None:
    parts.controller.set_watched(True)
    for value in range(5):
        parts.controller.use_drawing(np.full((28, 28, 1), 50 * value, np.uint8))
        qtbot.waitUntil(lambda n=value: len(parts.asked_strips) == n + 1)  # type: ignore[misc]
        parts.thread.rest()
        strip = parts.lab.strip
        assert strip is not None
        assert strip.corrupted is not None
        assert (strip.corrupted[0] == 50 * value).all()


def test_a_drag_on_a_slider_does_not_compute_the_strip_in_between(
    parts: NoiseParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noise_controller, "_STRIP_AT_REST_MS", 10**6)  # however slow the machine
    parts.controller.set_watched(True)
    parts.controller.add_step()
    parts.controller.add_step()
    for number in range(60):
        parts.controller.set_seed(number)
        settle()
    assert not parts.asked_strips, "the hand has not come to rest"
    let_time_pass(parts.controller)
    assert len(parts.asked_strips) == 1


def test_without_a_model_nothing_is_asked_for(qtbot: QtBot, few_digits: ImageSet) -> None:
    parts = NoiseParts()
    parts.session.set_data(few_digits)
    assert isinstance(parts.controller, NoiseController)
    assert not parts.asked_pictures, "torch is not there yet"
    parts.session.set_engine_status("ready")
    assert parts.lab.result is None
    assert "model" in parts.lab.problem
    parts.controller.set_denoiser("digits-denoiser")
    parts.shown()
