"""Settings: what is kept, what is refused, several windows at once, and that nothing runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect

from latentlab.workspace.settings import MAX_RECENT, DockPlace, Settings

DOCKS = {
    "left_dock": DockPlace("left", (0, 30, 268, 600)),
    "b": DockPlace("right", (-5, 9, 70, 1), False, True, ("left_dock",)),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def written(path: Path, content: Any) -> Settings:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return Settings(path)


def test_what_is_set_is_there_at_the_next_start(path: Path) -> None:
    settings = Settings(path)
    assert (settings.geometry(), settings.docks(), settings.theme()) == (None, {}, "system")
    for i in range(12):
        settings.add_recent(f"/data/{i}")
    settings.remove_recent("/data/10")
    settings.add_recent("/data/\udcff\u202e<b>")
    settings.set_theme("dark")
    settings.set_geometry(QRect(-5, 7, 900, 700), True, DOCKS)
    again = Settings(path)
    assert again.recent()[:3] == ["/data/\udcff\u202e<b>", "/data/11", "/data/9"]
    assert len(again.recent()) == MAX_RECENT
    assert again.theme() == "dark" and again.notice == ""
    assert again.geometry() == (QRect(-5, 7, 900, 700), True)
    assert again.docks() == DOCKS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff garbage",
        b"{",
        b"[]",
        b"7",
        b"[" * 100_000,
        b'{"theme": ' + b"9" * 5000 + b"}",
        b'{"recent": ["' + b"x" * (1 << 20) + b'"]}',
        b"[window]\ntheme=dark\n",
    ],
)
def test_a_damaged_file_is_moved_aside(path: Path, content: bytes) -> None:
    settings = written(path, content)
    assert settings.notice.startswith("The settings were damaged")
    assert path.with_name("settings.json.bad").read_bytes() == content
    assert (settings.geometry(), settings.theme(), settings.recent()) == (None, "system", [])
    settings.set_theme("light")
    again = Settings(path)
    assert again.theme() == "light" and again.notice == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("theme", "pink"),
        ("theme", 7),
        ("window_rect", [1, 2, 3]),
        ("window_rect", [0, 0, 0, 10]),
        ("window_rect", [0, 0, 10**9, 10]),
        ("window_rect", [0.5, 0, 10, 10]),
        ("window_maximised", "true"),
        ("docks", ["x"]),
        ("docks", {"left_dock": {"area": "middle", "rect": [0, 0, 1, 1]}}),
        ("docks", {"left_dock": {"area": "left", "rect": [0, 0, 1, 10**7]}}),
        ("recent", "path"),
        ("recent", [1]),
        ("recent", [""]),
    ],
)
def test_a_wrong_field_costs_itself_only(path: Path, field: str, value: object) -> None:
    good = {
        "theme": "dark",
        "window_rect": [1, 2, 300, 400],
        "window_maximised": True,
        "docks": {"left_dock": {"area": "right", "rect": [0, 0, 10, 10]}},
        "recent": ["/a", "/b"],
    }
    settings = written(path, {**good, field: value})
    assert field in settings.notice and path.with_name("settings.json.bad").exists()
    settings.add_recent("/c")
    expected = {**good, "recent": ["/c", "/a", "/b"]}
    if field == "recent":
        expected["recent"] = ["/c"]
    else:
        del expected[field]
    assert json.loads(path.read_text()) == expected
    assert Settings(path).notice == ""


def test_fields_of_a_newer_version_stay(path: Path) -> None:
    written(path, {"colour_of_tomorrow": {"a": [1]}}).set_theme("dark")
    assert json.loads(path.read_text()) == {"colour_of_tomorrow": {"a": [1]}, "theme": "dark"}


def test_two_windows_keep_what_the_other_has_written(path: Path) -> None:
    one, other = Settings(path), Settings(path)
    one.add_recent("/one")
    other.add_recent("/other")
    one.set_theme("dark")
    other.set_geometry(QRect(0, 0, 900, 600), False, DOCKS)
    one.remove_recent("/nothing")
    assert one.recent() == other.recent() == ["/other", "/one"]
    last = Settings(path)
    assert last.theme() == "dark" and last.geometry() == (QRect(0, 0, 900, 600), False)
    path.unlink()
    assert one.recent() == ["/other", "/one"], "a file that vanished takes nothing along"


def test_many_writers_at_once_lose_nothing(path: Path) -> None:
    def write(name: str) -> None:
        settings = Settings(path)
        for i in range(3):
            settings.add_recent(f"/{name}/{i}")

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(Settings(path).recent()) == [f"/{name}/{i}" for name in "abc" for i in range(3)]
    left = {file.name for file in path.parent.iterdir()}
    assert left <= {"settings.json", "settings.lock"}


def test_what_cannot_be_written_lasts_for_this_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("latentlab.workspace.settings.atomic_write", full)
    settings = Settings(path)
    settings.set_theme("dark")
    settings.add_recent("/a")
    assert settings.theme() == "dark" and settings.recent() == ["/a"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_a_pipe_or_a_folder_in_its_place_is_moved_aside(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    assert Settings(path).notice
    path.mkdir()
    path.with_name("settings.json.bad").unlink()
    assert Settings(path).notice
    Settings(path).set_theme("dark")
    assert Settings(path).theme() == "dark"


_WRITE_OBJECT = """
import sys
from PySide6.QtCore import QSettings

class Mark:
    def __reduce__(self):
        return (open, (sys.argv[2], "w"))

settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
settings.setValue("window/theme", "dark")
settings.setValue("window/docks", Mark())
settings.setValue("recent/paths", ["/a", Mark()])
settings.sync()
"""

_READ_BY_QT = """
import sys
from PySide6.QtCore import QSettings
settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
settings.value("window/docks")
"""


def test_an_object_in_a_settings_file_is_never_unpickled(path: Path, tmp_path: Path) -> None:
    old, mark = path.with_name("latentlab.ini"), tmp_path / "mark"
    for script in (_WRITE_OBJECT, _READ_BY_QT):
        words = [sys.executable, "-c", script, str(old), str(mark)]
        subprocess.run(words, check=True)
    assert b"@Variant(" in old.read_bytes() and mark.exists(), "Qt would do it"
    mark.unlink()
    settings = Settings(path)
    assert (settings.theme(), settings.recent(), settings.docks()) == ("dark", ["/a"], {})
    settings.add_recent("/b")
    path.write_bytes(old.read_bytes())
    assert Settings(path).notice
    assert not mark.exists()


def test_plain_text_of_an_older_version_is_taken_over(path: Path) -> None:
    old = path.with_name("latentlab.ini")
    paths = ["/a b", "/c, d", '/q"q', "/back\\slash", "/é\u202e", "@home", "/line\nend", "/x=y;z"]
    script = """
import json, sys
from PySide6.QtCore import QByteArray, QRect, QSettings
settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
settings.setValue("window/theme", "light")
settings.setValue("window/rect", QRect(-3, 4, 1000, 800))
settings.setValue("window/maximised", True)
settings.setValue("window/docks", QByteArray(b"docks"))
settings.setValue("recent/paths", json.loads(sys.argv[2]))
settings.sync()
"""
    subprocess.run([sys.executable, "-c", script, str(old), json.dumps(paths)], check=True)
    settings = Settings(path)
    assert settings.recent() == paths
    assert settings.theme() == "light"
    assert settings.geometry() == (QRect(-3, 4, 1000, 800), True)
    assert settings.docks() == {}
    settings.set_theme("dark")
    assert Settings(path).recent() == paths, "it is asked once"
    assert Settings(path).theme() == "dark"


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 99, b"[window\nrect=@Rect(1 2)\n=\n[]\n"])
def test_a_damaged_file_of_an_older_version_is_ignored(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.with_name("latentlab.ini").write_bytes(content)
    settings = Settings(path)
    assert (settings.geometry(), settings.recent(), settings.notice) == (None, [], "")
