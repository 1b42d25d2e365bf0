"""Downloads in a process of their own: how far, cancelled, failed, finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from latentlab.data.downloads.known import known_set
from latentlab.features.downloads.controller import DownloadController

_PART = """
import sys, time
sys.path.insert(0, {!r})
from latentlab.data.downloads.remote_file import part_path
from latentlab.data.downloads.known import known_set
known = known_set({!r})
part = part_path(known.folder, known.files[0])
part.parent.mkdir(parents=True, exist_ok=True)
part.write_bytes(b"x" * 1000)
"""
STALLS = _PART + "time.sleep(1000)"
FAILS = "import sys; print('note', file=sys.stderr); sys.exit('No {1!s} from {0!s:.0}here.')"
SUCCEEDS = "# {!r} {!r}"


@pytest.fixture
def made(request: Any) -> Any:
    controllers: list[DownloadController] = []

    def make(script: str) -> DownloadController:
        controllers.append(DownloadController(script=script))
        return controllers[-1]

    yield make
    for controller in controllers:
        controller.cancel()


def offer(controller: DownloadController) -> Any:
    return next(one for one in controller.offers() if one.name == "mnist")


def test_what_is_offered_is_not_here_at_first(made: Any) -> None:
    controller = made(SUCCEEDS)
    assert [one.name for one in controller.offers()] == ["mnist", "fashion-mnist", "kmnist"]
    first = offer(controller)
    assert (first.done_bytes, first.is_here, first.num_images) == (0, False, 70_000)
    assert first.num_bytes == known_set("mnist").num_bytes > 10_000_000


def test_progress_is_seen_and_a_cancelled_download_keeps_its_part(made: Any, qtbot: QtBot) -> None:
    controller = made(STALLS)
    controller.download("mnist")
    assert controller.downloading == "mnist"
    qtbot.waitUntil(lambda: offer(controller).done_bytes == 1000, timeout=20_000)
    controller.download("kmnist")
    assert controller.downloading == "mnist", "one at a time"
    with qtbot.waitSignal(controller.changed):
        controller.cancel()
    assert controller.downloading == ""
    assert offer(controller).done_bytes == 1000 and not offer(controller).is_here


def test_a_finished_download_names_its_set(made: Any, qtbot: QtBot) -> None:
    controller = made(SUCCEEDS)
    with qtbot.waitSignal(controller.finished, timeout=20_000) as found:
        controller.download("kmnist")
    assert found.args == ["kmnist"] and controller.downloading == ""


def test_a_failed_download_says_why(made: Any, qtbot: QtBot) -> None:
    controller = made(FAILS)
    with qtbot.waitSignal(controller.failed, timeout=20_000) as found:
        controller.download("mnist")
    assert found.args == ["No mnist from here.", "note\nNo mnist from here."]
    assert controller.downloading == ""


def test_unknown_names_begin_nothing(made: Any) -> None:
    controller = made(SUCCEEDS)
    controller.download("digits")
    assert controller.downloading == ""


def test_a_python_that_cannot_start_is_told(
    made: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "none"))
    controller = made(SUCCEEDS)
    with qtbot.waitSignal(controller.failed, timeout=20_000) as found:
        controller.download("mnist")
    assert "could not be started" in found.args[0]
