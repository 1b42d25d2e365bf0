from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab_window import LabWindow
from pytestqt.qtbot import QtBot


@pytest.fixture
def lab_window(qtbot: QtBot) -> Iterator[LabWindow]:
    """The window with the bundled digits and model, serving."""
    opened = LabWindow(qtbot)
    opened.wait_ready()
    yield opened
    opened.close()
