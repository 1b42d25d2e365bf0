"""What the window takes from the compute thread about training and codes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication

from latentlab.base.trace import NullTracer
from latentlab.engine.messages import Embedded, ModelOpened
from latentlab.latent.neighbours import NeighbourIndex
from latentlab.workspace.lab import Lab


@pytest.fixture
def lab(qapp: QApplication) -> Iterator[Lab]:
    made = Lab(NullTracer())
    yield made
    for timer in (made.traversal_controller._timer, made.grid_controller._timer):
        timer.stop()


def codes(known: int) -> NDArray[np.float32]:
    found = np.random.default_rng(known).normal(size=(50, 2)).astype(np.float32)
    found[known:] = np.nan
    return found


def test_codes_of_some_images_do_not_take_the_place_of_all(lab: Lab) -> None:
    """The stored map of the bundled model stays while the images are encoded afresh."""
    from latentlab.base.bundled import model_path
    from latentlab.models.model_file import read_model_file

    document = read_model_file(model_path("digits-vae")).document
    lab.session.set_model(ModelOpened(1, "m", None, document, True, True))

    def take(found: NDArray[np.float32], *, complete: bool) -> None:
        index = NeighbourIndex(found) if complete else None
        lab.compute.resulted.emit(Embedded(1, found, index, complete, 0))

    first, whole = codes(10), codes(50)
    take(first, complete=False)
    assert lab.map_view.codes is first, "some are better than none"
    take(whole, complete=True)
    take(codes(20), complete=False)
    assert lab.map_view.codes is whole and lab.map_view.index is not None
    newer = codes(50) + np.float32(1)
    take(newer, complete=True)
    assert lab.map_view.codes is newer
