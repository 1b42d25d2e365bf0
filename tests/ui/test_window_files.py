"""Opening, saving, dropping and refusing in the real window."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab_window import LabWindow
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from latentlab.core import model_file
from latentlab.core.bundled import model_path
from latentlab.ui.image_view import ImageView
from latentlab.ui.toast_area import ToastArea


def sentences(lab_window: LabWindow) -> list[str]:
    return [toast.sentence for toast in lab_window.window.findChild(ToastArea).toasts]


def drop(lab_window: LabWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    # A drop that no drag has entered is not delivered by Qt.
    lab_window.window.dropEvent(event)


def test_a_saved_model_opens_again_by_a_drop(lab_window: LabWindow, tmp_path: Path) -> None:
    session = lab_window.lab.session
    lab_window.lab.session_controller.save_model(str(tmp_path / "mine"))
    target = tmp_path / "mine.safetensors"
    lab_window.wait(target.exists)
    lab_window.wait(lambda: session.model.name == "mine")
    epoch = session.session_epoch
    codes = lab_window.lab.map_view.codes
    drop(lab_window, target)
    lab_window.wait(lambda: session.session_epoch > epoch)
    assert lab_window.window.windowTitle() == "Digits · mine — LatentLab"
    lab_window.wait(lambda: lab_window.lab.map_view.index is not None)
    assert np.allclose(lab_window.lab.map_view.codes, codes, atol=1e-4)
    assert str(target) in lab_window.lab.settings.recent()


@pytest.mark.parametrize("name", ["empty.safetensors", "noise.safetensors", "model.pt", "folder"])
def test_a_refused_file_leaves_everything_as_it_was(
    lab_window: LabWindow, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif name.startswith("noise"):
        path.write_bytes(np.random.default_rng(0).bytes(4096))
    elif name.endswith(".pt"):
        path.write_bytes(b"\x80\x02}q\x00.")
    else:
        path.write_bytes(b"")
    model, data = lab_window.lab.session.model, lab_window.lab.session.data
    drop(lab_window, path)
    assert sentences(lab_window) and path.name in sentences(lab_window)[0]
    lab_window.qtbot.wait(50)
    assert lab_window.lab.session.model is model
    assert lab_window.lab.session.data is data


def test_a_model_cut_short_is_refused(lab_window: LabWindow, tmp_path: Path) -> None:
    path = tmp_path / "short.safetensors"
    path.write_bytes(model_path("digits-vae").read_bytes()[:100_000])
    model = lab_window.lab.session.model
    lab_window.lab.session_controller.open_path(str(path))
    assert sentences(lab_window)
    assert lab_window.lab.session.model is model


def test_data_of_another_size_still_explores(lab_window: LabWindow, tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    rng = np.random.default_rng(0)
    np.savez(path, images=rng.integers(0, 256, (50, 12, 9, 3), np.uint8), labels=np.arange(50) % 3)
    drop(lab_window, path)
    lab_window.wait(lambda: lab_window.lab.session.data.title == "other")
    lab_window.wait(lambda: any("shown as 28 × 28 grey" in s for s in sentences(lab_window)))
    lab_window.wait(lambda: lab_window.lab.map_view.index is not None)
    assert lab_window.lab.map_view.codes.shape == (50, 2)
    lab_window.lab.explore_controller.select(7)
    lab_window.wait(lambda: lab_window.lab.explorer.reconstructed is not None)
    shown = lab_window.control(ImageView, "selected_image")
    assert (shown.image.width(), shown.image.height()) == (28, 28)
    assert shown.caption == "shown as 28 × 28 grey"
    before = lab_window.lab.explorer.decoded
    lab_window.click((200, 150))
    lab_window.wait(lambda: lab_window.lab.explorer.decoded is not before)


def test_other_data_of_the_same_size_are_shown_and_named(
    lab_window: LabWindow, tmp_path: Path
) -> None:
    path = tmp_path / "noise.npz"
    images = np.random.default_rng(0).integers(0, 256, (300, 28, 28), np.uint8)
    np.savez(path, x=images)
    drop(lab_window, path)
    lab_window.wait(lambda: any("never seen" in s for s in sentences(lab_window)))
    lab_window.wait(
        lambda: (
            lab_window.lab.map_view.codes.shape == (300, 2)
            and np.isfinite(lab_window.lab.map_view.codes).all()
        )
    )


def test_colour_images_of_an_odd_size_train_and_decode(
    lab_window: LabWindow, tmp_path: Path
) -> None:
    from latentlab.family.train_spec import TrainSpec

    path = tmp_path / "colour.npz"
    rng = np.random.default_rng(0)
    np.savez(path, images=rng.integers(0, 256, (64, 11, 17, 3), np.uint8))
    drop(lab_window, path)
    lab_window.wait(lambda: lab_window.lab.session.data.title == "colour")
    lab_window.lab.training.set_spec(
        TrainSpec(network="conv", channels=(8, 8), epochs=2, batch_size=16, latent_dim=3)
    )
    lab_window.trigger("train_action")
    lab_window.wait(lambda: lab_window.lab.training.sentence.startswith("Kept"))
    lab_window.wait(lambda: lab_window.lab.explorer.decoded.image.shape == (11, 17, 3))
    assert len(lab_window.lab.explorer.z) == 3
    lab_window.wait(lambda: lab_window.lab.map_view.index is not None)


@pytest.fixture
def weights_read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose weights are read, which fails in the window's thread."""
    read = model_file._read_weights
    files: list[Path] = []

    def noting(path: Path, *more: Any) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        if path not in files[-1:]:
            files.append(path)
        return read(path, *more)

    monkeypatch.setattr(model_file, "_read_weights", noting)
    return files


def test_weights_are_read_once_and_never_by_the_window(
    weights_read: list[Path], lab_window: LabWindow, tmp_path: Path
) -> None:
    assert weights_read == [model_path("digits-vae")]
    target = tmp_path / "other.safetensors"
    target.write_bytes(model_path("digits-denoiser").read_bytes())
    drop(lab_window, target)
    lab_window.wait(lambda: lab_window.lab.session.model.name == "other")
    assert weights_read[1:] == [target]


def test_a_path_on_the_command_line_is_read_once_and_not_by_the_window(
    weights_read: list[Path], qtbot: QtBot, tmp_path: Path
) -> None:
    target = tmp_path / "given.safetensors"
    target.write_bytes(model_path("digits-denoiser").read_bytes())
    opened = LabWindow(qtbot, str(target))
    opened.wait_ready()
    assert weights_read == [target]
    opened.close()


@pytest.mark.parametrize("at_start", [False, True])
def test_a_file_that_claims_gigabytes_is_refused_without_reading_them(
    weights_read: list[Path], qtbot: QtBot, tmp_path: Path, at_start: bool
) -> None:
    content = model_path("digits-vae").read_bytes()
    length = int.from_bytes(content[:8], "little")
    table = json.loads(content[8 : 8 + length])
    table = {
        "__metadata__": table["__metadata__"],
        "w": {"dtype": "F32", "shape": [2**29], "data_offsets": [0, 2**31]},
    }
    header = json.dumps(table).encode()
    target = tmp_path / "sparse.safetensors"
    target.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(target, 8 + len(header) + 2**31)
    opened = LabWindow(qtbot, str(target) if at_start else None)
    opened.wait_ready()
    model = opened.lab.session.model
    if not at_start:
        drop(opened, target)
    assert any("do not fit the network" in sentence for sentence in sentences(opened))
    opened.wait(lambda: opened.lab.map_view.index is not None)
    assert opened.lab.session.model is model
    assert opened.lab.session.model.name == "digits-vae"
    assert target not in weights_read
    opened.close()


def test_path_on_the_command_line_opens_a_model(qtbot: QtBot, tmp_path: Path) -> None:
    target = tmp_path / "given.safetensors"
    target.write_bytes(model_path("digits-vae").read_bytes())
    opened = LabWindow(qtbot, str(target))
    opened.wait_ready()
    opened.wait(lambda: opened.lab.session.model.name == "given")
    opened.close()


def test_a_refused_path_falls_back_to_the_bundled_map(qtbot: QtBot, tmp_path: Path) -> None:
    target = tmp_path / "broken.safetensors"
    target.write_bytes(b"no model")
    opened = LabWindow(qtbot, str(target))
    opened.wait_ready()
    assert opened.lab.session.model.name == "digits-vae"
    assert any("broken" in s for s in sentences(opened))
    opened.close()


def test_damaged_settings_are_moved_aside(qtbot: QtBot, own_folders: Path) -> None:
    path = own_folders / "config" / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x00\xff garbage \x00" * 50)
    opened = LabWindow(qtbot)
    opened.wait_ready()
    assert path.with_name("settings.json.bad").exists()
    assert any("settings were damaged" in s for s in sentences(opened))
    opened.close()
