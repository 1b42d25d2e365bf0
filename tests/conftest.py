"""What every test has around it: folders of its own, and a look at what it leaves running."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before anything asks Qt
# Before NumPy is loaded: tests run on all cores already, and threads would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What tests start keeps its bytecode: each interpreter would compile the program again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from latentlab.images.image_set import ImageSet

pytest_plugins = ["cli_fixtures", "window_fixtures"]

TORCH_THREADS = 1

_numbers = itertools.count()

# The same examples in each run, however busy the machine is.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, runs and logs of each test go to a folder of its own, made by who needs it."""
    home = tmp_path_factory.getbasetemp() / f"home-{next(_numbers)}"
    monkeypatch.setenv("LATENTLAB_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def few_digits() -> ImageSet:
    """The first 400 of the bundled digits, with their classes."""
    from latentlab.data.catalog import open_data

    digits = open_data("digits")
    assert digits.labels is not None
    return ImageSet(
        "few", "Few digits", digits.images[:400], digits.labels[:400], digits.class_names
    )


@pytest.fixture(autouse=True)
def _restored_interpreter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Torch has one thread in each test, and what the program tunes is put back.

    On a busy machine the threads of a small network wait for each other far longer than they
    compute.
    """
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    _use_torch_threads()
    switch_interval = sys.getswitchinterval()
    yield
    _use_torch_threads()
    sys.setswitchinterval(switch_interval)


def _use_torch_threads() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != TORCH_THREADS:
        torch.set_num_threads(TORCH_THREADS)


@pytest.fixture(autouse=True)
def _nothing_of_qt_left(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test that leaves a thread, a running timer or a window behind, and say which."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
    from PySide6.QtWidgets import QApplication, QMenu
    from shiboken6 import isValid

    started: list[tuple[weakref.ref[Any], str]] = []

    def noting(kind: type[QObject]) -> Callable[..., None]:
        start = kind.start  # type: ignore[attr-defined]

        def noted(self: QObject, *args: Any) -> None:
            started.append((weakref.ref(self), _caller()))
            start(self, *args)

        return noted

    for kind in (QThread, QTimer):
        monkeypatch.setattr(kind, "start", noting(kind))
    before = {id(w) for w in QApplication.topLevelWidgets()} if QApplication.instance() else set()
    yield

    def running() -> dict[QObject, str]:
        things = ((reference(), where) for reference, where in started)
        return {
            thing: f"{type(thing).__name__} “{thing.objectName()}”, started at {where}"
            for thing, where in things
            if thing is not None and isValid(thing)
            if (thing.isRunning() if isinstance(thing, QThread) else thing.isActive())
        }

    def windows() -> dict[QObject, str]:
        # Tips and lists of combo boxes have a parent and go with it; a hidden menu of its own is
        # kept by the button that shows it.
        return {
            widget: f"{type(widget).__name__} “{widget.objectName()}”"
            for widget in QApplication.topLevelWidgets()
            if widget.parent() is None and id(widget) not in before
            if widget.isVisible() or not isinstance(widget, QMenu)
        }

    # pytest-qt has closed its widgets by now, but only an event loop would delete them.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    if running() or windows():
        gc.collect()  # what only a cycle of references keeps alive is not left behind
    left = running() | windows()
    for thing in left:
        _end(thing)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    if left:
        pytest.fail("left behind: " + "; ".join(left.values()), pytrace=False)


def _caller() -> str:
    frame = sys._getframe(2)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _end(thing: Any) -> None:
    from PySide6.QtCore import QThread, QTimer

    if isinstance(thing, QTimer):
        thing.stop()
    elif isinstance(thing, QThread):
        thing.quit()
        thing.wait(5000)
    else:
        thing.close()
        thing.deleteLater()
