"""The composition root of the window: makes every part and joins them."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.base.end_signals import end_signals
from latentlab.base.qt_platform import display_problem
from latentlab.base.trace import FileTracer, NullTracer, Tracer
from latentlab.cli.output import note

if TYPE_CHECKING:
    from latentlab.window.main_window import MainWindow

_SIGNALS_EVERY_MS = 200
_START_ANYWAY_MS = 1000

log = logging.getLogger(__name__)


def create_window(
    path: str | None = None, *, tracer: Tracer | None = None, start_engine: bool = True
) -> MainWindow:
    """Build the window inside an existing QApplication and start its compute thread.

    Close the window to end the thread.

    Parameters
    ----------
    path
        What to open: a model file, run folder, data set or bundled name; ``None`` opens the
        bundled digits and their model.
    tracer
        Records timings.
    start_engine
        Whether to load torch at once after the first paint; tests of widgets go without.
    """
    from latentlab.widgets.style.theme import Theme
    from latentlab.window.main_window import MainWindow
    from latentlab.workspace.lab import Lab

    tracer = tracer or NullTracer()
    lab = Lab(tracer)
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert isinstance(app, QApplication), "make a QApplication first"
    theme = Theme(app, lab.settings.theme())  # type: ignore[arg-type]
    window = MainWindow(lab.stores, lab.controllers, lab.settings, theme, tracer)
    lab.setParent(window)
    theme.setParent(window)
    lab.open_first(path)
    if start_engine:
        window.shown.connect(lab.start)
        # A window that is never painted, such as a minimised one, must not wait for ever.
        QTimer.singleShot(_START_ANYWAY_MS, lab, lab.start)
    return window


def main(argv: Sequence[str] | None = None) -> int:
    """Run the window program and return its exit code."""
    options, problem = _asked(list(sys.argv[1:] if argv is None else argv))
    problem = problem or display_problem()
    if problem:
        return _refuse(problem)
    try:
        tracer: Tracer = FileTracer(Path(options.trace)) if options.trace else NullTracer()
    except OSError as error:
        return _refuse(f"The trace cannot be written: {error}.")
    if sys.platform == "win32":
        # torch 2.9 and later fail to load their DLLs after Qt's have been loaded.
        import torch  # noqa: F401
    try:
        from PySide6.QtCore import Qt, QTimer
        from PySide6.QtWidgets import QApplication

        from latentlab.workspace.lab import Lab
    except ImportError as error:
        return _refuse(
            f"LatentLab cannot open a window because Qt cannot be loaded: {error}; "
            "run “latentlab doctor” to see what is missing."
        )
    _start_log()
    app = QApplication([sys.argv[0]])
    app.setApplicationName("LatentLab")
    app.setDesktopFileName("latentlab")
    window = create_window(options.path, tracer=tracer)
    lab = window.findChild(Lab)
    assert lab is not None
    received: list[int] = []

    def close_when_told() -> None:
        if received:
            window.close()

    def code_of(code: int) -> int:
        return 130 if signal.SIGINT in received else code

    def leave_at_once() -> None:
        tracer.close()
        os._exit(code_of(0))

    # Python runs signal handlers only between its own instructions: the timer gives it some, and
    # closes the window from the event loop instead of from the middle of anything.
    pulse = QTimer()
    pulse.setInterval(_SIGNALS_EVERY_MS)
    pulse.timeout.connect(close_when_told)
    pulse.start()
    for number in end_signals():
        signal.signal(number, lambda number, _: received.append(number))
    # The session is about to end. It may be called off, so the run goes on.
    app.commitDataRequest.connect(lab.save_state, Qt.ConnectionType.DirectConnection)
    lab.compute.overdue.connect(leave_at_once)
    try:
        window.show()
        code = app.exec()
    finally:
        window.close()  # also where something else than the window has ended the event loop
        tracer.close()
    return code_of(code)


def _asked(words: list[str]) -> tuple[argparse.Namespace, str]:
    """Return ``path`` and ``trace`` of the command line, and what is wrong with it, or nothing."""
    parser = argparse.ArgumentParser(prog="latentlab", add_help=False, exit_on_error=False)
    parser.add_argument("path", nargs="?")
    parser.add_argument("--trace", metavar="FILE")
    problem, more = "", list[str]()
    options = argparse.Namespace(path=None, trace=None)
    try:
        options, more = parser.parse_known_args(words)
    except argparse.ArgumentError as error:
        problem = str(error)
    if options.path is not None and not _can_exist(options.path):
        problem = f"There is no command, file, folder or bundled set “{options.path}”"
    elif more:
        problem = f"“{more[0]}” has no meaning here"
    return options, f"{problem}; “latentlab --help” says more." if problem else ""


def _refuse(sentence: str) -> int:
    note(sentence)
    return 2


def _can_exist(path: str) -> bool:
    from latentlab.base.bundled import BUNDLED_MODELS
    from latentlab.data.catalog import is_known_name

    return is_known_name(path) or path in BUNDLED_MODELS or os.path.lexists(path)


def _start_log() -> None:
    """Write defects to a small rotating file; without a writable folder, to stderr."""
    from latentlab.base.folders import log_folder

    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            log_folder() / "latentlab.log", maxBytes=1 << 20, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.StreamHandler()
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
