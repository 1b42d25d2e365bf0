"""The window, and a lab without one, for the tests that need them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from lab_window import LabMap, LabWindow, OpenLab


@pytest.fixture
def lab_window(qtbot: QtBot) -> Iterator[LabWindow]:
    """The window with the bundled digits and model, serving."""
    from lab_window import LabWindow

    opened = LabWindow(qtbot)
    opened.wait_ready()
    yield opened
    opened.close()


@pytest.fixture
def open_lab(qtbot: QtBot) -> Iterator[OpenLab]:
    """The bundled digits and model, served without a window."""
    from lab_window import OpenLab

    opened = OpenLab(qtbot)
    opened.wait_ready()
    yield opened
    opened.close()


@pytest.fixture
def lab_map(qtbot: QtBot) -> Iterator[LabMap]:
    """The bundled digits and model on the map alone, served."""
    from lab_window import LabMap

    opened = LabMap(qtbot)
    opened.wait_ready()
    yield opened
    opened.close()
