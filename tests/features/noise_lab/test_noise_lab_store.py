from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from latentlab.base.errors import UsageError
from latentlab.features.noise_lab.store import MOST_PASSES, MOST_SEED, MOST_STEPS, NoiseLab

IMAGE = np.arange(20, dtype=np.uint8).reshape(4, 5, 1)


@pytest.fixture
def lab(qtbot: QtBot) -> NoiseLab:
    return NoiseLab()


def test_an_input_is_copied_and_equal_ones_say_nothing(lab: NoiseLab, qtbot: QtBot) -> None:
    image = IMAGE.copy()
    lab.set_image(image, "a", index=3)
    image[:] = 0
    assert lab.image is not None
    np.testing.assert_array_equal(lab.image, IMAGE)
    assert not lab.image.flags.writeable
    with qtbot.assertNotEmitted(lab.imageChanged):
        lab.set_image(IMAGE, "a", index=3)
    with qtbot.waitSignal(lab.imageChanged):
        lab.set_image(IMAGE, "a", has_clean=False, index=3)
    with qtbot.waitSignal(lab.imageChanged):
        lab.set_image(None)
    assert lab.image is None
    assert lab.image_index is None


def test_bounds(lab: NoiseLab) -> None:
    lab.set_noise((("mask", 0.5),) * (MOST_STEPS + 3), MOST_SEED + 9)
    assert len(lab.steps) == MOST_STEPS
    assert lab.seed == MOST_SEED
    lab.set_varied(99)
    assert lab.varied == MOST_STEPS - 1
    lab.set_noise((("mask", 0.5),), -3)
    assert (lab.varied, lab.seed) == (0, 0)
    lab.set_passes(0)
    assert lab.passes == 1
    lab.set_passes(1000)
    assert lab.passes == MOST_PASSES
    lab.set_noise((), 1)
    assert lab.steps == ()


def test_what_no_corruption_can_be_is_refused(lab: NoiseLab) -> None:
    before = lab.steps
    for steps in ((("nonsense", 0.1),), (("mask", 7.0),), (("mask", float("nan")),)):
        with pytest.raises(UsageError):
            lab.set_noise(steps, 0)
    assert lab.steps == before
