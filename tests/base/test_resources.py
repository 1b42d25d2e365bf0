from __future__ import annotations

from pathlib import Path

import pytest

from latentlab.base import resources
from latentlab.base.bundled import (
    BUNDLED_DATA,
    BUNDLED_MODELS,
    DEFAULT_DATA,
    DEFAULT_MODEL,
    model_path,
)
from latentlab.base.resources import resource


@pytest.mark.parametrize(
    "parts",
    [
        ("icons", "play.svg"),
        ("app", "latentlab.svg"),
        ("data", "digits", "digits.npz"),
        ("data", "digits", "LICENSE.md"),
        ("models", "digits-vae", "model.safetensors"),
        ("models", "digits-vae", "preview.npz"),
        ("models", "digits-denoiser", "model.safetensors"),
    ],
)
def test_what_comes_with_the_program_is_there(parts: tuple[str, ...]) -> None:
    assert resource(*parts).is_file()


def test_every_bundled_name_has_its_files() -> None:
    assert DEFAULT_DATA in BUNDLED_DATA
    assert DEFAULT_MODEL in BUNDLED_MODELS
    assert all(model_path(name).is_file() for name in BUNDLED_MODELS)
    stored = [name for name in BUNDLED_DATA if name != "shapes"]  # which the program draws
    assert all(resource("data", name, f"{name}.npz").is_file() for name in stored)


def test_a_wheel_has_the_files_inside_and_a_source_tree_beside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "latentlab"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert resource("icons", "a.svg") == tmp_path / "site" / "resources" / "icons" / "a.svg"
    (package / "resources").mkdir()
    assert resource("icons", "a.svg") == package / "resources" / "icons" / "a.svg"


def test_a_bundled_model_is_not_hidden_by_a_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("digits-vae").mkdir()
    assert model_path("digits-vae") == resource("models", "digits-vae", "model.safetensors")
    assert model_path("./digits-vae") == Path("digits-vae")
    assert model_path(Path("run") / "m.safetensors") == Path("run/m.safetensors")


def test_the_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert model_path("~/m.safetensors") == tmp_path / "m.safetensors"
