"""Pictures dropped on the real window, from the first file to the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lab_window import LabWindow, OpenLab
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from latentlab.features.importing.import_view import ImportView


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for kind in ("cats", "dogs"):
        folder = tmp_path / "pets" / kind
        folder.mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(0, 256, (9, 12, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    (tmp_path / "pets" / "cats" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    (tmp_path / "pets" / "notes.txt").write_text("no picture")
    return tmp_path / "pets"


def view_of(lab_window: LabWindow) -> ImportView:
    found = lab_window.window.findChild(ImportView)
    assert found is not None
    return found


def test_pictures_are_looked_at_changed_and_opened(
    lab_window: LabWindow, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _several_pictures_go_together(lab_window, pets, monkeypatch)
    importing, session = lab_window.lab.importing, lab_window.lab.session
    before = session.data
    lab_window.drop(pets)
    view = view_of(lab_window)
    assert view.isVisible() and not view.isModal()
    lab_window.wait(lambda: importing.status == "done")
    assert importing.result is not None and len(importing.result) == 24
    assert {Path(one.path).name for one in importing.skipped} == {"broken.png", "notes.txt"}
    assert session.data is before  # until somebody says so
    shown = lab_window.lab.explorer.decoded
    lab_window.click((200, 150))
    lab_window.wait(lambda: lab_window.lab.explorer.decoded is not shown)  # the map is usable
    view.findChild(QPushButton, "open_import").click()
    lab_window.wait(lambda: session.data is not before)
    assert session.data is not None and session.data.image_shape == (9, 12, 3)
    assert session.data.class_names == ("cats", "dogs")
    assert not view.isVisible() and importing.status == "idle"
    lab_window.wait(lambda: lab_window.lab.map_view.index is not None)
    assert str(pets) in lab_window.lab.settings.recent()


def test_train_starts_a_run_on_the_pictures(lab_window: LabWindow, pets: Path) -> None:
    lab = lab_window.lab
    lab_window.drop(pets)
    view_of(lab_window).findChild(QPushButton, "train_import").click()  # long before all are read
    lab_window.wait(lambda: lab.training.status == "running")
    assert lab.session.data is not None and lab.session.data.title == "pets"
    assert lab.training.spec.network == "conv"
    assert not view_of(lab_window).isVisible()
    lab_window.wait(lambda: lab.training.progress is not None)
    lab_window.trigger("stop_action")
    lab_window.wait(lambda: lab.training.status == "idle")
    lab_window.wait(lambda: lab.explorer.decoded.image.shape == (9, 12, 3))


def _several_pictures_go_together(
    lab_window: LabWindow, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing = lab_window.lab.importing
    chosen = [str(path) for path in sorted((pets / "dogs").iterdir())[:5]]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (chosen, ""))
    lab_window.trigger("open_action")
    lab_window.wait(lambda: importing.status == "done")
    assert importing.result is not None and len(importing.result) == 5
    view_of(lab_window).reject()
    assert importing.status == "idle"
    lab_window.drop(pets / "notes.txt", *map(Path, chosen[:3]))
    lab_window.wait(lambda: importing.status == "done")
    assert len(importing.result) == 3
    assert [Path(one.path).name for one in importing.skipped] == ["notes.txt"]


def test_a_folder_on_the_command_line(qtbot: QtBot, pets: Path) -> None:
    opened = OpenLab(qtbot, str(pets))
    opened.wait(lambda: opened.lab.importing.status == "done")
    assert opened.lab.session.data is not None and opened.lab.session.data.name == "digits"
    opened.close()


def test_closing_the_window_in_the_middle(qtbot: QtBot, pets: Path) -> None:
    opened = LabWindow(qtbot)
    opened.drop(pets)
    view = view_of(opened)
    opened.window.close()
    assert not view.isVisible()
    assert not opened.lab.import_thread.is_running
    opened.close()


def test_a_folder_without_pictures_is_refused_in_a_sentence(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    open_lab.lab.session_controller.open_paths([str(tmp_path)])
    open_lab.wait(lambda: open_lab.lab.importing.status == "failed")
    assert open_lab.lab.importing.failure.sentence
    assert open_lab.lab.session.data.name == "digits"
