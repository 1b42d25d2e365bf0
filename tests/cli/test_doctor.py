from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
from pathlib import Path

import pytest

import latentlab
from latentlab.__main__ import main
from latentlab.cli import doctor as doctor_module


def test_it_says_what_is_there(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    text, said = capsys.readouterr()
    assert said == ""
    assert text.startswith(f"LatentLab {latentlab.__version__}, Python ")
    for package in ("torch", "numpy", "PySide6-Essentials"):
        assert f"{package} {importlib.metadata.version(package)}" in text
    assert "Device: CPU" in text
    assert "Window: a display is there" in text
    for name in ("data", "config", "log"):
        assert str(own_folders / name) in text
    assert not own_folders.exists(), "looking writes nothing"


def test_it_says_what_keeps_the_window_from_opening(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor_module, "display_problem", lambda: "There is no display.")
    assert main(["doctor"]) == 0, "the command line works all the same"
    assert "Window: There is no display." in capsys.readouterr().out


def test_a_missing_package_has_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = importlib.metadata.version

    def without_scipy(name: str) -> str:
        if name == "scipy":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_scipy)
    main(["doctor"])
    assert "scipy is missing: python -m pip install scipy" in capsys.readouterr().out


def test_a_broken_torch_is_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "latentlab.models.device", None)
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "PyTorch cannot be loaded" in text
    assert "Runs: " in text, "the rest is said all the same"


@pytest.mark.parametrize("words", [["doctor", "x"], ["doctor", "--wrong"]])
def test_wrong_use_is_one_sentence_and_code_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.count("\n") == 1


def test_for_programs_it_is_one_object(
    own_folders: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "--json"]) == 0
    text, said = capsys.readouterr()
    assert said == ""
    found = json.loads(text)
    assert found["versions"]["latentlab"] == latentlab.__version__
    assert found["versions"]["python"] == platform.python_version()
    assert found["versions"]["torch"] == importlib.metadata.version("torch")
    assert found["devices"][-1] == {
        "name": "cpu",
        "title": "CPU · 1 thread",
        "reason": found["devices"][-1]["reason"],
    }
    assert found["devices"][-1]["reason"]
    assert found["device_problem"] is None
    assert found["window_problem"] is None
    assert found["folders"] == {
        "runs": str(own_folders / "data"),
        "settings": str(own_folders / "config"),
        "log": str(own_folders / "log"),
    }
    monkeypatch.setattr(doctor_module, "display_problem", lambda: "There is no display.")
    monkeypatch.setitem(sys.modules, "latentlab.models.device", None)
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["window_problem"] == "There is no display."
    assert found["devices"] == []
    assert "PyTorch cannot be loaded" in found["device_problem"]
