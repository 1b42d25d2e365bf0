"""The usual distance of images is measured once for each data set and size of pictures."""

from __future__ import annotations

import math

import numpy as np
import torch

from latentlab.base.bundled import model_path
from latentlab.engine.cursor_messages import PictureScaleMeasured
from latentlab.engine.live_model import LiveModel
from latentlab.engine.messages import Result
from latentlab.features.explore.image_scale_work import PictureScaleWork
from latentlab.images.image_set import ImageSet
from latentlab.models.checkpoint import build_model
from latentlab.models.model_file import read_model_file

CPU = torch.device("cpu")


def model(session_epoch: int) -> LiveModel:
    file = read_model_file(model_path("digits-vae"))
    return LiveModel(build_model(file, CPU), file.document, CPU, "m", None, session_epoch)


def images(seed: int) -> ImageSet:
    pixels = np.random.default_rng(seed).integers(0, 256, (60, 9, 12, 3), np.uint8)
    return ImageSet(f"noise {seed}", "Noise", pixels)


def finish(work: PictureScaleWork) -> None:
    while work.has_work():
        work.advance()


def test_it_is_measured_once_and_told_to_each_model() -> None:
    said: list[Result] = []
    work = PictureScaleWork(said.append)
    data = images(0)
    work.follow(model(1), data)
    assert work.has_work() and said == []
    work.follow(model(2), data)
    finish(work)
    (first,) = said
    assert isinstance(first, PictureScaleMeasured)
    assert first.session_epoch == 2 and 0.0 < first.scale < 1.0
    work.follow(model(3), data)
    assert not work.has_work(), "known already"
    assert said[1] == PictureScaleMeasured(3, first.scale)
    work.follow(model(4), images(1))
    finish(work)
    other = said[2]
    assert isinstance(other, PictureScaleMeasured)
    assert other.session_epoch == 4 and other.scale != first.scale


def test_nothing_is_measured_without_data_or_after_the_end() -> None:
    said: list[Result] = []
    work = PictureScaleWork(said.append)
    work.follow(model(1), None)
    assert not work.has_work()
    work.follow(model(2), images(0))
    work.drop()
    assert not work.has_work() and said == []


def test_a_single_image_has_no_usual_distance() -> None:
    said: list[Result] = []
    work = PictureScaleWork(said.append)
    work.follow(model(1), ImageSet("one", "One", np.zeros((1, 28, 28, 1), np.uint8)))
    finish(work)
    (found,) = said
    assert isinstance(found, PictureScaleMeasured)
    assert math.isnan(found.scale)
