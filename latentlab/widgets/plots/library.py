"""pyqtgraph, loaded in pieces between which the window answers.

All at once it takes 0.3 s. It is not done in a thread: PySide makes Qt's classes known to Python
when their names are first used, and nothing says that two threads may do so at once.
"""

from __future__ import annotations

import importlib
import sys
import weakref
from collections.abc import Callable, Iterator

_CANVAS = "latentlab.widgets.plots.canvas"
# What pyqtgraph 0.14 and 0.15 import that the window has not. A name that is missing is skipped
# here: whoever needs it says so.
_NEEDED = (
    "PySide6.QtSvg",
    "PySide6.QtTest",
    "PySide6.QtOpenGL",
    "PySide6.QtOpenGLWidgets",
    "cProfile",
    "pstats",
    "socket",
    "subprocess",
    "multiprocessing.connection",
    "xml.etree.ElementTree",
    "colorama",
    "pydoc",
    "numpy.ma",
)
# It copies all names of these, and PySide makes each class when its name is first asked for.
_COPIED = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")
_CLASSES_AT_ONCE = 20

_QUIET_S = 0.5

_pieces: list[Iterator[None]] = []
_idle: list[weakref.WeakMethod[Callable[[], float]]] = []


def load_when_quiet(idle_s: Callable[[], float]) -> None:
    """Load nothing while a hand is at work.

    Parameters
    ----------
    idle_s
        A method that returns the seconds since somebody last interacted; it is not kept alive.
    """
    _idle[:] = [weakref.WeakMethod(idle_s)]


def _is_quiet() -> bool:
    idle_s = _idle[0]() if _idle else None
    return idle_s is None or idle_s() > _QUIET_S


def load_piece() -> bool:
    """Load a little more, and return whether a canvas can be made now."""
    if _CANVAS not in sys.modules and not _is_quiet():
        return False
    if not _pieces:
        _pieces.append(_load())
    return next(_pieces[0], True) is True


def _load() -> Iterator[None]:
    if _CANVAS in sys.modules:
        return
    for name in _NEEDED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        yield
    for name in _COPIED:
        module = importlib.import_module(name)
        for number, attribute in enumerate(dir(module)):
            getattr(module, attribute)
            if number % _CLASSES_AT_ONCE == 0:
                yield
    importlib.import_module("pyqtgraph")
    yield
    importlib.import_module(_CANVAS)
