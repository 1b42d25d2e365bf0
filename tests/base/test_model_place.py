from __future__ import annotations

from pathlib import Path

from latentlab.base.model_place import model_title, weights_file


def test_files_and_run_folders(tmp_path: Path) -> None:
    assert weights_file(tmp_path) is None
    assert weights_file(tmp_path / "gone.safetensors") is None
    assert weights_file(Path("a\0b.safetensors")) is None
    file = tmp_path / "m.safetensors"
    file.touch()
    assert weights_file(file) == file
    (tmp_path / "picture.png").touch()
    assert weights_file(tmp_path / "picture.png") is None
    last = tmp_path / "last.safetensors"
    last.touch()
    assert weights_file(tmp_path) == last
    best = tmp_path / "model.safetensors"
    best.touch()
    assert weights_file(tmp_path) == best
    assert weights_file(Path("x" * 5000)) is None


def test_titles() -> None:
    assert model_title(Path("/a/run.v2")) == "run.v2"
    assert model_title(Path("/a/digits.safetensors")) == "digits"
    assert model_title(Path("/a/first/model.safetensors")) == "first"
    assert model_title(Path("model.safetensors")) == "model"
