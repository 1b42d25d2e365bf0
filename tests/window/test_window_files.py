"""Opening, saving and refusing, with the real compute thread and no window."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab_window import OpenLab
from pytestqt.qtbot import QtBot

from latentlab.base.bundled import model_path
from latentlab.models import model_file


def test_a_saved_model_opens_again(open_lab: OpenLab, tmp_path: Path) -> None:
    session = open_lab.lab.session
    open_lab.lab.session_controller.save_model(str(tmp_path / "mine"))
    target = tmp_path / "mine.safetensors"
    open_lab.wait(target.exists)
    open_lab.wait(lambda: session.model.name == "mine")
    epoch = session.session_epoch
    codes = open_lab.lab.map_view.codes
    open_lab.lab.session_controller.open_paths([str(target)])
    open_lab.wait(lambda: session.session_epoch > epoch)
    assert session.model.name == "mine"
    open_lab.wait(lambda: open_lab.lab.map_view.index is not None)
    assert np.allclose(open_lab.lab.map_view.codes, codes, atol=1e-4)
    assert str(target) in open_lab.lab.settings.recent()


def test_a_refused_file_leaves_everything_as_it_was(open_lab: OpenLab, tmp_path: Path) -> None:
    lab, notices = open_lab.lab, open_lab.notices
    model, data = lab.session.model, lab.session.data
    contents = {
        "empty.safetensors": b"",
        "noise.safetensors": np.random.default_rng(0).bytes(4096),
        "short.safetensors": model_path("digits-vae").read_bytes()[:100_000],
        "model.pt": b"\x80\x02}q\x00.",
        "folder": None,
    }
    for name, content in contents.items():
        path = tmp_path / name
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
        notices.clear()
        lab.session_controller.open_paths([str(path)])
        assert notices and path.name in notices[0]
        open_lab.round_trip()
        assert lab.session.model is model
        assert lab.session.data is data


def test_data_of_another_size_still_explores(open_lab: OpenLab, tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    rng = np.random.default_rng(0)
    np.savez(path, images=rng.integers(0, 256, (50, 12, 9, 3), np.uint8), labels=np.arange(50) % 3)
    open_lab.lab.session_controller.open_paths([str(path)])
    open_lab.wait(lambda: open_lab.lab.session.data.title == "other")
    open_lab.wait(lambda: any("shown as 28 × 28 grey" in s for s in open_lab.notices))
    open_lab.wait(lambda: open_lab.lab.map_view.index is not None)
    assert open_lab.lab.map_view.codes.shape == (50, 2)
    open_lab.lab.explore_controller.select(7)
    open_lab.wait(lambda: open_lab.lab.explorer.reconstructed is not None)
    before = open_lab.lab.explorer.decoded
    open_lab.lab.explore_controller.move_to(open_lab.lab.explorer.z + np.float32(0.1))
    open_lab.wait(lambda: open_lab.lab.explorer.decoded is not before)


def test_other_data_of_the_same_size_are_shown_and_named(open_lab: OpenLab, tmp_path: Path) -> None:
    path = tmp_path / "noise.npz"
    images = np.random.default_rng(0).integers(0, 256, (300, 28, 28), np.uint8)
    np.savez(path, x=images)
    open_lab.lab.session_controller.open_paths([str(path)])
    open_lab.wait(lambda: any("never seen" in s for s in open_lab.notices))
    open_lab.wait(
        lambda: (
            open_lab.lab.map_view.codes.shape == (300, 2)
            and np.isfinite(open_lab.lab.map_view.codes).all()
        )
    )


def test_colour_images_of_an_odd_size_train_and_decode(open_lab: OpenLab, tmp_path: Path) -> None:
    from latentlab.models.family.train_spec import TrainSpec

    path = tmp_path / "colour.npz"
    rng = np.random.default_rng(0)
    np.savez(path, images=rng.integers(0, 256, (64, 11, 17, 3), np.uint8))
    open_lab.lab.session_controller.open_paths([str(path)])
    open_lab.wait(lambda: open_lab.lab.session.data.title == "colour")
    open_lab.lab.training.set_spec(
        TrainSpec(network="conv", channels=(8, 8), epochs=2, batch_size=16, latent_dim=3)
    )
    open_lab.lab.training_controller.start()
    open_lab.wait(lambda: open_lab.lab.training.sentence.startswith("Kept"))
    open_lab.wait(lambda: open_lab.lab.explorer.decoded.image.shape == (11, 17, 3))
    assert len(open_lab.lab.explorer.z) == 3
    open_lab.wait(lambda: open_lab.lab.map_view.index is not None)


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
    weights_read: list[Path], open_lab: OpenLab, tmp_path: Path
) -> None:
    assert weights_read == [model_path("digits-vae")]
    target = tmp_path / "other.safetensors"
    target.write_bytes(model_path("digits-denoiser").read_bytes())
    open_lab.lab.session_controller.open_paths([str(target)])
    open_lab.wait(lambda: open_lab.lab.session.model.name == "other")
    assert weights_read[1:] == [target]


def test_a_path_on_the_command_line_is_read_once_and_not_by_the_window(
    weights_read: list[Path], qtbot: QtBot, tmp_path: Path
) -> None:
    target = tmp_path / "given.safetensors"
    target.write_bytes(model_path("digits-denoiser").read_bytes())
    opened = OpenLab(qtbot, str(target))
    opened.wait_ready()
    assert weights_read == [target]
    opened.wait(lambda: opened.lab.session.model.name == "given")
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
    opened = OpenLab(qtbot, str(target) if at_start else None)
    opened.wait_ready()
    model = opened.lab.session.model
    if not at_start:
        opened.lab.session_controller.open_paths([str(target)])
    assert any("do not fit the network" in sentence for sentence in opened.notices)
    opened.wait(lambda: opened.lab.map_view.index is not None)
    assert opened.lab.session.model is model
    assert opened.lab.session.model.name == "digits-vae"
    assert target not in weights_read
    opened.close()


def test_a_refused_path_falls_back_to_the_bundled_map(qtbot: QtBot, tmp_path: Path) -> None:
    target = tmp_path / "broken.safetensors"
    target.write_bytes(b"no model")
    opened = OpenLab(qtbot, str(target))
    opened.wait_ready()
    assert opened.lab.session.model.name == "digits-vae"
    assert any("broken" in s for s in opened.notices)
    opened.close()


def test_damaged_settings_are_moved_aside(qtbot: QtBot, own_folders: Path) -> None:
    path = own_folders / "config" / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x00\xff garbage \x00" * 50)
    opened = OpenLab(qtbot)
    opened.wait_ready()
    assert path.with_name("settings.json.bad").exists()
    assert any("settings were damaged" in s for s in opened.notices)
    opened.close()
