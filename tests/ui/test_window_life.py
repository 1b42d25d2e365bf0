"""Opening and closing, names and tips, and what Qt does to Python's counts."""

from __future__ import annotations

import subprocess
import sys

import pytest
from lab_window import LabWindow
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from latentlab.app import main
from latentlab.ui.actions import ACTIONS

CYCLES = 50


@pytest.mark.timeout(180)
def test_fifty_windows_open_and_close(qtbot: QtBot) -> None:
    for i in range(CYCLES):
        opened = LabWindow(qtbot)
        if i % 5 == 0:
            opened.wait_ready()
        else:
            qtbot.wait(i % 7)  # at different moments of the start
        opened.close()
        assert not any(isinstance(w, type(opened.window)) for w in _top_level())


def _top_level() -> list[QWidget]:
    from PySide6.QtWidgets import QApplication

    return QApplication.topLevelWidgets()


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.name)
def test_each_action_has_words_a_tip_and_a_unique_key(spec: object) -> None:
    keys = [key for other in ACTIONS if other is not spec for key in other.keys]
    assert spec.text and spec.tooltip and spec.group
    assert not set(spec.keys) & set(keys)


def test_the_promised_shortcuts(lab_window: LabWindow) -> None:
    promised = {
        "train_action": "Ctrl+T",
        "stop_action": "Ctrl+.",
        "open_action": "Ctrl+O",
        "save_action": "Ctrl+S",
        "fit_action": "Ctrl+0",
        "commands_action": "Ctrl+K",
        "shortcuts_action": "F1",
        "quit_action": "Ctrl+Q",
    }
    for name, keys in promised.items():
        action = lab_window.window.findChild(QAction, name)
        assert keys in [s.toString() for s in action.shortcuts()]


def test_every_control_has_a_name_and_a_tip(lab_window: LabWindow) -> None:
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    tabs = lab_window.control(QTabWidget, "bottom_tabs")
    for place in range(tabs.count()):
        tabs.setCurrentIndex(place)  # some are made only then
    nameless, tipless, anonymous = [], [], []
    for widget in lab_window.window.findChildren(QWidget):
        if not isinstance(widget, kinds) or isinstance(widget, QScrollBar):
            continue
        if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QTabBar):
            continue
        where = f"{type(widget).__name__} {widget.objectName()} in {widget.parent().objectName()}"
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not (widget.accessibleName() or text):
            nameless.append(where)
        if not widget.toolTip():
            tipless.append(where)
        if not widget.objectName():
            anonymous.append(where)
    assert not nameless
    assert not tipless
    assert not anonymous


@pytest.mark.parametrize(
    "name",
    ["latent_map", "decoded_image", "z_input", "train_action", "stop_action", "status_device"],
)
def test_stable_object_names(lab_window: LabWindow, name: str) -> None:
    from PySide6.QtCore import QObject

    assert lab_window.window.findChild(QObject, name) is not None


@pytest.mark.parametrize(
    "name", ["latent_dim", "beta", "epochs", "batch_size", "learning_rate", "seed", "objective"]
)
def test_form_fields_are_named_after_their_attribute(lab_window: LabWindow, name: str) -> None:
    assert lab_window.window.findChild(QWidget, name) is not None


def test_qt_calls_leave_the_count_of_none_and_true_alone(lab_window: LabWindow) -> None:
    if sys.version_info >= (3, 12):
        pytest.skip("None and True are immortal since Python 3.12")
    view = lab_window.map
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(2000):
        view.update()
        view.isVisible()
        view.setToolTip("x")
        view.parentWidget()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert abs(after[0] - before[0]) < 500
    assert abs(after[1] - before[1]) < 500


def test_without_a_display_one_sentence_and_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert main([]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "no display" in error


def test_a_missing_path_is_refused_before_qt(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/no/such/thing"]) == 2
    assert "/no/such/thing" in capsys.readouterr().err


@pytest.mark.timeout(90)
def test_the_program_runs_traces_and_ends_on_a_signal(
    tmp_path: object, own_folders: object
) -> None:
    import json
    import signal
    import time

    trace = tmp_path / "trace.json"
    command = [sys.executable, "-m", "latentlab", "--trace", str(trace)]
    deadline = time.monotonic() + 60
    with subprocess.Popen(command, stderr=subprocess.PIPE) as program:
        while time.monotonic() < deadline and '"decode"' not in (
            trace.read_text() if trace.exists() else ""
        ):
            assert program.poll() is None
            time.sleep(0.1)
        program.send_signal(signal.SIGTERM)
        _, error = program.communicate(timeout=20)
    assert (program.returncode, error) == (0, b"")
    names = {event["name"] for event in json.loads(trace.read_text())}
    assert {"window.painted", "engine.ready", "decode", "map.frame"} <= names
