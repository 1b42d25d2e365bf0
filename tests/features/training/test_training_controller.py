"""The form is filled by the recommendation, and keeps what the user has chosen."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from latentlab.base.bundled import DEFAULT_MODEL, model_path
from latentlab.engine.messages import ModelOpened
from latentlab.features.training.controller import TrainingController
from latentlab.images.image_set import ImageSet
from latentlab.models.family.presets import PRESETS
from latentlab.models.family.proposal import proposed_spec
from latentlab.models.family.train_spec import TrainSpec
from latentlab.models.model_document import ModelDocument
from latentlab.models.model_file import read_model_file
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

GREY, COLOUR = (28, 28, 1), (32, 32, 3)


class FakeThread(QObject):
    resulted = Signal(object)


class Parts:
    def __init__(self) -> None:
        self.thread = FakeThread()
        self.session, self.training = Session(), Training()
        self.controller = TrainingController(
            self.thread,  # type: ignore[arg-type]
            self.session,
            self.training,
            MapView(),
        )

    def open(self, name: str, shape: tuple[int, int, int], count: int = 300) -> None:
        self.session.set_data(ImageSet(name, name, np.zeros((count, *shape), np.uint8)))

    def open_model(self, name: str, document: ModelDocument) -> None:
        opened = ModelOpened(self.session.session_epoch + 1, name, None, document, True, True)
        self.session.set_model(opened)
        self.thread.resulted.emit(opened)

    def choose(self, **changes: object) -> None:
        self.controller.set_spec(dataclasses.replace(self.training.spec, **changes))

    @property
    def spec(self) -> TrainSpec:
        return self.training.spec


def recommended(name: str, shape: tuple[int, int, int], count: int = 300) -> TrainSpec:
    return dataclasses.replace(proposed_spec(shape, count), data=name)


@pytest.fixture
def parts() -> Parts:
    return Parts()


def document_of(spec: TrainSpec) -> ModelDocument:
    """Return the bundled model's description, as if a run with some settings had made it."""
    bundled = read_model_file(model_path(DEFAULT_MODEL)).document
    return msgspec.structs.replace(bundled, spec=dataclasses.asdict(spec), data_name=spec.data)


def test_images_fill_the_form_and_others_fill_it_again(parts: Parts) -> None:
    parts.open("a", GREY)
    assert parts.spec == recommended("a", GREY)
    parts.open("b", COLOUR)
    assert parts.spec == recommended("b", COLOUR)


def test_what_the_user_has_chosen_stays(parts: Parts) -> None:
    parts.open("a", GREY)
    parts.choose(epochs=7)
    for name, shape in (("b", COLOUR), ("c", GREY), ("d", COLOUR)):
        parts.open(name, shape)
        assert parts.spec == dataclasses.replace(recommended(name, shape), epochs=7)


def test_a_preset_stays_as_a_whole(parts: Parts) -> None:
    parts.open("a", GREY)
    spec = PRESETS["conv-2d"].spec("a")
    parts.controller.set_spec(spec)
    parts.open("b", COLOUR)
    assert parts.spec == spec


def test_an_opened_run_fills_the_form_with_its_settings_until_other_images_come(
    parts: Parts,
) -> None:
    run = TrainSpec(data="a", epochs=3, hidden=(9,))
    parts.open("b", GREY)
    parts.open_model("mine", document_of(run))
    assert parts.spec == dataclasses.replace(run, data="b")
    parts.open("a", GREY)  # its own images
    assert (parts.spec.epochs, parts.spec.hidden) == (3, (9,))
    parts.open("c", COLOUR)
    assert parts.spec == recommended("c", COLOUR)


def test_a_bundled_model_leaves_the_recommendation(parts: Parts) -> None:
    parts.open("digits", GREY)
    parts.open_model(DEFAULT_MODEL, read_model_file(model_path(DEFAULT_MODEL)).document)
    assert parts.spec == recommended("digits", GREY)
