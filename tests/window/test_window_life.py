"""Opening and closing, names and tips, and what Qt does to Python's counts."""

from __future__ import annotations

import subprocess
import sys

import pytest
from lab_window import LabWindow, OpenLab
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from latentlab.app import main
from latentlab.base.folders import runs_folder
from latentlab.models.family.train_spec import TrainSpec
from latentlab.training import run_folder
from latentlab.window.actions import ACTIONS


@pytest.mark.parametrize(
    "cycles", [8, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(180)])]
)
def test_windows_open_and_close(qtbot: QtBot, cycles: int) -> None:
    for i in range(cycles):
        opened = LabWindow(qtbot)
        if i % 5 == 0:
            opened.wait_ready()
        else:
            for _ in range(i % 7):  # at different moments of the start
                QApplication.processEvents()
        opened.close()
        assert not any(isinstance(w, type(opened.window)) for w in QApplication.topLevelWidgets())


def test_each_action_has_words_a_tip_and_keys_of_its_own() -> None:
    keys = [key for spec in ACTIONS for key in spec.keys]
    assert len(keys) == len(set(keys))
    for spec in ACTIONS:
        assert spec.text and spec.tooltip and spec.group, spec.name


def test_the_window_keeps_its_promises_about_names_and_keys(lab_window: LabWindow) -> None:
    _shortcuts_are_the_promised_ones(lab_window)
    _names_do_not_change(lab_window)
    _every_control_has_a_name_and_a_tip(lab_window)
    _qt_calls_leave_the_count_of_none_and_true_alone(lab_window)


def _names_do_not_change(lab_window: LabWindow) -> None:
    names = "latent_map decoded_image z_input train_action stop_action status_device"
    for name in names.split():
        assert lab_window.window.findChild(QObject, name) is not None, name
    # Fields of the form are named after their attribute.
    fields = "latent_dim beta epochs batch_size learning_rate seed objective"
    for name in fields.split():
        assert lab_window.window.findChild(QWidget, name) is not None, name


def _shortcuts_are_the_promised_ones(lab_window: LabWindow) -> None:
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


def _every_control_has_a_name_and_a_tip(lab_window: LabWindow) -> None:
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


def _qt_calls_leave_the_count_of_none_and_true_alone(lab_window: LabWindow) -> None:
    if sys.version_info >= (3, 12):  # where both are immortal
        return
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
            time.sleep(0.02)
        program.send_signal(signal.SIGTERM)
        _, error = program.communicate(timeout=20)
    assert (program.returncode, error) == (0, b"")
    names = {event["name"] for event in json.loads(trace.read_text())}
    assert {"window.painted", "engine.ready", "decode", "map.frame"} <= names


_TRAIN = """
import os, signal, sys, threading, time
from pathlib import Path
from PySide6.QtCore import QTimer
import latentlab.app as app
from latentlab.models.family.train_spec import TrainSpec
from latentlab.workspace.lab import Lab

make = app.create_window

def make_and_train(*args, **more):
    window = make(*args, **more)
    lab = window.findChild(Lab)
    lab.training.set_spec(TrainSpec(epochs=1000, hidden=(64,), batch_size=100))
    lab.training_controller.start()

    def look():
        if lab.training.progress is not None:
            print("trains", flush=True)
            timer.stop()

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(20)
    return window

app.create_window = make_and_train
sys.exit(app.main([]))
"""


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("SIGTERM",), marks=pytest.mark.slow),
        ("SIGHUP", "SIGTERM"),
        ("SIGINT", "SIGINT"),
    ],
)
def test_signals_close_a_window_in_training_and_save_the_run(
    names: tuple[str, ...], own_folders: object
) -> None:
    import signal

    with subprocess.Popen(
        [sys.executable, "-c", _TRAIN], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"trains\n"
        for name in names:
            program.send_signal(getattr(signal, name))
        _, error = program.communicate(timeout=60)
    assert (program.returncode, error) == (130 if "SIGINT" in names else 0, b"")
    (folder,) = runs_folder().iterdir()
    assert (folder / "state.safetensors").exists()


def test_the_end_of_a_session_saves_a_run_and_it_goes_on(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_folder, "_FIRST_SAVE_S", 1000.0)
    training = open_lab.lab.training
    training.set_spec(TrainSpec(epochs=1000, hidden=(64,), batch_size=100))
    open_lab.lab.training_controller.start()
    open_lab.wait(lambda: training.progress is not None and training.progress.step > 5)
    (folder,) = runs_folder().iterdir()
    assert not (folder / "state.safetensors").exists()
    open_lab.lab.save_state()
    assert (folder / "state.safetensors").exists()
    step = training.progress.step
    open_lab.wait(lambda: training.progress.step > step)


def test_a_step_that_takes_too_long_is_not_waited_for(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the thread does not end in time, the run is saved, and who must can leave."""
    import threading

    from latentlab.engine import compute_thread
    from latentlab.models.family.objectives.variational import Variational

    training = open_lab.lab.training
    training.set_spec(TrainSpec(epochs=1000, hidden=(64,), batch_size=100))
    inside, go_on = threading.Event(), threading.Event()
    honest = Variational.terms

    def slow(self: Variational, model: object, batch: object) -> object:
        if training.progress is not None:
            inside.set()
            go_on.wait(30)
        return honest(self, model, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Variational, "terms", slow)
    monkeypatch.setattr(compute_thread, "_CLOSING_MS", 1)
    monkeypatch.setattr(run_folder, "_FIRST_SAVE_S", 1000.0)
    open_lab.lab.training_controller.start()
    open_lab.wait(inside.is_set)
    (folder,) = runs_folder().iterdir()
    assert not (folder / "state.safetensors").exists()
    found: list[bool] = []

    def leave() -> None:
        found.append((folder / "state.safetensors").exists())
        go_on.set()

    open_lab.lab.compute.overdue.connect(leave)
    open_lab.lab.close()
    assert found == [True]
    assert not open_lab.lab.compute.is_running
