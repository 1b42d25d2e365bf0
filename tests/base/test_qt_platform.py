from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any

import pytest

from latentlab.base import qt_platform
from latentlab.base.qt_platform import display_problem


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux machine with all libraries and without any display."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(qt_platform, "_missing_library", lambda _: "")
    monkeypatch.setattr(qt_platform, "_x_server_answers", lambda _: True)
    return monkeypatch


def test_without_a_display_a_sentence_says_what_to_do(linux: pytest.MonkeyPatch) -> None:
    problem = display_problem()
    assert "there is no display" in problem
    assert "xvfb-run latentlab" in problem
    assert "\n" not in problem


def test_xcb_needs_a_display(linux: pytest.MonkeyPatch) -> None:
    linux.setenv("QT_QPA_PLATFORM", "xcb")
    assert "there is no display" in display_problem()


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:size=10x10", "wayland;xcb"])
def test_other_platforms_need_none(linux: pytest.MonkeyPatch, platform: str) -> None:
    linux.setenv("QT_QPA_PLATFORM", platform)
    assert display_problem() == ""


def test_a_display_that_answers_is_fine(linux: pytest.MonkeyPatch) -> None:
    asked = []
    linux.setenv("DISPLAY", ":7")
    linux.setattr(qt_platform, "_x_server_answers", lambda name: asked.append(name) or True)
    assert display_problem() == ""
    assert asked == [":7"]


def test_a_display_that_does_not_answer_is_named(linux: pytest.MonkeyPatch) -> None:
    linux.setenv("DISPLAY", ":99")
    linux.setattr(qt_platform, "_x_server_answers", lambda _: False)
    assert "the display “:99” does not answer" in display_problem()


def test_wayland_is_a_display(linux: pytest.MonkeyPatch) -> None:
    linux.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display_problem() == ""


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_nothing_can_be_missing(linux: pytest.MonkeyPatch, platform: str) -> None:
    linux.setattr(sys, "platform", platform)
    linux.setattr(qt_platform, "_missing_library", lambda _: "lib.so")
    assert display_problem() == ""


def test_a_missing_library_is_named_with_the_line_that_installs_it(
    linux: pytest.MonkeyPatch,
) -> None:
    linux.setenv("QT_QPA_PLATFORM", "offscreen")
    linux.setattr(qt_platform, "_missing_library", lambda _: "libEGL.so.1")
    problem = display_problem()
    assert "libEGL.so.1 is missing" in problem
    assert "sudo apt-get install" in problem
    assert "libegl1" in problem


class Loader:
    """Loads every library but those whose name holds a word."""

    def __init__(self, missing: str) -> None:
        self.loaded: list[str] = []
        self._missing = missing

    def __call__(self, name: str, *_: Any) -> object:
        if self._missing and self._missing in name:
            raise OSError("libxcb-cursor.so.0: cannot open shared object file: No such file")
        self.loaded.append(Path(name).name)
        return object()


@pytest.fixture
def qt_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two files of Qt that show whether the system's libraries are there."""
    for parts in (("lib", "libQt6Gui.so.6"), ("plugins", "platforms", "libqxcb.so")):
        path = tmp_path.joinpath("Qt", *parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})()
    monkeypatch.setattr(qt_platform.importlib.util, "find_spec", lambda _: spec)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.mark.usefixtures("qt_files")
@pytest.mark.parametrize(
    ("platform", "missing", "expected"),
    [
        ("", "", ""),
        ("", "libqxcb", "libxcb-cursor.so.0"),
        ("xcb", "libqxcb", "libxcb-cursor.so.0"),
        ("xcb", "libQt6Gui", "libxcb-cursor.so.0"),
        ("offscreen", "libqxcb", ""),
        ("offscreen", "libQt6Gui", "libxcb-cursor.so.0"),
    ],
)
def test_the_library_that_qt_lacks_is_found(
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    missing: str,
    expected: str,
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", Loader(missing))
    assert qt_platform._missing_library(platform) == expected


@pytest.mark.usefixtures("qt_files")
def test_wayland_does_not_need_the_libraries_of_x(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    loader = Loader("libqxcb")
    monkeypatch.setattr(ctypes, "CDLL", loader)
    assert qt_platform._missing_library("") == ""
    assert loader.loaded == ["libQt6Gui.so.6"]


def test_without_qt_nothing_of_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_platform.importlib.util, "find_spec", lambda _: None)
    assert qt_platform._missing_library("") == ""


def test_without_the_library_of_x_its_server_is_taken_to_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", Loader("libxcb"))
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: None)
    assert qt_platform._x_server_answers(":0")


def test_a_display_that_does_not_exist_does_not_answer() -> None:
    if ctypes.util.find_library("xcb") is None:
        pytest.skip("no library to ask with")
    assert not qt_platform._x_server_answers(":54321")
