from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab_window import LabMap, LabWindow, OpenLab
from pytestqt.qtbot import QtBot


@pytest.fixture
def lab_window(qtbot: QtBot) -> Iterator[LabWindow]:
    """The window with the bundled digits and model, serving."""
    opened = LabWindow(qtbot)
    opened.wait_ready()
    yield opened
    opened.close()


@pytest.fixture
def open_lab(qtbot: QtBot) -> Iterator[OpenLab]:
    """The bundled digits and model, served without a window."""
    opened = OpenLab(qtbot)
    opened.wait_ready()
    yield opened
    opened.close()


@pytest.fixture
def lab_map(qtbot: QtBot) -> Iterator[LabMap]:
    """The bundled digits and model on the map alone, served."""
    opened = LabMap(qtbot)
    opened.wait_ready()
    yield opened
    opened.close()
