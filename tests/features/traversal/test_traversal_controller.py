"""The pictures at the ends of the sliders are those of where the cursor rests."""

from __future__ import annotations

import numpy as np
import pytest
from answering_thread import AnsweringThread
from pytestqt.qtbot import QtBot
from wide_model import DIMS, KL, document

from latentlab.engine.cursor_messages import TraversalEndsDecoded, TraversalEndsRequest
from latentlab.engine.messages import ModelOpened
from latentlab.engine.training_messages import TrainProgress
from latentlab.features.traversal.controller import TraversalController
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.session import Session


class Parts:
    """The controller on stores of its own."""

    def __init__(self, dims: int) -> None:
        self.thread, self.session = AnsweringThread(), Session()
        self.explorer = Explorer()
        self.controller = TraversalController(
            self.thread,  # type: ignore[arg-type]
            self.session,
            self.explorer,
        )
        self.session.set_engine_status("ready")
        kl = KL if dims == DIMS else [1.0] * dims
        self.session.set_model(ModelOpened(3, "m", None, document(kl, dims), True, True))
        self.explorer.set_z(np.linspace(0, 1, dims, dtype=np.float32))

    @property
    def asked(self) -> list[TraversalEndsRequest]:
        return self.thread.of(TraversalEndsRequest)


def answer(request: TraversalEndsRequest, epoch: int = 3) -> TraversalEndsDecoded:
    images = np.zeros((len(request.z), 4, 4, 1), np.uint8)
    return TraversalEndsDecoded(epoch, request.sequence, request.numbers, images, 0)


def test_a_moving_hand_asks_for_nothing_and_a_resting_one_once(qtbot: QtBot) -> None:
    parts = Parts(DIMS)
    for step in range(10):
        parts.explorer.set_z(np.full(DIMS, step / 10, np.float32))
    assert not parts.asked
    qtbot.waitUntil(lambda: len(parts.asked) == 1)
    (request,) = parts.asked
    assert request.numbers == tuple(range(DIMS))
    assert request.z.shape == (2 * DIMS, DIMS)
    assert np.allclose(request.z[0], [-3, 0.9, 0.9, 0.9, 0.9, 0.9])
    assert np.allclose(request.z[-1], [0.9, 0.9, 0.9, 0.9, 0.9, 3])
    parts.thread.resulted.emit(answer(request, epoch=2))
    assert parts.explorer.ends is None, "of another model"
    taken = answer(request)
    parts.thread.resulted.emit(taken)
    assert parts.explorer.ends is taken


def test_they_follow_the_weights(qtbot: QtBot) -> None:
    parts = Parts(DIMS)
    qtbot.waitUntil(lambda: len(parts.asked) == 1)
    parts.thread.resulted.emit(TrainProgress(1, 2, 0, 1, 1.0, 1.0, 1))
    qtbot.waitUntil(lambda: len(parts.asked) == 2)


@pytest.mark.parametrize("dims", [1, 2])
def test_maps_of_two_numbers_show_them_all_and_ask_for_no_ends(qtbot: QtBot, dims: int) -> None:
    parts = Parts(dims)
    parts.thread.resulted.emit(TrainProgress(1, 2, 0, 1, 1.0, 1.0, 1))
    assert not parts.controller._timer.isActive()
    parts.controller._request()
    assert not parts.asked
