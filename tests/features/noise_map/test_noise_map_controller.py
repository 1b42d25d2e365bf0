"""The noise layers ask for what is shown, and keep what belongs to the open model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from answering_thread import AnsweringThread
from PySide6.QtWidgets import QApplication
from wide_model import document

from latentlab.engine.messages import Embedded, ModelOpened
from latentlab.engine.training_messages import TrainProgress, TrainStatusChanged
from latentlab.features.noise_lab.store import NoiseLab
from latentlab.features.noise_map.controller import (
    ENOUGH_ARROWS,
    KEPT_VIEWS,
    MOST_ARROWS,
    MOST_ARROWS_IN_TRAINING,
    NoiseMapController,
)
from latentlab.features.noise_map.messages import (
    NoiseCodes,
    NoiseCodesRequest,
    NoiseField,
    NoiseFieldRequest,
)
from latentlab.features.noise_map.store import NoiseMap
from latentlab.images.image_set import ImageSet
from latentlab.latent.camera import Camera
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

COUNT = 4000
PIXELS = np.zeros((COUNT, 4, 4, 1), np.uint8)
STEPS = (("gaussian", 0.25),)


class Lab:
    """The controller on stores of its own, with nothing in the noise lab yet."""

    def __init__(self) -> None:
        self.thread, self.session = AnsweringThread(), Session()
        self.map_view, self.training = MapView(), Training()
        self.noise_lab, self.noise_map = NoiseLab(), NoiseMap()
        self.controller = NoiseMapController(
            self.thread,  # type: ignore[arg-type]
            self.session,
            self.training,
            self.map_view,
            self.noise_lab,
            self.noise_map,
        )
        codes = np.random.default_rng(0).normal(size=(COUNT, 2)).astype(np.float32)
        self.map_view.set_camera(Camera(width=300, height=200, scale=40.0))
        self.map_view.set_codes(codes, None)
        self.session.set_data(ImageSet("noise", "Noise", PIXELS))
        self.session.set_engine_status("ready")
        self.open_model(1)

    def open_model(self, epoch: int) -> None:
        described = document([1.0, 1.0], 2)
        self.session.set_model(ModelOpened(epoch, "m", None, described, True, True))

    def bring_image(self) -> None:
        self.noise_lab.set_image(PIXELS[0], "image 0", True, 0)
        self.noise_lab.set_noise(STEPS, 3)

    @property
    def asked_codes(self) -> list[NoiseCodesRequest]:
        return self.thread.of(NoiseCodesRequest)

    @property
    def asked_fields(self) -> list[NoiseFieldRequest]:
        return self.thread.of(NoiseFieldRequest)

    def answer_codes(self, request: NoiseCodesRequest, epoch: int = 1) -> NoiseCodes:
        codes = np.zeros((5, 2), np.float32)
        answer = NoiseCodes(epoch, request.sequence, request.steps, codes, codes, 0)
        self.thread.resulted.emit(answer)
        return answer

    def wake(self) -> None:
        """Let pass what the field waits for."""
        if self.controller._timer.isActive():
            self.controller._timer.stop()
            self.controller._request_field()

    def show_field(self) -> NoiseFieldRequest:
        self.map_view.set_shown("noise_field", True)
        self.wake()
        return self.asked_fields[-1]

    def answer_field(
        self, request: NoiseFieldRequest, count: int, *, complete: bool = False, epoch: int = 1
    ) -> None:
        starts = np.full((count, 2), request.sequence, np.float32)
        self.thread.resulted.emit(NoiseField(epoch, request.sequence, starts, -starts, complete, 0))

    @property
    def shown(self) -> list[int]:
        """From which requests the arrows shown are."""
        field = self.noise_map.field
        return [] if field is None else field.starts[:, 0].astype(int).tolist()


@pytest.fixture
def lab(qapp: QApplication) -> Iterator[Lab]:
    made = Lab()
    yield made
    made.controller._timer.stop()


# --- path and cloud ------------------------------------------------------------------------------


def test_without_an_image_nothing_is_asked(lab: Lab) -> None:
    lab.noise_lab.set_noise(STEPS, 1)
    lab.wake()
    assert not lab.thread.asked


def test_an_image_alone_asks_for_nothing_until_somebody_works_with_noise(lab: Lab) -> None:
    lab.noise_lab.set_image(PIXELS[0], "image 0", True, 0)
    assert not lab.asked_codes
    lab.controller.set_watched(True)
    lab.answer_codes(lab.asked_codes[-1])
    assert lab.noise_map.codes is not None
    lab.controller.set_watched(False)
    assert lab.noise_map.codes is None


def test_every_change_of_the_noise_is_asked_for(lab: Lab) -> None:
    lab.bring_image()
    request = lab.asked_codes[-1]
    assert (request.session_epoch, request.steps, request.seed) == (1, STEPS, 3)
    assert request.wants_path
    assert request.wants_cloud
    np.testing.assert_array_equal(request.image, PIXELS[0])
    before = len(lab.asked_codes)
    lab.noise_lab.set_noise(STEPS, 4)
    lab.noise_lab.set_noise((("gaussian", 0.5),), 4)
    assert [r.seed for r in lab.asked_codes[before:]] == [4, 4]
    assert lab.asked_codes[-1].sequence > lab.asked_codes[-2].sequence


def test_what_is_switched_off_is_not_asked_for(lab: Lab) -> None:
    lab.map_view.set_shown("noise_path", False)
    lab.bring_image()
    assert not lab.asked_codes[-1].wants_path
    assert lab.asked_codes[-1].wants_cloud
    lab.answer_codes(lab.asked_codes[-1])
    lab.map_view.set_opacity("noise_cloud", 0.0)
    assert lab.noise_map.codes is None
    before = len(lab.asked_codes)
    lab.noise_lab.set_noise(STEPS, 9)
    lab.open_model(2)
    assert len(lab.asked_codes) == before
    lab.map_view.set_shown("noise_path", True)
    assert len(lab.asked_codes) == before + 1


def test_another_opacity_asks_for_nothing(lab: Lab) -> None:
    lab.bring_image()
    before = len(lab.thread.asked)
    for opacity in (0.9, 0.6, 0.3):
        lab.map_view.set_opacity("noise_path", opacity)
        lab.map_view.set_opacity("grid", opacity)
    assert len(lab.thread.asked) == before


def test_the_newest_answer_is_kept(lab: Lab) -> None:
    lab.bring_image()
    lab.noise_lab.set_noise(STEPS, 4)
    *_, older, newer = lab.asked_codes
    kept = lab.answer_codes(newer)
    lab.answer_codes(older)
    assert lab.noise_map.codes is kept


def test_answers_of_another_model_are_dropped(lab: Lab) -> None:
    lab.bring_image()
    request = lab.asked_codes[-1]
    lab.answer_codes(request)
    lab.open_model(2)
    assert lab.noise_map.codes is None, "its codes mean nothing in the new model"
    lab.answer_codes(request, epoch=1)
    assert lab.noise_map.codes is None
    assert lab.asked_codes[-1].session_epoch == 2
    lab.answer_codes(lab.asked_codes[-1], epoch=2)
    assert lab.noise_map.codes is not None


def test_what_comes_after_it_was_switched_off_is_dropped(lab: Lab) -> None:
    lab.bring_image()
    request = lab.asked_codes[-1]
    lab.noise_lab.set_image(None)
    lab.answer_codes(request)
    assert lab.noise_map.codes is None


def test_a_noisy_picture_gets_no_further_noise(lab: Lab) -> None:
    lab.bring_image()
    lab.answer_codes(lab.asked_codes[-1])
    before = len(lab.asked_codes)
    lab.noise_lab.set_image(PIXELS[0], "scan.png", False)
    assert lab.noise_map.codes is None
    assert len(lab.asked_codes) == before


def test_path_and_cloud_follow_the_weights(lab: Lab) -> None:
    lab.bring_image()
    before = len(lab.asked_codes)
    for version in (1, 1, 2):
        lab.thread.resulted.emit(TrainProgress(version, 9, 0, 1, 1.0, 1.0, version))
    assert len(lab.asked_codes) == before + 2


# --- the field -----------------------------------------------------------------------------------


def test_the_field_is_asked_for_only_where_it_is_shown(lab: Lab) -> None:
    lab.bring_image()
    lab.map_view.set_camera(Camera(width=300, height=200, scale=60.0))
    lab.wake()
    assert not lab.asked_fields
    request = lab.show_field()
    assert request.data is lab.session.data
    assert request.steps == STEPS
    assert len(np.unique(request.indices)) == MOST_ARROWS
    lab.noise_lab.set_noise((), 3)
    lab.wake()
    assert len(lab.asked_fields[-1].indices) == 0, "ends the work"
    assert lab.noise_map.field is None


def test_switched_off_it_is_forgotten_and_ended(lab: Lab) -> None:
    request = lab.show_field()
    lab.answer_field(request, 300)
    assert len(lab.shown) == 300
    lab.map_view.set_shown("noise_field", False)
    lab.wake()
    assert lab.noise_map.field is None
    assert len(lab.asked_fields[-1].indices) == 0
    lab.answer_field(request, 300)
    lab.answer_field(lab.asked_fields[-1], 0, complete=True)
    assert lab.noise_map.field is None


def test_it_grows_as_arrows_come(lab: Lab) -> None:
    request = lab.show_field()
    lab.answer_field(request, 10)
    assert len(lab.shown) == 10, "better than nothing"
    lab.answer_field(request, 20)
    lab.answer_field(request, 500)
    assert len(lab.shown) == 530
    field = lab.noise_map.field
    assert field is not None
    np.testing.assert_array_equal(field.ends, -field.starts)


def test_another_field_takes_the_place_when_it_says_enough(lab: Lab) -> None:
    first = lab.show_field()
    lab.answer_field(first, 400)
    lab.noise_lab.set_noise((("mask", 0.3),), 0)
    lab.wake()
    second = lab.asked_fields[-1]
    assert second.steps == (("mask", 0.3),)
    lab.answer_field(first, 50)
    assert lab.shown == [first.sequence] * 400, "no mixture"
    lab.answer_field(second, ENOUGH_ARROWS - 1)
    assert lab.shown == [first.sequence] * 400
    lab.answer_field(second, 1)
    assert lab.shown == [second.sequence] * ENOUGH_ARROWS


def test_a_moving_slider_does_not_end_each_field_before_it_says_anything(lab: Lab) -> None:
    first = lab.show_field()
    for amount in (0.3, 0.4, 0.5):
        lab.noise_lab.set_noise((("gaussian", amount),), 0)
        lab.wake()
    assert lab.asked_fields == [first]
    lab.answer_field(first, ENOUGH_ARROWS)
    assert len(lab.shown) == ENOUGH_ARROWS
    assert [request.steps[0][1] for request in lab.asked_fields[1:]] == [0.5]


def test_another_seed_changes_nothing(lab: Lab) -> None:
    lab.bring_image()
    request = lab.show_field()
    lab.answer_field(request, 300)
    lab.noise_lab.set_noise(STEPS, 77)
    lab.wake()
    assert lab.asked_fields == [request]


def test_another_view_adds_what_it_lacks(lab: Lab) -> None:
    first = lab.show_field()
    lab.answer_field(first, MOST_ARROWS, complete=True)
    lab.map_view.set_camera(Camera(centre=(2.0, 1.0), width=300, height=200, scale=200.0))
    lab.wake()
    second = lab.asked_fields[-1]
    assert 0 < len(second.indices) < MOST_ARROWS
    assert not set(second.indices.tolist()) & set(first.indices.tolist())
    lab.answer_field(second, len(second.indices), complete=True)
    assert len(lab.shown) == MOST_ARROWS + len(second.indices)


def test_views_that_are_long_gone_are_forgotten(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latentlab.features.noise_map.controller.MOST_ARROWS", 300)
    lab.show_field()
    lab.answer_field(lab.asked_fields[-1], 300, complete=True)
    counts = []
    for step in range(12):
        at = (-1.5 + step / 4, 0.0)
        lab.map_view.set_camera(Camera(centre=at, width=300, height=200, scale=700.0))
        lab.wake()
        request = lab.asked_fields[-1]
        lab.answer_field(request, len(request.indices), complete=True)
        counts.append(len(lab.shown))
    assert max(counts) > 600
    assert max(counts) <= KEPT_VIEWS * 300


def test_wide_codes_get_fewer_arrows(lab: Lab) -> None:
    lab.map_view.set_codes(np.zeros((COUNT, 4000), np.float32), None)
    assert 256 <= len(lab.show_field().indices) < 1000


def test_what_a_moved_view_has_interrupted_is_asked_for_again(lab: Lab) -> None:
    first = lab.show_field()
    lab.answer_field(first, 300)
    lab.map_view.set_camera(Camera(width=300, height=200, scale=41.0))
    lab.wake()
    second = lab.asked_fields[-1]
    asked = set(second.indices.tolist())
    assert not asked & set(first.indices[:300].tolist())
    assert len(asked & set(first.indices[300:].tolist())) > 2000


def test_arrows_of_another_model_are_dropped(lab: Lab) -> None:
    first = lab.show_field()
    lab.answer_field(first, 400)
    lab.open_model(2)
    assert lab.noise_map.field is None
    lab.answer_field(first, 400, epoch=1)
    assert lab.noise_map.field is None
    lab.wake()
    assert lab.asked_fields[-1].session_epoch == 2


def test_arrows_of_other_data_are_dropped(lab: Lab) -> None:
    first = lab.show_field()
    lab.answer_field(first, 400)
    lab.session.set_data(ImageSet("other", "Other", PIXELS[:50]))
    assert lab.noise_map.field is None
    lab.answer_field(first, 400)
    assert lab.noise_map.field is None
    lab.wake()
    assert sorted(lab.asked_fields[-1].indices.tolist()) == list(range(50))


def test_in_training_it_is_smaller_and_waits(lab: Lab) -> None:
    lab.training.set_status(TrainStatusChanged("running"))
    first = lab.show_field()
    assert len(first.indices) == MOST_ARROWS_IN_TRAINING
    for version in (1, 2, 3):
        lab.thread.resulted.emit(TrainProgress(version, 9, 0, 1, 1.0, 1.0, version))
        assert not lab.controller._timer.isActive(), "the one that comes is waited for"
    lab.answer_field(first, MOST_ARROWS_IN_TRAINING, complete=True)
    assert lab.controller._timer.remainingTime() > 500, "not more often than once a second"
    lab.wake()
    assert len(lab.asked_fields) == 2
    lab.answer_field(lab.asked_fields[-1], MOST_ARROWS_IN_TRAINING, complete=True)
    assert not lab.controller._timer.isActive(), "these weights are known"


def test_known_positions_decide_anew_what_is_sampled(lab: Lab) -> None:
    lab.show_field()
    lab.answer_field(lab.asked_fields[-1], MOST_ARROWS, complete=True)
    codes = np.random.default_rng(1).normal(size=(COUNT, 2), scale=3).astype(np.float32)
    lab.map_view.set_codes(codes, None)
    lab.thread.resulted.emit(Embedded(1, codes, None, True, 0))
    lab.wake()
    assert len(lab.asked_fields) == 2
